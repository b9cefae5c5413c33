#!/usr/bin/env node
// Runs the command from source: Node needs to be told how to import TypeScript before it starts.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const hooks = new URL('../vitest-config/register.js', import.meta.url).href;
const main = fileURLToPath(new URL('./src/main.ts', import.meta.url));
const child = spawn(
  process.execPath,
  ['--conditions=@shootdown/source', '--import', hooks, main, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 130;
});
