#!/usr/bin/env node
/** The executable: gives the program the real streams and Ctrl-C. */
import process from 'node:process';
import { EXIT } from './exit.js';
import { outputOf } from './io.js';
import { divertConsole, refuseToExit } from './model-process.js';

// Reports name lines of model code, and those are to be the lines that people wrote. Heeded by what is loaded from here on.
process.setSourceMapsEnabled(true);
const toStderr = (text: string): void => {
  process.stderr.write(text);
};
divertConsole(toStderr);
const exitNow = refuseToExit(process);
let hasEnded = false;
const exit = (code: number): never => {
  hasEnded = true;
  return exitNow(code);
};
const { run } = await import('./program.js');

/** A second Ctrl-C this soon is the same one, passed on by the programs that started us. */
const SAME_KEYPRESS_MS = 3000;
/** How long a search may take to end once the process that started it is gone. */
const LAST_WORDS_MS = 5000;

const interrupt = new AbortController();
let since = Infinity;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted && performance.now() - since > SAME_KEYPRESS_MS) exit(130);
    if (!interrupt.signal.aborted) since = performance.now();
    interrupt.abort();
  });
}
// Whoever started us is gone, as after kill -9, and nobody reads what we find.
process.on('disconnect', () => {
  interrupt.abort();
  setTimeout(() => process.exit(143), LAST_WORDS_MS).unref();
});
process.channel?.unref();
// A reader that has seen enough, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => exit(error.code === 'EPIPE' ? 141 : EXIT.USAGE));

// Nobody waits for what a model leaves behind: a promise that is rejected, a timer that throws.
for (const event of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(event, (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const what =
      event === 'unhandledRejection' ? 'a promise was rejected that nobody awaits' : 'an exception in the background';
    toStderr(`shootdown: ${what}: ${text}\n`);
    exit(EXIT.USAGE);
  });
// Where nothing is left to run and the program has not come to its end, something is awaited that never happens.
process.on('exit', () => {
  if (hasEnded) return;
  toStderr('shootdown: the model file awaits something that never happens; take the await out of it\n');
  process.exitCode = EXIT.USAGE;
});

process.exitCode = await run(process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  interrupted: interrupt.signal,
  cwd: process.cwd(),
  env: process.env,
});
hasEnded = true;
