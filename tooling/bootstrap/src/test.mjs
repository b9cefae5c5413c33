// The task `test`: everything CI runs, in its order, then the one line that sums it up.
import process from 'node:process';
import { runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { SETUP_LOCK } from './prepare.mjs';
import { addReports, removeReports, summaryLine } from './report.mjs';
import { packageFolders, root } from './root.mjs';
import { readOutcome, removeSummaries } from './stages.mjs';

/** What is run in every package that has the script. */
const PACKAGE_STAGES = ['build', 'lint', 'typecheck', 'test', 'pack:check'];

/** What looks at the workspace as a whole. */
const ROOT_STAGES = {
  knip: ['knip', '--no-config-hints'],
  sherif: ['sherif'],
  format: ['prettier', '--check', '--log-level=warn', '.'],
};

/**
 * Runs all stages, also after a failure, prints the totals as the last line and resolves to the exit status.
 *
 * @param {readonly string[]} args - passed on to turbo, such as `--filter=@shootdown/bits`
 * @returns {Promise<number>}
 */
export async function test(args) {
  removeReports(root, packageFolders());
  const failures = [...(await runPackageStages(args)), ...(await runRootStages())];
  const totals = addReports(root, packageFolders());
  for (const failure of failures) console.log(`stage failed: ${failure}`);
  const failed = totals.failed + failures.length;
  console.log(summaryLine({ ...totals, failed }));
  return failed === 0 ? 0 : 1;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<string[]>} the stages that failed, less the tests that say so in their report
 */
async function runPackageStages(args) {
  await withLock(SETUP_LOCK, () =>
    runTool('turbo', ['run', 'build', '--output-logs=none'], { stdio: ['ignore', 'ignore', 'ignore'] }),
  );
  removeSummaries(root);
  const flags = ['--continue=dependencies-successful', '--log-order=grouped', '--concurrency=100%', '--summarize'];
  const status = await runTool('turbo', ['run', ...PACKAGE_STAGES, ...flags, ...freshness(), ...args]);
  const { failed, notRun } = readOutcome(root);
  if (status !== 0 && failed.length === 0) return ['turbo'];
  const unreported = failed.filter(
    ({ task, directory }) => task !== 'test' || addReports(root, [directory]).failed === 0,
  );
  return [...unreported.map(({ taskId }) => taskId), ...notRun.map(({ taskId }) => `${taskId} (not run)`)];
}

/** Vectors from outside are no input that turbo knows, so a run on them takes nothing from its cache. */
function freshness() {
  return process.env.SHOOTDOWN_VECTORS ? ['--force'] : [];
}

/** @returns {Promise<string[]>} */
async function runRootStages() {
  const failures = [];
  for (const [name, [command = '', ...args]] of Object.entries(ROOT_STAGES)) {
    console.log(`\n${name}`);
    if ((await runTool(command, args)) !== 0) failures.push(name);
  }
  return failures;
}
