// GraphiQL as a person uses it, in a real Chromium that can reach nothing but the server.
//
// GRAPHIQL_PICTURE names a file for the picture of the page that stands in the documentation.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launch, violationsOf } from './chromium.js';
import { startDemonstration } from './demonstration.js';

const EXAMPLE_TABS = [
  'Browse the catalogue',
  'Take an assessment',
  'Watch live updates',
  'Review a course',
  'Moderate reviews',
  'Write and search notes',
  'Repeat a mutation without a second effect',
  'Change your profile',
  'Manage the people of a course',
  'Arrange the lessons of a course',
  'Announce to a course',
  'Read notifications',
  'Grade as an instructor',
  'Accommodate a learner',
  'Extend or close an attempt',
  'Author an assessment',
  'Correct a key and regrade',
  'Follow events',
  'See statistics',
  'Make an access token',
  'Export in bulk',
  'Receive webhooks',
  'Look after webhooks',
];

let server;
let browser;
let page;
let foreignRequests;
let violations;

before(async () => {
  server = await startDemonstration();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  foreignRequests = [];
  violations = violationsOf(page);
  page.on('request', (request) => {
    if (!request.url().startsWith(`${server.origin}/`)) foreignRequests.push(request.url());
  });
  await page.goto(`${server.origin}/graphql/`);
  await page.waitForSelector('.graphiql-container');
});

afterEach(async () => {
  assert.deepEqual(foreignRequests, [], 'a request left the server');
  assert.deepEqual(violations, [], 'the page did what its policy forbids');
  await page.context().close();
});

/** Put texts into the editors of a new tab, run, and give the parsed result. */
async function run({ query, variables = {}, headers = {} }) {
  await page.click('.graphiql-tab-add');
  await fill('.graphiql-query-editor .CodeMirror', query);
  await fill('.graphiql-editor-tool :nth-child(1 of .graphiql-editor) .CodeMirror', JSON.stringify(variables));
  await fill('.graphiql-editor-tool :nth-child(2 of .graphiql-editor) .CodeMirror', JSON.stringify(headers));
  await page.waitForFunction((text) => {
    const editor = document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror;
    return editor.documentAST?.loc.source.body === text;
  }, query);
  await page.click('.graphiql-query-editor .CodeMirror');
  await page.keyboard.press('Control+Enter');
  return JSON.parse(await resultText());
}

const fill = (editor, text) =>
  page.$eval(editor, (element, value) => element.CodeMirror.setValue(value), text);

/** What the result shows once it is not empty. */
async function resultText() {
  const shown = () => document.querySelector('.result-window .CodeMirror').CodeMirror.getValue();
  return (await page.waitForFunction(shown)).jsonValue();
}

const tabs = () => page.$$eval('.graphiql-tab-button', (all) => all.map((tab) => tab.textContent));

const whoIs = (text) => page.waitForFunction((who) => document.getElementById('who').textContent === who, text);

async function useToken(token) {
  await page.click('#open-sign-in');
  await page.fill('[name=token]', token);
  await page.click('#with-token button');
}

async function signIn(username, password) {
  await page.click('#open-sign-in');
  await page.fill('[name=username]', username);
  await page.fill('[name=password]', password);
  await page.click('#with-password button');
}

const NOTE = `mutation Note($lesson: ID!) {
  createNote(input: { lessonId: $lesson, content: "Written in a browser." }) {
    note { content isPrivate author { username } }
    userErrors { code }
  }
}`;

async function firstLesson() {
  const { data } = await run({ query: '{ courses(first: 1) { edges { node { lessons { id } } } } }' });
  return data.courses.edges[0].node.lessons[0].id;
}

test('the page opens with a tab for each use case, and nobody signed in', async () => {
  assert.deepEqual(await tabs(), EXAMPLE_TABS);
  await whoIs('Not signed in');
});

test('tabs keep their names when another operation of theirs runs, and when the page is loaded again', async () => {
  await chooseOperation('OneCourse');
  await resultText();
  await run({ query: 'query MyOwn { serverTime }' });
  const named = [...EXAMPLE_TABS, 'MyOwn'];
  assert.deepEqual(await tabs(), named);

  await page.waitForFunction(() => localStorage.getItem('graphiql:tabState').includes('MyOwn'));
  await page.reload();
  await page.waitForSelector('.graphiql-container');

  assert.deepEqual(await tabs(), named);
});

test('a tab without variables is found again, whatever the last one had', async () => {
  // Before the page's own scripts: the page that is left may still save its tabs.
  await page.addInitScript((tab) => {
    localStorage.setItem('graphiql:tabState', JSON.stringify({ activeTabIndex: 0, tabs: [tab] }));
    localStorage.setItem('graphiql:variables', '{}');
  }, { id: 'own', title: 'Own', query: '{ serverTime }', variables: null, headers: null });
  await page.reload();
  await page.waitForSelector('.graphiql-container');

  assert.equal((await tabs()).length, 1);
});

test('what one operation answers is filled in for the next: an attempt from start to result', async () => {
  await signIn('learner', 'learner-demo');
  await page.waitForSelector('#sign-out:visible');
  await page.click('.graphiql-tab-button:has-text("Take an assessment")');
  const answerOf = async (operation) => {
    await chooseOperation(operation);
    await page.waitForFunction((field) => {
      const { CodeMirror } = document.querySelector('.result-window .CodeMirror');
      return CodeMirror.getValue().includes(`"${field}"`);
    }, operation[0].toLowerCase() + operation.slice(1));
    return JSON.parse(await resultText()).data;
  };

  const { startAttempt } = await answerOf('StartAttempt');
  const { submitAnswers } = await answerOf('SubmitAnswers');
  const { completeAttempt } = await answerOf('CompleteAttempt');

  const variables = await page.$eval('.graphiql-editor-tool .CodeMirror', (editor) => editor.CodeMirror.getValue());
  assert.equal(JSON.parse(variables).attemptId, startAttempt.attempt.id);
  assert.deepEqual([submitAnswers.userErrors, submitAnswers.attempt.answeredCount], [[], 1]);
  assert.deepEqual([completeAttempt.userErrors, completeAttempt.attempt.state], [[], 'COMPLETED']);
});

test('an announcement arrives where it is watched', async () => {
  await useToken(server.tokens.learner);
  await page.waitForSelector('#sign-out:visible');
  await page.click('.graphiql-tab-button:has-text("Watch live updates")');
  await chooseOperation('WatchNotifications');
  await page.waitForSelector('.graphiql-execute-button[aria-label^="Stop"]');

  const ask = (query, variables) =>
    fetch(`${server.origin}/graphql/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${server.tokens.instructor}` },
      body: JSON.stringify({ query, variables }),
    }).then((response) => response.json());
  const { data } = await ask('{ courses(first: 1) { edges { node { id } } } }');
  const announce = `mutation($id: ID!) { announce(input: {courseId: $id, title: "Now", message: "Look here."}) {
    recipientCount userErrors { code } } }`;
  let shown;
  while (!shown) {
    await ask(announce, { id: data.courses.edges[0].node.id });
    shown = await page.waitForFunction(
      () => document.querySelector('.result-window .CodeMirror').CodeMirror.getValue(),
      undefined,
      { timeout: 2000 },
    ).catch(() => null);
  }

  assert.equal(JSON.parse(await shown.jsonValue()).data.notificationReceived.message, 'Look here.');
});

test('the people of the demonstration sign in by one click', async () => {
  await page.click('#open-sign-in');
  assert.deepEqual(
    await page.$$eval('#people li', (all) => all.map((person) => person.textContent)),
    [
      'learner takes the courses: learner-demo',
      'classmate has taken them: classmate-demo',
      'instructor teaches them: instructor-demo',
      'moderator moderates the reviews: moderator-demo',
      'admin looks after everything: admin-demo',
    ],
  );

  await page.click('#people button:has-text("classmate")');

  await page.waitForSelector('#who:has-text("(classmate)")');
});

for (const colorScheme of ['light', 'dark']) {
  test(`on a phone an example is played without scrolling sideways (${colorScheme})`, async () => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.click('[aria-label="Show Examples"]');
    await page.click('.examples button:has-text("Browse the catalogue")');
    await page.waitForSelector('.examples', { state: 'hidden' });
    await chooseOperation('BrowseCatalogue');
    await resultText();

    const { width, hidden } = await page.evaluate(() => {
      const isOutside = ({ left, right, top, bottom }) => left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
      const parts = '.graphiql-sidebar button, .graphiql-toolbar button, .graphiql-tab-add, header button:not([hidden]), .result-window';
      const outside = [...document.querySelectorAll(parts)].filter((part) => isOutside(part.getBoundingClientRect()));
      return { width: document.documentElement.scrollWidth, hidden: outside.map((part) => part.outerHTML.slice(0, 80)) };
    });
    assert.deepEqual({ width, hidden }, { width: 390, hidden: [] });
    const result = await page.locator('.result-window').boundingBox();
    assert.equal(result.height > 150 && result.width > 300, true, JSON.stringify(result));

    await page.click('#open-sign-in');
    const dialog = await page.locator('#sign-in').boundingBox();
    assert.equal(dialog.x >= 0 && dialog.x + dialog.width <= 390, true, JSON.stringify(dialog));
  });
}

// The button offers the operations of a tab once GraphiQL has read the document; before, it runs the first one.
async function chooseOperation(name) {
  const operation = page.locator(`[role=menuitem]:has-text("${name}")`);
  for (let tries = 0; tries < 15 && !(await operation.isVisible()); tries += 1) {
    await page.click('.graphiql-execute-button');
    await operation.waitFor({ timeout: 2000 }).catch(() => {});
  }
  await operation.click();
}

test('an example runs with ids of this server in its variables', async () => {
  await chooseOperation('OneCourse');

  const { data } = JSON.parse(await resultText());
  assert.equal(data.course.lessons.length > 0, true);
});

test('a query is answered', async () => {
  const { data, errors } = await run({ query: '{ courses(first: 1) { edges { node { title } } } }' });

  assert.equal(errors, undefined);
  assert.equal(data.courses.edges.length, 1);
});

test('with an access token the page says who asks, and a mutation writes in that name', async () => {
  await useToken(server.tokens.learner);
  await page.waitForSelector('#sign-out:visible');
  const lesson = await firstLesson();

  const { data } = await run({ query: NOTE, variables: { lesson } });

  assert.deepEqual(data.createNote, {
    note: { content: 'Written in a browser.', isPrivate: true, author: { username: 'learner' } },
    userErrors: [],
  });
});

test('a token that is not valid is refused in words and forgotten', async () => {
  await useToken('cat_nonsense');

  await page.waitForSelector('#token-refusal:has-text("This access token is not valid")');
  assert.equal(await page.textContent('#password-refusal'), '');
  await whoIs('Not signed in');
});

test('a password makes a session, whose mutations are not taken for forged ones, and signing out ends it', async () => {
  await signIn('learner', 'learner-demo');
  await page.waitForSelector('#sign-out:visible');
  const lesson = await firstLesson();

  const { data } = await run({ query: NOTE, variables: { lesson } });
  assert.equal(data.createNote.note.author.username, 'learner');

  await page.click('#sign-out');
  await whoIs('Not signed in');
});

test('a wrong password is refused in words', async () => {
  await signIn('learner', 'wrong');

  await page.waitForSelector('#with-password #password-refusal:not(:empty)');
  assert.equal(await page.getAttribute('[name=password]', 'aria-invalid'), 'true');
  assert.equal(await page.textContent('#token-refusal'), '');
  await whoIs('Not signed in');
});

test('the header editor takes a bearer token, which the browser does not store', async () => {
  const headers = { Authorization: `Bearer ${server.tokens.instructor}` };

  const { data } = await run({ query: '{ viewer { user { username } } }', headers });

  assert.equal(data.viewer.user.username, 'instructor');
  const stored = await page.evaluate(() => JSON.stringify(localStorage));
  assert.equal(stored.includes('viewer { user'), true);
  assert.equal(stored.includes(server.tokens.instructor), false);
});

test('the list of examples opens one in a new tab', async () => {
  await page.click('[aria-label="Show Examples"]');
  await page.click('.examples button:has-text("Make an access token")');

  const count = EXAMPLE_TABS.length + 1;
  await page.waitForFunction((count) => document.querySelectorAll('.graphiql-tab').length === count, count);
  const query = await page.$eval('.graphiql-query-editor .CodeMirror', (editor) => editor.CodeMirror.getValue());
  assert.match(query, /^# Make an access token/);
});

test('documentation, history, explorer, settings and keys open within the policy', async () => {
  await run({ query: 'query Remembered { serverTime }' });
  await page.click('[aria-label="Show Documentation Explorer"]');
  await page.waitForSelector('.graphiql-doc-explorer-content');
  await page.click('[aria-label="Show History"]');
  await page.waitForSelector('.graphiql-history-item:has-text("Remembered")');
  await page.click('[aria-label="Show GraphiQL Explorer"]');
  await page.waitForSelector('.graphiql-explorer-root');
  await page.click('[aria-label="Open settings dialog"]');
  await page.waitForSelector('.graphiql-dialog:has-text("Theme")');
  await page.keyboard.press('Escape');
  await page.click('[aria-label="Open short keys dialog"]');
  await page.waitForSelector('.graphiql-dialog:has-text("Short Keys")');
});

test('the page fills its window, and nothing has to be scrolled to', async () => {
  await page.setViewportSize({ width: 1680, height: 960 });
  await signIn('learner', 'learner-demo');
  await page.waitForSelector('#sign-out:visible');
  await page.click('.graphiql-execute-button');
  await page.click('[role=menuitem]:has-text("BrowseCatalogue")');
  await resultText();
  await page.click('[aria-label="Show Examples"]');
  await page.waitForSelector('.examples');
  await page.mouse.move(840, 20);

  const size = await page.evaluate(() => [document.body.scrollWidth, document.body.scrollHeight]);
  assert.deepEqual(size, [1680, 960]);
  await page.screenshot({ path: process.env.GRAPHIQL_PICTURE });
});
