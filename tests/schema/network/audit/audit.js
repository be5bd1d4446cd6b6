// Runs every audit of GraphQL over HTTP against the address given, prints a table of what is not in order,
// and exits with 1 unless all of them pass: `npm ci && node audit.js http://127.0.0.1:8000/graphql/`.

import { serverAudits } from 'graphql-http';

const EXPECTED = 61;

const url = process.argv[2];
if (!url) {
  console.error('usage: node audit.js URL');
  process.exit(2);
}

const results = await Promise.all(serverAudits({ url }).map(({ fn }) => fn()));
const passed = results.filter(({ status }) => status === 'ok').length;
const failed = results.filter(({ status }) => status !== 'ok');

if (failed.length) {
  console.table(failed.map(({ id, status, name, reason }) => ({ id, status, name, reason })));
}
console.log(`${passed} of ${results.length} audits pass`);
process.exit(passed === EXPECTED && results.length === EXPECTED ? 0 : 1);
