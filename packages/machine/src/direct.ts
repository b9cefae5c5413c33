/** Runs a kernel function to its end for a single caller: the same code that a search interleaves. */
import { WouldBlock } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { answerOf, isEnabled, perform } from './perform.js';
import { KIND, Request, type KfuncInfo } from './request.js';
import { resume } from './running.js';

interface Frame {
  readonly generator: Generator<Request<unknown>, unknown>;
  readonly isAttempt: boolean;
}

/**
 * Runs `call` to its end as thread 0.
 *
 * @param choose - takes each nondeterministic choice; by default the first alternative
 * @throws {@link WouldBlock} where the kernel would sleep or spin
 * @throws {@link KernelBug} for the first broken rule
 */
export function runDirect<T>(memory: Memory, call: Request<T>, choose: (ways: number) => number = () => 0): T {
  const frames: Frame[] = [enter(call)];
  let answer: unknown;
  for (;;) {
    const frame = frames.at(-1) as Frame;
    const step = resume(frame.generator, answer);
    if (step.done === true) {
      frames.pop();
      if (frames.length === 0) return step.value as T;
      if (frame.isAttempt && (step.value === undefined || step.value === false || step.value === null)) throw new WouldBlock('a spin loop');
      answer = step.value;
    } else if (step.value.kind === KIND.CALL || step.value.kind === KIND.SPIN) {
      frames.push(enter(step.value));
      answer = undefined;
    } else {
      answer = performNow(memory, step.value, choose);
    }
  }
}

function enter(call: Request<unknown>): Frame {
  const fn = call.fn as KfuncInfo;
  const generator = (fn.body as (...args: readonly unknown[]) => Generator<Request<unknown>, unknown>)(...call.args);
  return { generator, isAttempt: call.kind === KIND.SPIN };
}

function performNow(memory: Memory, request: Request<unknown>, choose: (ways: number) => number): unknown {
  if (!isEnabled(memory, request)) throw new WouldBlock(`${request.label} ${memory.layout.nameOf(request.address)}`);
  if (request.kind === KIND.CHOOSE) memory.choice = choose(request.ways);
  memory.reported = undefined;
  perform(memory, request);
  if (memory.reported !== undefined) throw memory.reported as Error;
  return answerOf(memory, request, memory.lo, memory.hi);
}
