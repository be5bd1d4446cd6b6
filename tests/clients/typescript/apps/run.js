/**
 * Opens a page with each client in Chromium, through the development server, and prints what it says.
 *
 * COURSES_ORIGIN is where the server is, COURSES_TOKEN somebody else's token, CHROMIUM the browser.
 */

import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-component-update'];
const GIVE_UP_MS = 180_000;
const REFUSED_FOR_NOW = {
  status: 503,
  headers: { 'Content-Type': 'application/graphql-response+json', 'Retry-After': '0' },
  body: JSON.stringify({ errors: [{ message: 'Busy.', extensions: { code: 'OVERLOADED' } }] }),
};

const vite = await createServer({ server: { port: 0 }, logLevel: 'warn' });
await vite.listen();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
try {
  for (const client of ['apollo', 'urql', 'relay']) await tell(client);
} finally {
  await browser.close();
  await vite.close();
}

async function tell(client) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log(`${client} failed: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'info' && message.text() !== 'done') console.log(`${client}: ${message.text()}`);
    if (message.type() === 'warning') console.log(`${client} warns: ${message.text()}`);
  });
  const done = page.waitForEvent('console', { predicate: (message) => message.text() === 'done', timeout: GIVE_UP_MS });
  await page.route('**/graphql/', (route) => route.fulfill(REFUSED_FOR_NOW), { times: 1 });
  const asked = new URLSearchParams({ client, token: process.env.COURSES_TOKEN });
  await page.goto(`${vite.resolvedUrls.local[0]}apps/?${asked}`);
  await done;
  await page.close();
}
