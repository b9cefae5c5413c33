/** Whether a model thread's generator is on the stack right now, so that peeking at memory from inside one can be caught. */
import { ImpureModel } from './kernel-bug.js';

let depth = 0;
let sites = false;

/** Resumes a thread's generator; while it runs, {@link assertNotRunning} throws. */
export function resume<T, R>(generator: Generator<T, R>, value: unknown): IteratorResult<T, R> {
  depth++;
  try {
    return (generator as Generator<T, R, unknown>).next(value);
  } finally {
    depth--;
  }
}

/** Runs `body` as model code: reading memory inside it throws, as inside a thread. */
export function asModelCode<T>(body: () => T): T {
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}

/** @throws {@link ImpureModel} when called from inside a running thread */
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

/** Runs `body` with source lines of new requests remembered. */
export function withSites<T>(body: () => T): T {
  const before = sites;
  sites = true;
  try {
    return body();
  } finally {
    sites = before;
  }
}
