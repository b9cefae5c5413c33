// No process outlives the one that started it: what a signal, or the end of our caller, means for our children.
import process from 'node:process';

const SIGNALS = /** @type {const} */ ({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 });
/** @typedef {keyof typeof SIGNALS} Signal */

/** How long children may take to end before they are not asked again. */
const GRACE_MS = 5_000;
const WATCH_MS = 500;

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
let guards = 0;
let isEnding = false;

/**
 * Has a child end before this process does.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
export function keep(child) {
  children.add(child);
  const release = endOnSignals();
  child.once('close', () => {
    children.delete(child);
    release();
  });
}

/** Until the returned function is called, a signal ends the children first, then this process. */
export function endOnSignals() {
  if (guards++ === 0) for (const signal of signals()) process.on(signal, onSignal);
  return () => {
    if (--guards === 0) for (const signal of signals()) process.off(signal, onSignal);
  };
}

/** Ends this process, as SIGTERM does, when the process that started it is gone. */
export function endWithCaller() {
  const caller = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === caller) return;
    clearInterval(watch);
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(SIGNALS.SIGTERM);
  }, WATCH_MS);
  watch.unref();
}

/**
 * Ends the children, then this process, with a status that tells the signal.
 *
 * @param {Signal} signal
 * @param {number} status
 */
export function end(signal, status = SIGNALS[signal]) {
  if (isEnding) return;
  isEnding = true;
  if (children.size === 0) process.exit(status);
  setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
    process.exit(status);
  }, GRACE_MS).unref();
  for (const child of children) {
    child.once('close', () => {
      if (children.size === 0) process.exit(status);
    });
    child.kill(signal);
  }
}

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  end(/** @type {Signal} */ (signal));
}

function signals() {
  return /** @type {Signal[]} */ (Object.keys(SIGNALS));
}
