/** What is asked of the description of an operation: it comes from code that nobody need have type-checked. */
import type { Operation } from './operation.js';
import { assertKeys, assertRecord, isAsync, kindOf, type AnyRecord, type Keys } from './shape.js';
import { ScalarType } from './types.js';

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
