// The pinned package manager, for whoever changes dependencies.
import { callerFolder, runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { SETUP_LOCK, hasPnpm, installPnpm } from './prepare.mjs';

/**
 * Runs the pinned pnpm with `args` in the caller's folder and resolves to its exit status.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function runPnpm(args) {
  if (!hasPnpm()) await withLock(SETUP_LOCK, installPnpm);
  return runTool('pnpm', args, { cwd: callerFolder('pnpm'), stdio: ['inherit', 'inherit', 'inherit'] });
}
