#!/usr/bin/env node
/** The executable: gives the program the real streams and signals. */
import process from 'node:process';
import { EXIT } from './exit.js';
import { outputOf } from './io.js';
import { Supervisor } from './supervisor.js';
import { reasonOf } from './system-error.js';
import { Watching, watchedFile } from './watching.js';

/** A second Ctrl-C this soon is the same one, passed on by the programs that started us. */
const SAME_KEYPRESS_MS = 3000;
/** So long after the answer is written the process may take to end. */
const KEPT_MS = 15_000;

// A reader that has seen enough, such as head, is no error; nor is it one that nobody listens to what is told besides.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(141);
  process.stderr.write(`shootdown: the answer could not be written: ${reasonOf(error)}\n`);
  process.exit(EXIT.USAGE);
});
process.stderr.on('error', () => undefined);

const [command, ...rest] = process.argv.slice(2);
const cwd = process.cwd();
const outputs = { stdout: outputOf(process.stdout), stderr: outputOf(process.stderr) };
const watched = command === 'watch' ? watchedFile(rest, cwd) : undefined;
const supervisor =
  watched === undefined
    ? new Supervisor(process.argv.slice(2), cwd, outputs)
    : new Watching(rest, cwd, watched, outputs);
let since = Infinity;
const interrupt = (): void => {
  if (performance.now() - since > SAME_KEYPRESS_MS) process.exit(130);
  since = Math.min(since, performance.now());
  supervisor.interrupt();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
// Who started us, and talks to us, has come to its end.
process.once('disconnect', interrupt);
process.channel?.unref();

process.exitCode = await supervisor.run();
// A thread in the middle of what the system does for it cannot be ended, and keeps the process; no other way out leads past it.
setTimeout(() => {
  process.stderr.write('shootdown: code of the model is in a call that does not end; the process is killed\n');
  process.kill(process.pid, 'SIGKILL');
}, KEPT_MS).unref();
