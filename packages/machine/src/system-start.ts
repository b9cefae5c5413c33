/** How a system begins: its initial state, and the calls that its threads run. */
import { ModelError } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { Request } from './request.js';
import { notingRequests } from './running.js';
import type { System, Thread } from './system.js';
import { textOf } from './text.js';

/**
 * Fills in the initial state.
 *
 * @throws {@link ModelError} when `init` makes a request and does not run it: that would do nothing
 */
export function initialize({ init, layout }: System, memory: Memory): void {
  if (init === undefined) return;
  const made: Request<unknown>[] = [];
  const answer = notingRequests(made, (): unknown => init(memory));
  assertNoPromise('init', answer);
  const stray = made.find(({ isUsed }) => !isUsed);
  if (stray === undefined) return;
  const target = stray.address === 0 ? '' : ` of ${layout.nameOf(stray.address)}`;
  throw new ModelError(
    `init makes the request ${stray.label}${target}, and nobody takes that step: set cells with memory.set(cell, value), and run functions with runDirect(memory, call)`,
  );
}

/**
 * The call that a thread runs.
 *
 * @throws {@link ModelError} when `run` makes none, or another request too
 */
export function callOf({ name, run }: Thread): Request<unknown> {
  const made: Request<unknown>[] = [];
  const call: unknown = notingRequests(made, run);
  if (!(call instanceof Request))
    throw new ModelError(
      `thread ${name}: expected run() to answer a call of a kfunc, got ${textOf(call)}; write run: () => f(), with f made by kfunc()`,
    );
  call.isUsed = true;
  const stray = made.find(({ isUsed }) => !isUsed);
  if (stray === undefined) return call;
  throw new ModelError(
    `thread ${name}: run() makes the request ${stray.label}, and nobody takes that step: run() answers one call of a kfunc, which does the rest`,
  );
}

function assertNoPromise(what: string, answer: unknown): void {
  if (answer instanceof Promise) throw new ModelError(`${what}: expected a plain function, got an async one`);
}
