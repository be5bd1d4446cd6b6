// A partner is let in, in a real Chromium: its `form-action` is held against the redirect to the partner as well.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { launch, violationsOf } from './chromium.js';
import { startDemonstration } from './demonstration.js';

let server;
let partner;
let browser;

before(async () => {
  server = await startDemonstration();
  partner = createServer((_, response) => response.end('Welcome back')).listen(0, '127.0.0.1');
  await once(partner, 'listening');
  await server.python(`
from allauth.idp.oidc.models import Client
for name, asks in (("planner", True), ("own-app", False)):
    client = Client(id=name, name="Study Planner", skip_consent=not asks, redirect_uris="${callback()}")
    client.set_scopes(["openid", "courses:read", "attempts:read"])
    client.set_grant_types(["authorization_code"])
    client.save()
`);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  partner?.close();
  await server?.stop();
});

const callback = () => `http://127.0.0.1:${partner.address().port}/callback`;

function authorize(client) {
  const asked = {
    response_type: 'code',
    client_id: client,
    redirect_uri: callback(),
    scope: 'openid courses:read attempts:read',
    state: 'ours',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
  };
  return `${server.origin}/identity/o/authorize?${new URLSearchParams(asked)}`;
}

/** A phone's page after the person signed in on the way to the partner, and what it did against its policy. */
async function signedIn(client, colorScheme) {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 }, colorScheme, javaScriptEnabled: false });
  const violations = violationsOf(page);
  await page.goto(authorize(client));
  await page.fill('[name=login]', 'learner');
  await page.fill('[name=password]', 'learner-demo');
  await page.click('button:has-text("Sign In")');
  return { page, violations };
}

for (const [button, result] of [
  ['Allow', 'code'],
  ['Cancel', 'error'],
]) {
  test(`"${button}" leads back to the partner, without any script`, async () => {
    const { page, violations } = await signedIn('planner', button === 'Allow' ? 'light' : 'dark');
    assert.equal(await page.textContent('h1'), 'Let Study Planner use your Courses account?');
    const main = await page.locator('main').boundingBox();
    assert.equal(main.x >= 0 && main.x + main.width <= 360, true, JSON.stringify(main));

    await page.click(`button:has-text("${button}")`);
    await page.waitForURL(`${callback()}?**`);

    const given = new URL(page.url()).searchParams;
    assert.deepEqual([given.has(result), given.get('state')], [true, 'ours']);
    assert.deepEqual(violations, []);
    await page.context().close();
  });
}

test('signing in leads on to a partner that need not ask', async () => {
  const { page, violations } = await signedIn('own-app', 'light');

  await page.waitForURL(`${callback()}?**`);

  assert.equal(new URL(page.url()).searchParams.has('code'), true);
  assert.deepEqual(violations, []);
  await page.context().close();
});
