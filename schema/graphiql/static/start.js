// Starts the page: says who is asking, then opens GraphiQL with the examples.

import { examplesPlugin, loadExamples } from './examples.js';
import { showWhoIsAsking } from './people.js';
import { fetcher } from './transport.js';

await showWhoIsAsking();
const examples = await loadExamples();

const graphiql = React.createElement(
  GraphiQL,
  {
    fetcher,
    defaultTabs: examples.map(({ query, variables }) => ({ query, variables })),
    plugins: [examplesPlugin(examples), GraphiQLPluginExplorer.explorerPlugin()],
    shouldPersistHeaders: false,
    defaultEditorToolsVisibility: 'variables',
  },
  React.createElement(GraphiQL.Logo, null, React.createElement('span')),
);
ReactDOM.createRoot(document.getElementById('graphiql')).render(graphiql);
