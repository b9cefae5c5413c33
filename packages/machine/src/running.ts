/** Whether a model thread's generator is on the stack right now, so that peeking at memory from inside one can be caught. */
import { ImpureModel } from './kernel-bug.js';

let depth = 0;
let sites = false;

/**
 * Resumes a thread's generator. While it runs, touching model memory other than by a request throws.
 *
 * @param generator - the generator of one frame
 * @param value - the answer to its last request; ignored the first time
 */
export function resume<T, R>(generator: Generator<T, R>, value: unknown): IteratorResult<T, R> {
  depth++;
  try {
    return (generator as Generator<T, R, unknown>).next(value);
  } finally {
    depth--;
  }
}

/** Runs `body` as model code: touching model memory other than by a request throws, as inside a thread. */
export function asModelCode<T>(body: () => T): T {
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}

/**
 * Does nothing outside threads.
 *
 * @param what - what was touched
 * @throws {@link ImpureModel} when called from inside a running thread
 */
export function assertNotRunning(what: string): void {
  if (depth > 0)
    throw new ImpureModel(
      `${what} was touched from inside a running thread; expected a request: yield* readOnce(cell), yield* writeOnce(cell, value) or yield* an operation`,
    );
}

/** Whether new requests should remember the source line that made them. */
export function capturingSites(): boolean {
  return sites;
}

/** Runs `body` with the source positions of new requests remembered, in {@link Request.site}; that is slow. */
export function withSites<T>(body: () => T): T {
  const before = sites;
  sites = true;
  try {
    return body();
  } finally {
    sites = before;
  }
}
