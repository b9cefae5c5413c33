/** Runs a kernel function to its end for a single caller: the same code that a search interleaves. */
import { ModelError, WouldBlock } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { answerOf, isEnabled, perform, runOperation } from './perform.js';
import { KIND, Request } from './request.js';
import { resume } from './running.js';
import { travelling } from './values.js';

interface Frame {
  readonly call: Request<unknown>;
  readonly generator: Generator<unknown, unknown>;
  /** {@link Memory.changes} when it was entered. */
  readonly changes: number;
}

type Choose = (ways: number) => number;

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
  const frames: Frame[] = [];
  let request: Request<unknown> | undefined = call;
  let answer: unknown;
  for (;;) {
    if (request === undefined) {
      const frame = frames.pop() as Frame;
      if (spinsOn(memory, frame, answer)) frames.push(enter(memory, frame.call));
    } else if (request.kind === KIND.CALL || request.kind === KIND.SPIN) {
      frames.push(enter(memory, request));
      answer = undefined;
    } else {
      answer = performNow(memory, request, choose);
    }
    const frame = frames.at(-1);
    if (frame === undefined) return answer as T;
    const step = resume(frame.generator, answer);
    request = step.done === true ? undefined : requestOf(frame, step.value);
    if (step.done === true) answer = resultOf(frame, step.value);
  }
}

function enter(memory: Memory, call: Request<unknown>): Frame {
  const body = call.fn?.body as unknown as (...args: readonly unknown[]) => Generator<unknown, unknown>;
  return { call, generator: body(...call.args), changes: memory.changes };
}

/** Whether a frame that answered is a failed attempt of a spin loop, to be made again. */
function spinsOn(memory: Memory, { call, changes }: Frame, answer: unknown): boolean {
  if (call.kind !== KIND.SPIN || !(answer === undefined || answer === null || answer === false)) return false;
  if (memory.changes === changes) throw new WouldBlock(`${call.label} spins`);
  return true;
}

function requestOf({ call }: Frame, value: unknown): Request<unknown> {
  if (value instanceof Request) return value;
  throw new ModelError(`kfunc ${call.label}: expected yield* of a request, got ${typeof value}`);
}

function resultOf({ call }: Frame, value: unknown): unknown {
  try {
    return travelling(value);
  } catch (error) {
    throw new ModelError(`the result of ${call.label}: ${(error as Error).message}`, error);
  }
}

function performNow(memory: Memory, request: Request<unknown>, choose: Choose): unknown {
  if (!isEnabled(memory, request)) throw new WouldBlock(whatWaits(memory, request));
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
  if (request.kind === KIND.OP) return travelling(runOperation(memory, request));
  if (request.kind === KIND.CHOOSE) memory.choice = chosen(request, choose);
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
