// A real Chromium that can reach nothing but this machine. CHROMIUM names the program where it is elsewhere.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** Start it with a profile in which cookies of other sites count. Of several flags of a kind the last counts. */
export async function launchWithCookiesOfOtherSites(...flags) {
  const profile = await mkdtemp(join(tmpdir(), 'profile-'));
  await mkdir(join(profile, 'Default'));
  await writeFile(join(profile, 'Default', 'Preferences'), '{"profile": {"cookie_controls_mode": 0}}');
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: [...FLAGS, ...flags] });
  context.on('close', () => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  return context;
}

/** What the page does that its content security policy forbids, as it happens. */
export function violationsOf(page) {
  const violations = [];
  page.on('pageerror', (error) => violations.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  return violations;
}
