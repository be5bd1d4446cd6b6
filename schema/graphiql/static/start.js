// Starts the page: says who is asking, then opens GraphiQL with the examples.

import { examplesPlugin, loadExamples } from './examples.js';
import { showWhoIsAsking } from './people.js';
import { storage } from './storage.js';
import { fetcher } from './transport.js';

/**
 * GraphiQL's menus and dialogs lock the page's scrolling by a style element. The content security policy forbids
 * such elements, and this page never scrolls: leave them out before the browser has to refuse them.
 */
function leaveOutStyleElements() {
  const append = document.head.appendChild.bind(document.head);
  document.head.appendChild = (node) => (node instanceof HTMLStyleElement ? node : append(node));
}

leaveOutStyleElements();
await showWhoIsAsking();
const examples = await loadExamples();
const isFirstVisit = storage.getItem('graphiql:tabState') === null;

const graphiql = React.createElement(
  GraphiQL,
  {
    fetcher,
    storage,
    defaultTabs: examples.map(({ query, variables }) => ({ query, variables })),
    variables: isFirstVisit ? examples[0].variables : undefined,
    plugins: [examplesPlugin(examples), GraphiQLPluginExplorer.explorerPlugin()],
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
  },
  React.createElement(GraphiQL.Logo, null, React.createElement('span')),
);
ReactDOM.createRoot(document.getElementById('graphiql')).render(graphiql);
