/** What ends a search, or what is told of it, before all is done: told by what the engine throws. */
import { ModelError } from '@shootdown/machine';
import { Stopped, type OutOfTime } from './deadline.js';

/** Thrown when a table of what was visited would have to outgrow its bound. */
export class TableFull extends Error {}

/** What there was not enough of; as `unknown` names it. */
export type Exhausted = OutOfTime | 'memory' | 'stack';

/** What V8 says where something grew beyond what it or the machine can hold. */
const TOO_LARGE =
  /allocation failed|Invalid (typed array|array buffer|array|string) length|(Map|Set) maximum size exceeded/i;
const TOO_DEEP = /call stack size exceeded/i;

/**
 * The bound that an exception means.
 *
 * @throws the exception itself, when it means none
 */
export function exhaustedBy(error: unknown): Exhausted {
  if (error instanceof Stopped) return error.bound;
  if (error instanceof TableFull || isOutOfMemory(error)) return 'memory';
  const root = error instanceof ModelError ? error.cause : error;
  if (root instanceof RangeError && TOO_LARGE.test(root.message)) return 'memory';
  // Model code that calls itself without end is the model's fault, and told as such.
  if (error instanceof RangeError && TOO_DEEP.test(error.message)) return 'stack';
  throw error;
}

/** Whether another thread came to its end because it needed more memory than it may have. */
function isOutOfMemory(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
