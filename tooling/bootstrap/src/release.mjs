// The task `release`: tarballs of all packages, as they would be published.
import { runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { SETUP_LOCK } from './prepare.mjs';

/**
 * Builds and packs all packages, and resolves to the exit status.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export async function release(args) {
  const built = await withLock(SETUP_LOCK, () => runTool('turbo', ['run', 'build', '--output-logs=errors-only']));
  return built === 0 ? runTool('node', ['tooling/release/run.mjs', ...args]) : built;
}
