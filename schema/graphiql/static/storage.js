// Where GraphiQL keeps its tabs, history and settings: the local storage of the browser, but without headers,
// since a header may hold an access token and the history would keep it for good.

import { nameTabs } from './tabs.js';

export const TABS = 'graphiql:tabState';
const PREFIX = 'graphiql:';
const HISTORY = ['graphiql:queries', 'graphiql:favorites'];

export const storage = {
  get length() {
    return ourNames().length;
  },
  getItem: (name) => localStorage.getItem(name),
  setItem: (name, text) => localStorage.setItem(name, kept(name, text)),
  removeItem: (name) => localStorage.removeItem(name),
  clear: () => ourNames().forEach((name) => localStorage.removeItem(name)),
};

const ourNames = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));

function kept(name, text) {
  if (HISTORY.includes(name)) return withoutHeaders(text);
  return name === TABS ? JSON.stringify(nameTabs(JSON.parse(text))) : text;
}

const withoutHeaders = (text) =>
  JSON.stringify(JSON.parse(text), (name, value) => (name === 'headers' ? undefined : value));
