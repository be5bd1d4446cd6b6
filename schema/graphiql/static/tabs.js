// Names of tabs. GraphiQL calls a tab after the operation that ran last; a tab with an example keeps the example's
// title, which is how its text begins.

let titles = [];

/** From now on, tabs whose text begins with one of these examples bear its title. */
export function nameTabsAfter(examples) {
  titles = examples.map(({ title }) => title);
}

export const titleOf = (query) => titles.find((title) => query?.startsWith(`# ${title}`));

/** Give each tab of GraphiQL's state its name, in place: GraphiQL has no other way to be told. */
export function nameTabs(state) {
  for (const tab of state.tabs) tab.title = titleOf(tab.query) ?? tab.title;
  return state;
}

/** The state of somebody who comes for the first time: a tab for each example. */
export const firstTabs = (examples) => ({
  activeTabIndex: 0,
  tabs: examples.map(({ title, query, variables }) => ({
    id: title,
    title,
    query,
    variables,
    headers: null,
    operationName: null,
    response: null,
  })),
});
