/**
 * The description of an operation, and what is asked of it: it comes from code that nobody need have type-checked.
 */
import type { Memory } from './memory.js';
import { assertKeys, assertRecord, isAsync, kindOf, type AnyRecord, type Keys } from './shape.js';
import type { AnyCell, Cell } from './struct.js';
import { ScalarType } from './types.js';

/** An operation on memory that is one step: a pure function of memory and its arguments. */
export interface Operation<A extends readonly unknown[], R> {
  /** What a trace calls the step. */
  readonly name: string;
  /** Whether the step can be taken now; absent means always. */
  readonly when?: ((memory: Memory, ...args: A) => boolean) | undefined;
  /**
   * Takes the step, by {@link Memory.get} and {@link Memory.set}; its result, a `Value`, is the answer. Throws
   * `KernelBug` for a broken rule that ends the thread.
   */
  readonly run: (memory: Memory, ...args: A) => R;
  /** The holder word of the lock that guards every word it touches; the caller must hold it. None if it answers none. */
  readonly guard?: ((...args: A) => Cell<number> | undefined) | undefined;
  /** Set when it touches no shared memory, so that it is no schedule point. */
  readonly isLocal?: boolean | undefined;
  /** The type of a numeric answer that names a member of a scalarset. */
  readonly answers?: ScalarType<number> | undefined;
  /** Set when it takes the lock whose holder word is its target, so that a search keeps the order of locks. */
  readonly takesLock?: boolean | undefined;
  /** The cell a trace names as its target. */
  readonly target?: ((...args: A) => AnyCell | undefined) | undefined;
  /** What a trace says of a step without a target, after its name: what it is about and is given, such as `dev0.CTRL <- 0x1`. */
  readonly says?: ((...args: A) => string) | undefined;
}

const OPERATION: Keys<Operation<readonly unknown[], unknown>> = {
  name: true,
  when: true,
  run: true,
  guard: true,
  isLocal: true,
  answers: true,
  takesLock: true,
  target: true,
  says: true,
};

const raise = (message: string): TypeError => new TypeError(message);

/**
 * Checks the description of an operation. A key that means nothing is an error: a misspelt `when` would be an operation that never waits.
 *
 * @throws TypeError saying which part, what was expected and what came
 */
export function assertOperation(value: unknown): void {
  assertRecord('defineOperation', value, 'an object with name and run', raise);
  const { name } = value;
  if (typeof name !== 'string' || name === '')
    throw raise(`defineOperation: expected a name, got ${kindOf(name)}${keysOf(value)}`);
  assertKeys(`operation ${name}`, value, OPERATION, raise);
  const { run, answers } = value;
  if (typeof run !== 'function' || isAsync(run))
    throw raise(`operation ${name}, run: expected a function of memory, got ${kindOf(run)}`);
  for (const key of ['when', 'guard', 'target', 'says'] as const) {
    const part = value[key];
    if (part !== undefined && (typeof part !== 'function' || isAsync(part)))
      throw raise(`operation ${name}, ${key}: expected a function, got ${kindOf(part)}`);
  }
  for (const key of ['isLocal', 'takesLock'] as const) {
    const part = value[key];
    if (part !== undefined && typeof part !== 'boolean')
      throw raise(`operation ${name}, ${key}: expected true or false, got ${kindOf(part)}`);
  }
  if (answers !== undefined && !(answers instanceof ScalarType))
    throw raise(`operation ${name}, answers: expected a type made with memberOf, got ${kindOf(answers)}`);
}

function keysOf(value: AnyRecord): string {
  const keys = Object.keys(value);
  return keys.length === 0 ? '' : `, with the keys ${keys.join(', ')}`;
}
