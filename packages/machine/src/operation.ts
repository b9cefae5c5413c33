/** Operations: code that reads and writes model memory at will, as one step of the calling thread. */
import { identityOf, nameOfCode } from './identity.js';
import { KernelBug, ModelError, type ViolationKind } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { assertOperation, type Operation } from './operation-shape.js';
import { KIND, Request } from './request.js';
import { isRunning } from './running.js';
import { toValue } from './values.js';

const MOST_ARGS = 4;

/**
 * Defines an operation that is one step of the calling thread.
 *
 * @param operation - `run` must be a pure function of memory and arguments; at most four arguments, each a {@link Value}
 * @returns a function that makes the request; it throws TypeError for arguments that are no values
 * @throws TypeError when a local operation could be disabled, when there are more arguments than four, or when a key is none of
 * {@link Operation} or has a value that cannot be
 */
export function defineOperation<A extends readonly unknown[], R>(
  operation: Operation<A, R>,
): (...args: A) => Request<R> {
  if (!identities.has(operation)) assertOperation(operation);
  if (operation.isLocal === true && operation.when !== undefined)
    throw new TypeError(`${operation.name}: a local operation is no schedule point, so it can have no condition`);
  assertFew(operation.name, operation.run.length - 1);
  nameOperation(operation, operation);
  return (...args) => requestFor(operation, args);
}

/** The request to run a defined operation. */
export function requestFor<A extends readonly unknown[], R>(operation: Operation<A, R>, args: A): Request<R> {
  assertFew(operation.name, args.length);
  const values = args.map(toValue);
  const guard = holderOf(operation, args);
  const target = operation.target?.(...args);
  const request = new Request<R>(KIND.OP);
  request.label = operation.name;
  request.op = operation as unknown as typeof request.op;
  request.args = values;
  request.guard = guard;
  if (target !== undefined) {
    request.address = target.address;
    request.type = target.type as typeof request.type;
    request.wide = target.type.words === 2;
  }
  return request;
}

/** By definition, the identity of its operation. */
const identities = new WeakMap<object, string>();

/** Begins the identity of an operation that a running function defines anew each time it runs. */
const OF_ITS_RUN = '*';

/** Two definitions are two operations, also where they have one name and one text: what they close over may differ. */
function nameOperation({ name, run, when }: Operation<never, unknown>, operation: object): void {
  if (identities.has(operation)) return;
  const code = nameOfCode(name, run, when);
  identities.set(operation, isRunning() ? OF_ITS_RUN + code : identityOf(code));
}

/**
 * Names an operation in every process that runs the same code and builds the same system. Where a running function defined it,
 * the name says its code alone: what it closes over depends on what the function was fed.
 *
 * @param operation - what {@link defineOperation} was given
 * @throws ModelError for one that it was never given
 */
export function identityOfOperation(operation: object): string {
  const identity = identities.get(operation);
  if (identity === undefined) throw new ModelError('expected an operation made by defineOperation()');
  return identity;
}

/** Whether a running function defined an operation. */
export function isDefinedInRun(operation: object): boolean {
  return identityOfOperation(operation).startsWith(OF_ITS_RUN);
}

/**
 * Names an operation that no code defines by what it is made of, the same in every process.
 *
 * @param identity - no other operation of the system has it
 */
export function identifyOperation(operation: object, identity: string): void {
  identities.set(operation, identity);
}

function assertFew(name: string, count: number): void {
  if (count > MOST_ARGS) throw new TypeError(`${name}: expected at most ${MOST_ARGS} arguments, got ${count}`);
}

function holderOf<A extends readonly unknown[]>(operation: Operation<A, unknown>, args: A): number {
  const cell = operation.guard?.(...args);
  if (cell === undefined) return 0;
  if (cell.type.lock === undefined)
    throw new TypeError(`${operation.name}: expected the holder word of a lock as its guard, got a ${cell.type.name}`);
  return cell.address;
}

/**
 * Reports a broken rule and goes on, as WARN_ON does. No schedule point.
 *
 * @param kind - the violation kind
 * @param rule - short stable name
 * @param message - subject, what was expected, what came
 */
export const report: (kind: ViolationKind, rule: string, message: string) => Request<void> = defineOperation({
  name: 'report',
  isLocal: true,
  run: (memory: Memory, kind: ViolationKind, rule: string, message: string): void => {
    memory.report(new KernelBug(kind, rule, message));
  },
});
