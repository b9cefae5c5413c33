/** Kernel functions: calls that are requests, so that what a finished callee read is forgotten but for its result. */
import { identityOf, nameOfCode } from './identity.js';
import { ModelError } from './kernel-bug.js';
import { KIND, Request, type KfuncInfo, type Kthread } from './request.js';
import { isRunning, takesSteps, tellsRequestsApart } from './running.js';
import { toValue, type Value } from './values.js';

/** A kernel function: calling it makes a request to run it, `yield*` runs it. */
export interface Kfunc<A extends readonly unknown[], R> extends KfuncInfo {
  /** Makes the request; throws TypeError for an argument that is no {@link Value}. */
  (...args: A): Request<R>;
}

let defined = 0;

/**
 * Defines a kernel function.
 *
 * @param kname - the kernel's name of it, as stacks and traces print it
 * @param body - a generator function, pure but for what it yields; arguments and result are values: primitives, handles,
 * cells, subsystems or flat tuples of these, tuples arriving as frozen copies
 * @param madeFor - for a function that is made when it is first used: names what it was made for, in every process alike
 * @throws ModelError when a running function defines one without saying what it is made for
 */
export function kfunc<A extends readonly Value[], R extends Value | void>(
  kname: string,
  body: (...args: A) => Kthread<R>,
  madeFor?: string,
): Kfunc<A, R>;
export function kfunc(kname: string, body: KfuncInfo['body'], madeFor?: string): Kfunc<readonly unknown[], unknown> {
  assertBody(kname, body);
  if (madeFor === undefined && isRunning() && !takesSteps())
    throw new ModelError(
      `kfunc ${kname} is defined while a function runs; expected it to be defined once, where the system is built`,
    );
  const text = nameOfCode(kname, body);
  const identity = madeFor === undefined ? identityOf(text) : `${text} for ${madeFor}`;
  const info = { kname, serial: defined++, identity, body };
  let last: Request<unknown> | undefined;
  const call = (...args: unknown[]): Request<unknown> => {
    if (last !== undefined && isSame(last.args, args) && !tellsRequestsApart()) return last;
    for (let i = 0; i < args.length; i++) args[i] = toValue(args[i]);
    const request = new Request<unknown>(KIND.CALL);
    request.label = kname;
    request.fn = info;
    request.args = args;
    if (request.site === undefined) last = request;
    return request;
  };
  return Object.assign(call, info);
}

/** Whether a value is a kernel function. */
export function isKfunc(value: unknown): value is Kfunc<readonly unknown[], unknown> {
  return typeof value === 'function' && 'kname' in value && 'serial' in value && 'identity' in value;
}

/** @throws TypeError for what can be no body: callers need not be type-checked */
function assertBody(kname: unknown, body: unknown): void {
  if (typeof kname !== 'string')
    throw new TypeError(`kfunc: expected a name and a generator function, got ${typeof kname} first`);
  const tag = Object.prototype.toString.call(body);
  if (tag.startsWith('[object Async'))
    throw new TypeError(`kfunc ${kname}: expected a generator function (function*), got an async one`);
  if (typeof body !== 'function')
    throw new TypeError(`kfunc ${kname}: expected a generator function (function*), got ${typeof body}`);
}

/** Whether a call with these arguments is the call made before. A tuple is not looked into: its copy is another. */
function isSame(before: readonly unknown[], args: readonly unknown[]): boolean {
  if (before.length !== args.length) return false;
  for (let i = 0; i < args.length; i++) if (before[i] !== args[i]) return false;
  return true;
}

/**
 * Calls `attempt` again and again until it returns something other than `undefined`, `false` or `null`. An attempt that
 * failed leaves no history, and a thread whose attempts can never succeed is reported as stuck.
 *
 * @param attempt - makes the call; run once
 * @throws TypeError when it makes another request than a call of a {@link kfunc}
 */
export function spinUntil<R>(attempt: () => Request<R>): Request<Exclude<R, undefined | false | null>> {
  const call: unknown = attempt();
  if (!(call instanceof Request))
    throw new TypeError(
      `spinUntil: expected a function that answers a call of a kfunc, got ${typeof call}; write spinUntil(() => attempt())`,
    );
  call.isUsed = true;
  if (call.kind !== KIND.CALL)
    throw new TypeError(`spinUntil: expected a call of a kfunc, got ${call.label}; use waitFor for one cell`);
  const request = new Request<Exclude<R, undefined | false | null>>(KIND.SPIN);
  request.label = call.label;
  request.fn = call.fn;
  request.args = call.args;
  return request;
}
