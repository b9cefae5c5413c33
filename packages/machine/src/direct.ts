/** Runs a kernel function to its end for a single caller: the same code that a search interleaves. */
import { ModelError, WouldBlock } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { answerOf, isEnabled, perform, runOperation } from './perform.js';
import { KIND, Request } from './request.js';
import { resumeTaking, taking, type StepTaker } from './running.js';
import { travelling } from './values.js';

const { CALL, SPIN, READ, XOR, CHOOSE, OP } = KIND;

/** Takes a nondeterministic choice: 0 to `ways - 1`. */
export type Choose = (ways: number) => number;

/**
 * Runs `call` to its end as the thread {@link Memory.thread}, 0 unless set otherwise. An attempt of a spin loop that
 * fails is made again as long as it changes memory.
 *
 * @param memory - changes; call {@link Memory.stopLogging} once if it is never taken back
 * @param call - a call of a {@link kfunc}, or any other request
 * @param choose - takes each nondeterministic choice, answering 0 to `ways - 1`; by default the first alternative
 * @returns the answer to `call`
 * @throws {@link WouldBlock} where the kernel would sleep or spin
 * @throws {@link KernelBug} for the first broken rule
 * @throws {@link ModelError} when a kfunc yields something other than a request, or its result is no value
 */
export function runDirect<T>(memory: Memory, call: Request<T>, choose: Choose = () => 0): T {
  const take: StepTaker = (request) => {
    if (request.kind === CALL) return runBody(request, take);
    if (request.kind === SPIN) return spin(memory, request, take);
    return performNow(memory, request, choose);
  };
  return taking(take, () => take(call) as T);
}

/** Runs a function to its end. It is left only for a request that it yields without delegating to it. */
function runBody(call: Request<unknown>, take: StepTaker): unknown {
  const body = call.fn?.body as unknown as (...args: readonly unknown[]) => Generator<unknown, unknown>;
  const generator = body(...call.args);
  let answer: unknown;
  for (;;) {
    const step = resumeTaking(generator, answer);
    if (step.done === true) return resultOf(call, step.value);
    answer = take(requestOf(call, step.value));
  }
}

/** Makes attempts until one answers something, as long as they change memory. */
function spin(memory: Memory, request: Request<unknown>, take: StepTaker): unknown {
  for (;;) {
    const { changes } = memory;
    const answer = runBody(request, take);
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (memory.changes === changes) throw new WouldBlock(`${request.label} spins`);
  }
}

function requestOf(call: Request<unknown>, value: unknown): Request<unknown> {
  if (value instanceof Request) return value;
  throw new ModelError(`kfunc ${call.label}: expected yield* of a request, got ${typeof value}`);
}

function resultOf(call: Request<unknown>, value: unknown): unknown {
  try {
    return travelling(value);
  } catch (error) {
    throw new ModelError(`the result of ${call.label}: ${(error as Error).message}`, error);
  }
}

/**
 * Takes one step for a caller that never goes back.
 *
 * @throws {@link WouldBlock} when it cannot be taken now
 * @throws {@link KernelBug} for a broken rule, also one that does not stop the thread
 */
export function performNow(memory: Memory, request: Request<unknown>, choose: Choose): unknown {
  const isAccess = request.kind >= READ && request.kind <= XOR;
  if (!isAccess && !isEnabled(memory, request)) throw new WouldBlock(whatWaits(memory, request));
  memory.reported = undefined;
  const answer = answerNow(memory, request, choose);
  throwReported(memory);
  return answer;
}

function throwReported(memory: Memory): void {
  if (memory.reported !== undefined) throw memory.reported;
}

/** Performs a request without interning its answer, for a direct run may go on for ever. */
function answerNow(memory: Memory, request: Request<unknown>, choose: Choose): unknown {
  if (request.kind === OP) return travelling(runOperation(memory, request));
  if (request.kind === CHOOSE) memory.choice = chosen(request, choose);
  perform(memory, request);
  return answerOf(memory, request, memory.lo, memory.hi);
}

function chosen({ label, ways }: Request<unknown>, choose: Choose): number {
  const choice = choose(ways);
  if (Number.isInteger(choice) && choice >= 0 && choice < ways) return choice;
  throw new RangeError(`${label}: expected a choice from 0 to ${ways - 1}, got ${choice}`);
}

function whatWaits(memory: Memory, { label, address }: Request<unknown>): string {
  return address === 0 ? label : `${label} ${memory.layout.nameOf(address)}`;
}
