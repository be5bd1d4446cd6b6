// Pages of other origins in a real Chromium: one on another port, and one of another site behind TLS, where the session
// cookie has to be SameSite=None and Secure. A page whose origin is not listed gets nothing.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { launchWithCookiesOfOtherSites } from './chromium.js';
import { startDemonstration, startOn } from './demonstration.js';

const SCHOOL = 'school.example';
const COURSES = 'courses.example';
const RULES = `MAP ${SCHOOL} 127.0.0.1, MAP ${COURSES} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;

const VIEWER = '{ viewer { user { username } } }';
const COURSE = '{ courses(first: 1) { edges { node { id lessons { id } } } } }';
const NOTE = `mutation($lesson: ID!) { createNote(input: { lessonId: $lesson, content: "From afar." }) {
  note { content } userErrors { code } } }`;
const ANNOUNCE = `mutation($id: ID!) { announce(input: { courseId: $id, title: "Now", message: "Look here." }) {
  userErrors { code } } }`;
const RECEIVED = 'subscription { notificationReceived { message } }';

/** The page: `window.app` asks the API as single-page apps do, and says what the page can read of the answers. */
const page = (api) => `<!doctype html><title>App</title><script>
const api = ${JSON.stringify(api)};
const graphql = (query, { token, variables, accept = 'application/graphql-response+json' }) =>
  fetch(api + '/graphql/', {
    method: 'POST',
    credentials: token ? 'omit' : 'include',
    headers: {
      Accept: accept,
      'Content-Type': 'application/json',
      ...(token ? { Authorization: 'Bearer ' + token } : { 'GraphQL-Preflight': '1' }),
    },
    body: JSON.stringify({ query, variables }),
  });
window.app = {
  async ask(query, options = {}) {
    try {
      const response = await graphql(query, options);
      const read = ['RateLimit', 'RateLimit-Policy', 'X-Request-ID'].filter((name) => response.headers.has(name));
      return { status: response.status, body: await response.json(), read };
    } catch (error) {
      return error.message;
    }
  },
  async account(method, path, body) {
    try {
      const headers = { 'Content-Type': 'application/json' };
      const options = { method, credentials: 'include', headers, body: body && JSON.stringify(body) };
      return (await fetch(api + '/_allauth/browser/v1/' + path, options)).status;
    } catch (error) {
      return error.message;
    }
  },
  async firstByEvents(query, options = {}) {
    try {
      const response = await graphql(query, { ...options, accept: 'text/event-stream' });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ; text += (await reader.read()).value) {
        const data = text.match(/^data: *({.*})$/m);
        if (data) return JSON.parse(data[1]);
      }
    } catch (error) {
      return error.message;
    }
  },
  firstByWebSocket(query, { token } = {}) {
    return new Promise((resolve) => {
      const socket = new WebSocket(api.replace('http', 'ws') + '/graphql/', 'graphql-transport-ws');
      socket.onopen = () =>
        socket.send(JSON.stringify({
          type: 'connection_init',
          payload: token ? { Authorization: 'Bearer ' + token } : {},
        }));
      socket.onmessage = ({ data }) => {
        const { type, payload } = JSON.parse(data);
        if (type === 'connection_ack') {
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
        } else if (type === 'next' || type === 'error') {
          resolve(payload);
        }
      };
      socket.onclose = ({ code }) => resolve('closed with ' + code);
    });
  },
};
</script>`;

/** A server of pages that ask `api()`, with TLS or without. */
async function serve(api, tls) {
  const answer = (_, response) => response.end(page(api()));
  const server = tls ? https.createServer(tls, answer) : http.createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const portOf = (server) => server.address().port;

/** What ends TLS before the server on `port()`, and passes WebSockets on. */
async function proxy(port, tls) {
  const server = https.createServer(tls, (request, response) => {
    const headers = { ...request.headers, 'x-forwarded-proto': 'https' };
    const onward = http.request({ port: port(), method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.on('upgrade', (request, socket) => {
    const onward = connect(port(), '127.0.0.1');
    const { rawHeaders: raw } = request;
    const lines = raw.flatMap((name, at) => (at % 2 ? [] : [`${name}: ${raw[at + 1]}`]));
    onward.write([`GET ${request.url} HTTP/1.1`, ...lines, 'X-Forwarded-Proto: https', '', ''].join('\r\n'));
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => (socket.destroy(), onward.destroy()));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function selfSigned() {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=test', '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(directory, { recursive: true });
  return tls;
}

let demonstration;
let browser;

before(async () => {
  demonstration = await startDemonstration();
  browser = await launchWithCookiesOfOtherSites(`--host-resolver-rules=${RULES}`, '--ignore-certificate-errors');
});

after(async () => {
  await browser?.close();
  await demonstration?.stop();
});

for (const isSecure of [false, true]) {
  describe(isSecure ? 'a page of another site, behind TLS' : 'a page on another port', () => {
    const servers = [];
    let server;
    let api;
    let origin;
    let foreignOrigin;

    before(async () => {
      const tls = isSecure ? selfSigned() : null;
      const [listed, foreign] = [await serve(() => api, tls), await serve(() => api, tls)];
      servers.push(listed, foreign);
      const host = isSecure ? `https://${SCHOOL}` : 'http://127.0.0.1';
      [origin, foreignOrigin] = [`${host}:${portOf(listed)}`, `${host}:${portOf(foreign)}`];
      const secure = {
        COURSES_HTTPS: 'on',
        COURSES_SESSION_SAMESITE: 'None',
        COURSES_ALLOWED_HOSTS: `${COURSES},127.0.0.1`,
        COURSES_TRUSTED_PROXIES: '127.0.0.0/8',
      };
      const settings = { COURSES_CORS_ORIGINS: origin, ...(isSecure ? secure : {}) };
      server = await startOn(demonstration.directory, settings);
      api = server.origin;
      if (isSecure) {
        const front = await proxy(() => new URL(server.origin).port, tls);
        servers.push(front);
        api = `https://${COURSES}:${portOf(front)}`;
      }
    });

    after(async () => {
      for (const each of servers) {
        each.close();
        each.closeAllConnections();
      }
      await server?.stop();
    });

    async function open(address) {
      await browser.clearCookies();
      const opened = await browser.newPage();
      await opened.goto(address);
      return opened;
    }

    const app = (opened, name, ...args) =>
      opened.evaluate(([method, given]) => window.app[method](...given), [name, args]);

    /** What the page gets first, of announcements that are repeated until then. */
    async function watched(opened, by, options) {
      const ask = (query, variables) =>
        fetch(`${server.origin}/graphql/`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${server.tokens.instructor}` },
          body: JSON.stringify({ query, variables }),
        }).then((response) => response.json());
      const { data } = await ask(COURSE);
      let first;
      const watching = app(opened, by, RECEIVED, options).then((event) => (first = event));
      while (!first) {
        await ask(ANNOUNCE, { id: data.courses.edges[0].node.id });
        await Promise.race([watching, new Promise((resolve) => setTimeout(resolve, 500))]);
      }
      return first;
    }

    const RECEIVED_EVENT = { notificationReceived: { message: 'Look here.' } };

    test('asks and watches with a token, and reads the headers', async () => {
      const opened = await open(origin);
      const token = server.tokens.learner;

      const { status, body, read } = await app(opened, 'ask', VIEWER, { token });
      const refused = await app(opened, 'ask', VIEWER, { token: 'cat_wrong' });

      assert.deepEqual([status, body.data], [200, { viewer: { user: { username: 'learner' } } }]);
      assert.deepEqual(read, ['RateLimit', 'RateLimit-Policy', 'X-Request-ID']);
      assert.deepEqual([refused.status, refused.body.errors[0].extensions.code], [401, 'UNAUTHENTICATED']);
      for (const by of ['firstByEvents', 'firstByWebSocket']) {
        assert.deepEqual((await watched(opened, by, { token })).data, RECEIVED_EVENT, by);
      }
      await opened.close();
    });

    test('signs in, asks, writes, watches and signs out with a session', async () => {
      const opened = await open(origin);
      const person = { username: 'learner', password: 'learner-demo' };

      assert.equal(await app(opened, 'account', 'POST', 'auth/login', person), 200);
      const [cookie] = (await browser.cookies(api)).filter(({ name }) => name === 'sessionid');
      assert.deepEqual([cookie.sameSite, cookie.secure, cookie.httpOnly], [isSecure ? 'None' : 'Lax', isSecure, true]);

      const { body } = await app(opened, 'ask', VIEWER);
      assert.deepEqual(body.data, { viewer: { user: { username: 'learner' } } });
      const { data } = (await app(opened, 'ask', COURSE)).body;
      const lesson = data.courses.edges[0].node.lessons[0].id;
      const written = (await app(opened, 'ask', NOTE, { variables: { lesson } })).body;
      assert.deepEqual(written.data, { createNote: { note: { content: 'From afar.' }, userErrors: [] } });
      for (const by of ['firstByEvents', 'firstByWebSocket']) {
        assert.deepEqual((await watched(opened, by)).data, RECEIVED_EVENT, by);
      }

      assert.equal(await app(opened, 'account', 'DELETE', 'auth/session'), 401);
      assert.deepEqual((await app(opened, 'ask', VIEWER)).body.data, { viewer: null });
      await opened.close();
    });

    test('gets nothing where its origin is not listed, with a token or with the session of another page', async () => {
      const opened = await open(origin);
      const person = { username: 'learner', password: 'learner-demo' };
      assert.equal(await app(opened, 'account', 'POST', 'auth/login', person), 200);
      const token = server.tokens.learner;

      await opened.goto(foreignOrigin);

      const NOTHING = 'Failed to fetch';
      for (const options of [{ token }, {}]) {
        assert.equal(await app(opened, 'ask', VIEWER, options), NOTHING);
        assert.equal(await app(opened, 'firstByEvents', RECEIVED, options), NOTHING);
        assert.equal(await app(opened, 'firstByWebSocket', RECEIVED, options), 'closed with 1006');
      }
      assert.equal(await app(opened, 'account', 'GET', 'auth/session'), NOTHING);
      assert.equal(await app(opened, 'account', 'DELETE', 'auth/session'), NOTHING);

      await opened.goto(origin);
      assert.deepEqual((await app(opened, 'ask', VIEWER)).body.data, { viewer: { user: { username: 'learner' } } });
      await opened.close();
    });
  });
}
