// A real Chromium that can reach nothing but this machine. CHROMIUM names the program where it is elsewhere.

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const launch = () => chromium.launch({ executablePath, args: FLAGS });

/**
 * Start it with an ordinary profile, where cookies of other sites count, which they do not in private ones such as
 * those of `launch`. Of several flags of a kind the last counts.
 */
export const launchWithProfile = (...flags) =>
  chromium.launchPersistentContext('', { executablePath, args: [...FLAGS, ...flags] });

/** What the page does that its content security policy forbids, as it happens. */
export function violationsOf(page) {
  const violations = [];
  page.on('pageerror', (error) => violations.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  return violations;
}
