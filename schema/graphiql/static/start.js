// Starts the page: says who is asking, then opens GraphiQL with the examples.

import { examplesPlugin, loadExamples } from './examples.js';
import { Editors, followingUp } from './editors.js';
import { showWhoIsAsking } from './people.js';
import { storage, TABS } from './storage.js';
import { firstTabs, nameTabs, nameTabsAfter } from './tabs.js';
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
nameTabsAfter(examples);
if (storage.getItem(TABS) === null) storage.setItem(TABS, JSON.stringify(firstTabs(examples)));
const { tabs, activeTabIndex } = JSON.parse(storage.getItem(TABS));
// GraphiQL opens the tab that has these texts, or else a new one. What is left out it takes from the last tab that it
// saw, so that what a tab does not have is given as empty.
const { query, variables } = tabs[activeTabIndex];

const graphiql = React.createElement(
  GraphiQL,
  {
    fetcher: followingUp(fetcher, examples),
    storage,
    query: query ?? '',
    variables: variables ?? '',
    onTabChange: nameTabs,
    plugins: [examplesPlugin(examples), GraphiQLPluginExplorer.explorerPlugin()],
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
  },
  React.createElement(GraphiQL.Logo, null, React.createElement('span')),
  React.createElement(Editors),
);
ReactDOM.createRoot(document.getElementById('graphiql')).render(graphiql);
