// One process at a time, across processes: a folder that only one of them can have. It names its holder, and belongs to
// nobody once that process is dead. A holder on another machine touches it every second, and is taken for dead after a minute.
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { end, endOnSignals } from './ending.mjs';

const BEAT_MS = 1_000;
const STALE_MS = 60_000;
const POLL_MS = 50;
/** After so long, who waits is told for whom. */
const PATIENCE_MS = 2_000;
/** Locks of the dead are kept so long that nobody takes a later lock for theirs. */
const GRAVE_MS = 3_600_000;

/** @typedef {{ id: string, pid: number, started: string, machine: string }} Owner */

/** A folder that this user may not write to. */
export class Unwritable extends Error {
  /** @param {string} folder */
  constructor(folder) {
    super(`${folder} cannot be written to`);
    this.name = 'Unwritable';
  }
}

/**
 * Runs `action` while holding the lock `folder`, whose parent is made when missing.
 *
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 * @throws {Unwritable} when there can be no such folder
 */
export async function withLock(folder, action) {
  const release = await take(folder);
  try {
    return await action();
  } finally {
    release();
  }
}

/**
 * @param {string} folder
 * @returns {Promise<() => void>} gives it back
 */
async function take(folder) {
  const owner = { id: randomUUID(), pid: process.pid, started: startOf(process.pid) ?? '', machine: machine() };
  const mine = `${folder}.${owner.id}`;
  writing(path.dirname(folder), () => {
    mkdirSync(path.dirname(folder), { recursive: true });
    mkdirSync(mine);
    writeFileSync(path.join(mine, 'owner'), JSON.stringify(owner));
  });
  const since = performance.now();
  let isTold = false;
  const stopGuarding = endOnSignals();
  const dropMine = () => rmSync(mine, { recursive: true, force: true });
  process.on('exit', dropMine);
  try {
    while (!moved(mine, folder)) {
      const holder = ownerOf(folder);
      if (isAbandoned(folder, holder)) bury(folder, holder);
      else await sleep(POLL_MS);
      if (isTold || performance.now() - since < PATIENCE_MS) continue;
      isTold = true;
      console.error(
        `bootstrap: waiting for ${holder === undefined ? 'another run' : `process ${holder.pid}`}, which sets this checkout up`,
      );
    }
  } finally {
    process.off('exit', dropMine);
    stopGuarding();
  }
  return hold(folder, owner);
}

/**
 * Keeps the lock fresh until the returned function is called; a signal or an exit gives it back too.
 *
 * @param {string} folder
 * @param {Owner} owner
 */
function hold(folder, owner) {
  const isOurs = () => ownerOf(folder)?.id === owner.id;
  const beat = setInterval(() => {
    try {
      if (isOurs()) return utimesSync(folder, Date.now() / 1000, Date.now() / 1000);
    } catch {
      // It went away in between.
    }
    console.error(`bootstrap: the lock ${folder} was taken away; stopping, for another run may change the same files`);
    end('SIGTERM', 1);
  }, BEAT_MS);
  const remove = () => {
    if (isOurs()) rmSync(folder, { recursive: true, force: true });
  };
  const stopGuarding = endOnSignals();
  process.on('exit', remove);
  return () => {
    clearInterval(beat);
    process.off('exit', remove);
    stopGuarding();
    remove();
    forgetDead(folder);
  };
}

/**
 * Whether the folder is at its place now, where no other was.
 *
 * @param {string} mine
 * @param {string} folder
 */
function moved(mine, folder) {
  try {
    renameSync(mine, folder);
    return true;
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (['EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES'].includes(code) && exists(folder)) return false;
    throw error;
  }
}

/**
 * @param {string} folder
 * @returns {Owner | undefined} undefined where the lock is gone, or says nothing
 */
function ownerOf(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'owner'), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} folder
 * @param {Owner | undefined} owner
 */
function isAbandoned(folder, owner) {
  if (owner !== undefined && owner.machine === machine()) return !isAlive(owner);
  const stat = statSync(folder, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
}

/** @param {Owner} owner */
function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  // The number may have been given to another process since.
  const now = startOf(pid);
  return started === '' || now === undefined || now === started;
}

/**
 * Moves the lock of a dead process out of the way. Its grave is named after it and stays, so that of several processes that
 * try, one gets it, and none moves the lock of who came next.
 *
 * @param {string} folder
 * @param {Owner | undefined} owner
 */
function bury(folder, owner) {
  try {
    renameSync(folder, `${folder}.dead-${owner?.id ?? Math.floor(statSync(folder).mtimeMs)}`);
  } catch {
    // Another process was faster.
  }
}

/** @param {string} folder */
function forgetDead(folder) {
  for (const name of readdirSync(path.dirname(folder))) {
    if (!name.startsWith(`${path.basename(folder)}.`)) continue;
    const file = path.join(path.dirname(folder), name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > GRAVE_MS) rmSync(file, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function exists(folder) {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined;
}

/**
 * When a process was started, in whatever unit; `never` for one that ended and was not waited for; undefined where the system
 * does not say.
 *
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'never' : fields[19];
  } catch {
    return undefined;
  }
}

/** Where process numbers mean the same: this machine, and on Linux this container of it. */
function machine() {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/**
 * @param {string} folder
 * @param {() => void} action
 */
function writing(folder, action) {
  try {
    action();
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (['EACCES', 'EPERM', 'EROFS'].includes(code)) throw new Unwritable(folder);
    throw error;
  }
}
