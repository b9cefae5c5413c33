// One process at a time, across processes: a folder that only one of them can make.
// The holder touches it every second; a folder left untouched for STALE_MS belongs to a process that died.
import { mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 1_000;
const STALE_MS = 10_000;
const POLL_MS = 50;

/**
 * Runs `action` while holding the lock `folder`, whose parent is made when missing.
 *
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function withLock(folder, action) {
  mkdirSync(path.dirname(folder), { recursive: true });
  while (!tryTake(folder)) {
    if (isStale(folder)) discard(folder);
    else await sleep(POLL_MS);
  }
  const release = hold(folder);
  try {
    return await action();
  } finally {
    release();
  }
}

/** @param {string} folder */
function tryTake(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Keeps the lock fresh until the returned function is called; a signal or an exit gives it back too.
 *
 * @param {string} folder
 */
function hold(folder) {
  const beat = setInterval(() => utimesSync(folder, Date.now() / 1000, Date.now() / 1000), BEAT_MS);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const interrupted = () => process.exit(130);
  const terminated = () => process.exit(143);
  process.on('exit', remove).on('SIGINT', interrupted).on('SIGTERM', terminated);
  return () => {
    clearInterval(beat);
    process.off('exit', remove).off('SIGINT', interrupted).off('SIGTERM', terminated);
    remove();
  };
}

/** @param {string} folder */
function isStale(folder) {
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
}

/**
 * Moves a stale lock out of the way; of several processes that try, the rename lets one through.
 *
 * @param {string} folder
 */
function discard(folder) {
  const grave = `${folder}.${process.pid}`;
  try {
    renameSync(folder, grave);
  } catch {
    return;
  }
  rmSync(grave, { recursive: true, force: true });
}
