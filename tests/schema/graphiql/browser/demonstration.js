// A demonstration server with an empty data directory, for as long as the tests run: the one that
// with_demonstration.js has started for all of them, or one of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Start it. Gives its origin, the access token of each person by user name, how to run a Python program on its data,
 * and how to stop it.
 */
export async function startDemonstration() {
  const shared = process.env.DEMONSTRATION;
  const { stop, ...started } = shared ? JSON.parse(shared) : await start();
  const python = (program) => runPython(program, started.directory);
  return { ...started, python, stop: stop ?? (() => {}) };
}

/** Start one with a data directory of its own. */
async function start() {
  const directory = await mkdtemp(join(tmpdir(), 'graphiql-'));
  const { stop, ...started } = await startOn(directory);
  const stopAndForget = async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...started, stop: stopAndForget };
}

/** Start one on the data in `directory`, which another may serve at the same time, with settings of its own. */
export async function startOn(directory, settings = {}) {
  const port = await freePort();
  const command = ['run', 'python', 'manage.py', 'demo', '--port', port, '--data-dir', directory];
  const env = { ...process.env, ...settings };
  const server = spawn('uv', command, { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');

  const stop = async () => {
    server.kill('SIGINT');
    await ended;
  };

  const origin = `http://127.0.0.1:${port}`;
  const tokens = {};
  for await (const line of createInterface({ input: server.stdout })) {
    const person = line.match(/^(\w+) .* (cat_\S+)$/);
    if (person) tokens[person[1]] = person[2];
    if (line.startsWith('GraphiQL: ')) break;
  }
  await answering(`${origin}/readyz`, server);
  return { origin, tokens, directory, stop };
}

async function runPython(program, directory) {
  const shell = spawn('uv', ['run', 'python', 'manage.py', 'shell', '-c', program], {
    cwd: PROJECT,
    env: { ...process.env, COURSES_DATA_DIR: directory },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(shell, 'exit');
  if (code !== 0) throw new Error(`the program ended with ${code}`);
}

async function freePort() {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return String(port);
}

async function answering(address, server) {
  while (server.exitCode === null) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the demonstration ended with ${server.exitCode}`);
}
