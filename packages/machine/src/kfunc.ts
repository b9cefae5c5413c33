/** Kernel functions: calls that are requests, so that what a finished callee read is forgotten but for its result. */
import { KIND, Request, type KfuncInfo, type Kthread } from './request.js';
import { travelling, type Value } from './values.js';

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
 * cells or flat tuples of these, tuples arriving as frozen copies
 */
export function kfunc<A extends readonly Value[], R extends Value | void>(
  kname: string,
  body: (...args: A) => Kthread<R>,
): Kfunc<A, R>;
export function kfunc(kname: string, body: KfuncInfo['body']): Kfunc<readonly unknown[], unknown> {
  const info = { kname, serial: defined++, body };
  const call = (...args: readonly unknown[]): Request<unknown> => {
    const request = new Request<unknown>(KIND.CALL);
    request.label = kname;
    request.fn = info;
    request.args = args.map(travelling);
    return request;
  };
  return Object.assign(call, info);
}

/**
 * Calls `attempt` again and again until it answers something other than `undefined`, `false` or `null`. An attempt that
 * failed leaves no history, and a thread whose attempts can never succeed is reported as stuck.
 *
 * @param attempt - makes the call; run once
 * @throws TypeError when it makes another request than a call of a {@link kfunc}
 */
export function spinUntil<R>(attempt: () => Request<R>): Request<Exclude<R, undefined | false | null>> {
  const call = attempt();
  if (call.kind !== KIND.CALL)
    throw new TypeError(`spinUntil: expected a call of a kfunc, got ${call.label}; use waitFor for one cell`);
  const request = new Request<Exclude<R, undefined | false | null>>(KIND.SPIN);
  request.label = call.label;
  request.fn = call.fn;
  request.args = call.args;
  return request;
}
