// The pinned package manager, for whoever changes dependencies.
import process from 'node:process';
import { callerFolder, runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { SETUP_LOCK, installPnpm } from './prepare.mjs';

/**
 * Runs the pinned pnpm with `args` in the caller's folder and takes over its exit status.
 *
 * @param {readonly string[]} args
 */
export async function runPnpm(args) {
  await withLock(SETUP_LOCK, installPnpm);
  process.exitCode = await runTool('pnpm', args, { cwd: callerFolder('pnpm'), stdio: 'inherit' });
}
