// The task `start`: builds what the harness needs, then becomes the command `shootdown` as far as a caller can tell.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { callerFolder, runQuietly } from './command.mjs';
import { Unwritable, withLock } from './lock.mjs';
import { SETUP_LOCK } from './prepare.mjs';
import { root } from './root.mjs';

const CLI = path.join(root, 'apps', 'harness', 'dist', 'cli.js');
const DEFAULT_COMMAND = 'suite';
/** How long a signal that reached the whole process group may take to end the command before we pass it on. */
const FORWARD_AFTER_MS = 1_000;
/** A build that takes longer is told of. */
const SILENCE_MS = 3_000;

/**
 * Runs the command with `args`, or the suite, and resolves to its exit status.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function start(args) {
  await build();
  const commandLine = args.length === 0 ? [DEFAULT_COMMAND] : args;
  return become(process.execPath, [CLI, ...commandLine], callerFolder('start'));
}

/** Builds what the harness needs. Where nothing can be written, what was built last has to do. */
async function build() {
  const args = ['run', 'build', '--filter=@shootdown/harness...', '--output-logs=errors-only', '--log-order=grouped'];
  try {
    await withLock(SETUP_LOCK, async () => {
      const note = setTimeout(() => console.error('bootstrap: building what has changed'), SILENCE_MS);
      await runQuietly('turbo', args).finally(() => clearTimeout(note));
    });
  } catch (error) {
    if (!(error instanceof Unwritable) || !existsSync(CLI)) throw error;
    console.error(`bootstrap: ${error.message}; running what was built last`);
  }
}

/**
 * Runs Node in this process's place: same terminal, same exit status or signal. Ctrl-C is the command's to handle; it learns by
 * `disconnect` that this process is gone.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<number>}
 */
export function become(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const stopForwarding = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      stopForwarding();
      if (signal) process.kill(process.pid, signal);
      resolve(status ?? 1);
    });
  });
}

/**
 * Passes each signal on to the child, once. A terminal has already sent Ctrl-C to the child, which is in its foreground
 * group; a second copy would look like an impatient user.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function forwardSignals(child) {
  const handlers = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']).map((signal) => {
    let seen = false;
    const handler = () => {
      if (seen || (signal === 'SIGINT' && process.stdin.isTTY)) return;
      seen = true;
      setTimeout(() => child.kill(signal), FORWARD_AFTER_MS).unref();
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => handlers.forEach(({ signal, handler }) => process.off(signal, handler));
}
