/**
 * The thread that runs the program. Model code runs here, and may never return: the main thread keeps the terminal, the signals
 * and the clock, and ends this thread if need be.
 */
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { LiveLines, Output } from './io.js';
import type { SuiteStand } from './suite-stand.js';
import { WatchMemory, WatchedThread, type WatchMessage } from './watch.js';
import type { ExitCode } from './exit.js';

/** One output of the main thread. */
export interface OutputTask {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

/** What the thread is started with. */
export interface ProgramTask {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdout: OutputTask;
  readonly stderr: OutputTask;
  readonly memory: Pick<WatchMemory, 'words' | 'figures'>;
  /** A run of the suite to go on with. */
  readonly suite: SuiteStand | undefined;
}

/** What the thread says. */
export type ProgramMessage =
  | { readonly what: 'write'; readonly to: 'stdout' | 'stderr'; readonly text: string }
  | { readonly what: 'show'; readonly to: 'stdout' | 'stderr'; readonly text: string | undefined }
  /** The program is loaded, and begins. */
  | { readonly what: 'ready' }
  | { readonly what: 'finish'; readonly code: ExitCode }
  | WatchMessage;

// Reports name lines of model code, and those are to be the lines that people wrote. Heeded by what is loaded from here on.
process.setSourceMapsEnabled(true);
const { run } = await import('./program.js');
const { divertConsole } = await import('./model-console.js');

const { args, cwd, stdout, stderr, memory, suite } = workerData as ProgramTask;
const interrupt = new AbortController();
const post = (message: ProgramMessage): void => {
  parentPort?.postMessage(message);
};

function outputTo(to: 'stdout' | 'stderr', { isTTY, columns }: OutputTask): Output {
  const live: LiveLines = {
    show: (text) => {
      post({ what: 'show', to, text });
    },
    clear: () => {
      post({ what: 'show', to, text: undefined });
    },
  };
  const write = (text: string): void => {
    post({ what: 'write', to, text });
  };
  return { write, isTTY, columns, ...(isTTY && { live }) };
}

divertConsole((text) => {
  post({ what: 'write', to: 'stderr', text });
});
parentPort?.on('message', () => {
  interrupt.abort();
});
// A model file that waits for what never comes ends the thread.
parentPort?.unref();
post({ what: 'ready' });
const code = await run(args, {
  stdout: outputTo('stdout', stdout),
  stderr: outputTo('stderr', stderr),
  interrupted: interrupt.signal,
  cwd,
  env: process.env,
  watch: new WatchedThread(new WatchMemory(memory), post),
  ...(suite !== undefined && { suite }),
});
await setImmediate(); // so that a promise that failed in the meantime is heard of
post({ what: 'finish', code });
parentPort?.close();
