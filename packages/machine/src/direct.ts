/** Runs a kernel function to its end for a single caller: the same code that a search interleaves. */
import { bodyOf, isFailure, requestOf, resultOf } from './body.js';
import { WouldBlock } from './kernel-bug.js';
import type { Memory } from './memory.js';
import { answerOf, isEnabled, perform, runOperation } from './perform.js';
import { KIND, Request } from './request.js';
import { resume, resumeTaking, takeNestedSteps, type StepTaker } from './running.js';
import { textOf } from './text.js';
import { toValue } from './values.js';

const { CALL, SPIN, READ, WRITE, XOR, CHOOSE, OP } = KIND;

/** Takes a nondeterministic choice: 0 to `ways - 1`. */
export type Choose = (ways: number) => number;

/**
 * Runs `call` to its end as the thread {@link Memory.thread}, 0 unless set otherwise. An attempt of a spin loop that
 * fails is made again as long as it changes memory.
 *
 * @param memory - changes; call {@link Memory.stopLogging} once if it is never taken back
 * @param call - a call of a {@link kfunc}, or any other request
 * @param choose - takes each nondeterministic choice, returning 0 to `ways - 1`; by default the first alternative
 * @returns the answer to `call`
 * @throws {@link WouldBlock} where the kernel would sleep or spin
 * @throws {@link KernelBug} for the first broken rule
 * @throws TypeError when `call` is no request
 * @throws {@link ModelError} when a kfunc yields something other than a request, or its result is no value
 */
export function runDirect<T>(memory: Memory, call: Request<T>, choose: Choose = firstOf): T {
  if (!((call as unknown) instanceof Request))
    throw new TypeError(`expected a request to run, such as a call of a kfunc, got ${textOf(call)}`);
  call.isUsed = true;
  return takeNestedSteps(new DirectRun(memory, choose), call) as T;
}

const firstOf: Choose = () => 0;

class DirectRun implements StepTaker {
  readonly #memory: Memory;
  readonly #choose: Choose;

  constructor(memory: Memory, choose: Choose) {
    this.#memory = memory;
    this.#choose = choose;
  }

  take(request: Request<unknown>): unknown {
    const { kind } = request;
    if (kind >= READ && kind <= XOR) return access(this.#memory, request);
    if (kind === CALL) return this.#runBody(request);
    if (kind === SPIN) return this.#spin(request);
    return performNow(this.#memory, request, this.#choose);
  }

  /** Runs a function to its end. It is left only for a request that it yields without delegating to it. */
  #runBody(call: Request<unknown>): unknown {
    const { code } = this.#memory;
    if (code !== undefined) return this.#runStepwise(call, code.bodyOf(call));
    const generator = bodyOf(call);
    let step = resumeTaking(generator, undefined);
    while (step.done !== true) step = resumeTaking(generator, this.take(requestOf(call, step.value)));
    return resultOf(call, step.value);
  }

  /** Runs a function to its end, stopping at each of its steps. */
  #runStepwise(call: Request<unknown>, generator: Generator<unknown, unknown>): unknown {
    let step = resume(generator, undefined);
    while (step.done !== true) step = resume(generator, takeNestedSteps(this, requestOf(call, step.value)));
    return resultOf(call, step.value);
  }

  /** Makes attempts until one answers something, as long as they change memory. */
  #spin(request: Request<unknown>): unknown {
    for (;;) {
      const { changes } = this.#memory;
      const answer = this.#runBody(request);
      if (!isFailure(answer)) return answer;
      if (this.#memory.changes === changes) throw new WouldBlock(`${request.label} spins`);
    }
  }
}

/**
 * Takes one step for a caller that never goes back.
 *
 * @throws {@link WouldBlock} when it cannot be taken now
 * @throws {@link KernelBug} for a broken rule, also one that does not stop the thread
 */
export function performNow(memory: Memory, request: Request<unknown>, choose: Choose): unknown {
  if (!isEnabled(memory, request)) throw new WouldBlock(whatWaits(memory, request));
  memory.reported = undefined;
  const answer = answerNow(memory, request, choose);
  throwReported(memory);
  return answer;
}

/** As {@link performNow}, for the kinds that are always enabled and that most steps are. */
function access(memory: Memory, request: Request<unknown>): unknown {
  memory.reported = undefined;
  perform(memory, request);
  throwReported(memory);
  if (request.isVoid || request.kind === WRITE) return undefined;
  return request.type?.decode(memory.lo, memory.hi);
}

function throwReported(memory: Memory): void {
  if (memory.reported !== undefined) throw memory.reported;
}

/** Performs a request without interning its answer, for a direct run may go on for ever. */
function answerNow(memory: Memory, request: Request<unknown>, choose: Choose): unknown {
  if (request.kind === OP) return toValue(runOperation(memory, request));
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
