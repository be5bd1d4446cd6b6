// One demonstration for everything that a command tests: `node with_demonstration.js COMMAND...`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { startDemonstration } from './demonstration.js';

const [program, ...words] = process.argv.slice(2);
const { stop, ...shared } = await startDemonstration();
const environment = { ...process.env, DEMONSTRATION: JSON.stringify(shared), DEMONSTRATION_ORIGIN: shared.origin };
const command = spawn(program, words, { env: environment, stdio: 'inherit' });
const [code] = await once(command, 'exit');
await stop();
process.exitCode = code ?? 1;
