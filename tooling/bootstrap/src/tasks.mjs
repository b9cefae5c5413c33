// The root tasks.
import process from 'node:process';
import { endWithCaller } from './ending.mjs';
import { Unwritable } from './lock.mjs';
import { runPnpm } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { release } from './release.mjs';
import { start } from './start.mjs';
import { test } from './test.mjs';
import { testLong } from './test-long.mjs';

/** @type {Readonly<Record<string, (args: readonly string[]) => Promise<number>>>} */
const TASKS = {
  start: async (args) => {
    await prepare();
    return start(args);
  },
  test: async (args) => {
    await prepare();
    return test(args);
  },
  'test:long': async (args) => {
    await prepare();
    return testLong(args);
  },
  release: async (args) => {
    await prepare();
    return release(args);
  },
  pnpm: runPnpm,
};

/**
 * Runs the task that the first argument names, and resolves to its exit status.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function runTask([task = '', ...args]) {
  const run = Object.hasOwn(TASKS, task) ? TASKS[task] : undefined;
  if (run === undefined) {
    console.error(`bootstrap: expected the task ${Object.keys(TASKS).join(', ')}, got "${task}"`);
    return 2;
  }
  if (process.env.npm_lifecycle_event !== undefined) endWithCaller();
  try {
    return await run(args);
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error;
    console.error(`bootstrap: ${error.message}; run this as its owner, or in a copy of your own`);
    return 1;
  }
}
