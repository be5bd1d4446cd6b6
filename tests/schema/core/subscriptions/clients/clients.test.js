// The subscriptions as web pages use them: with graphql-ws over WebSocket, and with graphql-sse.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

import { startDemonstration } from '../../../graphiql/browser/demonstration.js';

const ASK_AGAIN_MS = 200;

const MAY_START = `{ courses(first: 50) { edges { node { id lessons {
  assessment { id viewerAttempts { mayStart { allowed } } } } } } } }`;
const START = `mutation ($id: ID!) { startAttempt(input: { assessmentId: $id }) {
  attempt { id questions { question } } userErrors { code } } }`;
const FLAG = `mutation ($attempt: ID!, $question: ID!, $flagged: Boolean!) {
  flagQuestion(input: { attemptId: $attempt, questionId: $question, isFlagged: $flagged }) { userErrors { code } } }`;
const COMPLETE = `mutation ($attempt: ID!) {
  completeAttempt(input: { attemptId: $attempt }) { userErrors { code } } }`;
const ANNOUNCE = `mutation ($course: ID!, $title: String!) {
  announce(input: { courseId: $course, title: $title, message: "Hear, hear." }) { userErrors { code } } }`;
const WATCH_ATTEMPT = `subscription ($attempt: ID!) {
  attemptUpdated(attemptId: $attempt) { id state questions { solution { texts } } } }`;
const WATCH_NOTIFICATIONS = 'subscription { notificationReceived { id title } }';

let server;
let assessments;

before(async () => {
  server = await startDemonstration();
  const { courses } = await ask('learner', MAY_START);
  assessments = courses.edges
    .flatMap(({ node }) => node.lessons.map(({ assessment }) => ({ course: node.id, ...assessment })))
    .filter((assessment) => assessment.viewerAttempts?.mayStart.allowed);
});

after(() => server?.stop());

const clients = {
  'graphql-ws': (token) =>
    createWsClient({
      url: `${server.origin.replace('http', 'ws')}/graphql/`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
  'graphql-sse': (token) =>
    createSseClient({
      url: `${server.origin}/graphql/`,
      headers: { Authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
};

for (const [name, connect] of Object.entries(clients)) {
  test(`${name} hears how an attempt goes on, and is never shown the key of an open one`, async () => {
    const { startAttempt } = await ask('learner', START, { id: assessments[0].id });
    const { id: attempt, questions } = startAttempt.attempt;
    const client = connect(server.tokens.learner);
    const events = client.iterate({ query: WATCH_ATTEMPT, variables: { attempt } });
    let flagged = false;
    const mark = () => ask('learner', FLAG, { attempt, question: questions[0].question, flagged: (flagged = !flagged) });

    const shown = await firstWhileRepeating(events, mark);
    assert.equal(shown.attemptUpdated.id, attempt);
    assert.ok(shown.attemptUpdated.questions.every(({ solution }) => solution === null));

    await ask('learner', COMPLETE, { attempt });
    for await (const { data } of events) if (data.attemptUpdated.state === 'COMPLETED') break;
    await client.dispose();
  });

  test(`${name} hears an announcement`, async () => {
    const client = connect(server.tokens.learner);
    const events = client.iterate({ query: WATCH_NOTIFICATIONS });

    const told = await firstWhileRepeating(events, () =>
      ask('instructor', ANNOUNCE, { course: assessments[0].course, title: name }),
    );

    assert.equal(told.notificationReceived.title, name);
    await client.dispose();
  });

  test(`${name} is told when there is nothing to see`, async () => {
    const client = connect(server.tokens.learner);
    const events = client.iterate({ query: WATCH_ATTEMPT, variables: { attempt: 'bm90aGluZw==' } });

    await assert.rejects(codesOf(events.next()), { message: 'NOT_FOUND' });
    await client.dispose();
  });
}

/** The data of the first event, while `change` happens again and again: nothing tells when a subscription stands. */
async function firstWhileRepeating(events, change) {
  const first = events.next();
  for (;;) {
    await change();
    const again = new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    const event = await Promise.race([first, again]);
    if (event) return event.value.data;
  }
}

/** One library throws the errors of a refused subscription, the other gives them as a result. */
async function codesOf(next) {
  const errors = await next.then(({ value }) => value.errors).catch((refused) => refused);
  throw new Error([...errors].map(({ extensions }) => extensions.code).join());
}

async function ask(person, query, variables) {
  const response = await fetch(`${server.origin}/graphql/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${server.tokens[person]}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  for (const payload of Object.values(data)) assert.deepEqual(payload.userErrors ?? [], []);
  return data;
}
