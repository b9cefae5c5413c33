// What turbo says of the tasks it ran: its run summary, one JSON file a run.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ taskId: string, task: string, directory: string }} Task */
/** @typedef {Task & { command: string, execution: { exitCode?: number } | null }} SummarizedTask */

const NO_SCRIPT = '<NONEXISTENT>';

/**
 * Removes the summaries of earlier runs.
 *
 * @param {string} root
 */
export function removeSummaries(root) {
  rmSync(path.join(root, '.turbo', 'runs'), { recursive: true, force: true });
}

/**
 * The tasks that ended badly, and those that were not reached because a task they need ended badly.
 *
 * @param {string} root
 * @returns {{ failed: Task[], notRun: Task[] }}
 */
export function readOutcome(root) {
  const tasks = readTasks(root).filter(({ command }) => command !== NO_SCRIPT);
  return {
    failed: tasks.filter(({ execution }) => execution && execution.exitCode !== 0),
    notRun: tasks.filter(({ execution }) => !execution),
  };
}

/**
 * @param {string} root
 * @returns {SummarizedTask[]}
 */
function readTasks(root) {
  const runs = path.join(root, '.turbo', 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((file) => JSON.parse(readFileSync(path.join(runs, file), 'utf8')).tasks);
}
