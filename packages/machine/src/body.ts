/** The body of a call: its generator, what it yields and what it returns. */
import { ModelError } from './kernel-bug.js';
import { notARequest } from './misfit.js';
import { Request, type KfuncInfo } from './request.js';
import { toValue, type Value } from './values.js';

/** A new generator of what a call, or one attempt of a spin loop, runs. */
export function bodyOf(call: Pick<Request<unknown>, 'fn' | 'args'>): Generator<unknown, unknown> {
  return generatorOf(call.fn as KfuncInfo, call.args);
}

/**
 * The generator that the body of a kernel function makes.
 *
 * @throws {@link ModelError} when the body is a plain function: only `yield*` in a `function*` hands out a request
 */
export function generatorOf(
  { kname, body }: KfuncInfo,
  args: readonly unknown[],
): Generator<Request<unknown>, unknown> {
  const made: unknown = (body as (...args: readonly unknown[]) => unknown)(...args);
  const isRequest = made instanceof Request;
  if (isRequest) made.isUsed = true;
  if (!isRequest && typeof (made as { next?: unknown } | null | undefined)?.next === 'function')
    return made as Generator<Request<unknown>, unknown>;
  const hint = isRequest ? `, which answered ${made.label} and did not yield it; write yield* in a function*` : '';
  throw new ModelError(`kfunc ${kname}: expected a generator function (function*), got a plain function${hint}`);
}

/**
 * What the generator of `call` yielded, as a request.
 *
 * @throws {@link ModelError} when it is none
 */
export function requestOf(call: Request<unknown>, yielded: unknown): Request<unknown> {
  if (yielded instanceof Request) return yielded;
  throw new ModelError(`kfunc ${call.label}: ${notARequest(yielded)}`);
}

/**
 * What the generator of `call` returned, as it travels.
 *
 * @throws {@link ModelError} when it is no {@link Value}
 */
export function resultOf(call: Request<unknown>, returned: unknown): Value {
  try {
    return toValue(returned);
  } catch (error) {
    throw new ModelError(`the result of ${call.label}: ${(error as Error).message}`, error);
  }
}

/** Whether an attempt of a spin loop that answered this has failed. */
export function isFailure(answer: unknown): boolean {
  return answer === undefined || answer === null || answer === false;
}
