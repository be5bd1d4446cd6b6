// The editors of the open tab, and what an answer writes into them.

import { filledIn } from './follow_ups.js';
import { titleOf } from './tabs.js';

let editors;

/** A component that shows nothing: only inside GraphiQL can its editors be asked for. */
export function Editors() {
  editors = GraphiQL.React.useEditorContext({ nonNull: true });
  return null;
}

/** A fetcher that also hands what an example's operation answered to the operations after it. */
export const followingUp = (fetcher, examples) => (parameters, options) => {
  const answer = fetcher(parameters, options);
  const { follow } = examples.find(({ title }) => title === titleOf(parameters.query)) ?? {};
  if (!follow || !(answer instanceof Promise)) return answer;
  return answer.then((body) => {
    if (body.data) fillIn(parameters.query, follow, body.data);
    return body;
  });
};

/** Write into the variables of the open tab, if it still has the text that was asked and variables that can be read. */
function fillIn(query, follow, data) {
  if (editors.queryEditor.getValue() !== query) return;
  const before = editors.variableEditor.getValue();
  const after = JSON.stringify(filledIn(JSON.parse(before || '{}'), follow, data), null, 2);
  if (after !== before) editors.variableEditor.setValue(after);
}
