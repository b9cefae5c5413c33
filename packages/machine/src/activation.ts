/** One run of a thread's code: its stack of generators, and the request it has come to. */
import { bodyOf, isFailure, requestOf, resultOf } from './body.js';
import type { Memory } from './memory.js';
import { KIND, type Request } from './request.js';
import { resume } from './running.js';

interface Frame {
  readonly call: Request<unknown>;
  readonly generator: Generator<unknown, unknown>;
  /** {@link Memory.changes} when it was entered. */
  readonly changes: number;
  /** {@link Watch.now} when it was entered. */
  readonly since: number;
}

/** Who wants to know when calls return. */
export interface Watch {
  readonly now: () => number;
  /** @param since - {@link Watch.now} when it was called */
  readonly returned: (call: Request<unknown>, since: number) => void;
}

/** One run of a call, from request to request. */
export class Activation {
  /**
   * The step it wants to take next, neither a call nor a spin loop. `undefined` once it has ended, and after a failed
   * attempt of a spin loop, until it is made to {@link Activation.tryAgain}.
   */
  request: Request<unknown> | undefined;
  /** Whether the call has returned. */
  hasEnded = false;
  /** What it returned, once it has. */
  result: unknown;
  readonly #memory: Memory;
  readonly #watch: Watch | undefined;
  readonly #frames: Frame[] = [];
  #failed: Frame | undefined;

  /** @throws {@link ModelError} when a kfunc yields something other than a request, or its result is no value */
  constructor(memory: Memory, call: Request<unknown>, watch?: Watch) {
    this.#memory = memory;
    this.#watch = watch;
    if (isCall(call)) {
      this.#enter(call);
      this.#goOn(undefined);
    } else this.request = call;
  }

  /** The spin loop whose last attempt failed, if no memory has changed since that attempt began. */
  get spins(): Request<unknown> | undefined {
    return this.#failed !== undefined && this.#failed.changes === this.#memory.changes ? this.#failed.call : undefined;
  }

  /** Makes the failed attempt of a spin loop again, now that it no longer {@link Activation.spins}. */
  tryAgain(): void {
    if (this.#failed === undefined || this.spins !== undefined) return;
    const { call } = this.#failed;
    this.#failed = undefined;
    this.#enter(call);
    this.#goOn(undefined);
  }

  /** Goes on with the answer to {@link Activation.request}. Throws as the constructor. */
  answer(value: unknown): void {
    this.request = undefined;
    this.#goOn(value);
  }

  /** Runs until there is a request that is a step, a spin loop that must wait, or the end. */
  #goOn(value: unknown): void {
    let answer = value;
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      const step = resume(frame.generator, answer);
      if (step.done === true) {
        answer = resultOf(frame.call, step.value);
        this.#frames.pop();
        if (!isFailedAttempt(frame, answer)) this.#watch?.returned(frame.call, frame.since);
        else if (this.#memory.changes !== frame.changes) this.#enter(frame.call);
        else {
          this.#failed = frame;
          return;
        }
      } else {
        const request = requestOf(frame.call, step.value);
        if (!isCall(request)) {
          this.request = request;
          return;
        }
        this.#enter(request);
        answer = undefined;
      }
    }
    this.hasEnded = true;
    this.result = answer;
  }

  #enter(call: Request<unknown>): void {
    this.#frames.push({
      call,
      generator: this.#memory.code?.bodyOf(call) ?? bodyOf(call),
      changes: this.#memory.changes,
      since: this.#watch?.now() ?? 0,
    });
  }
}

function isCall({ kind }: Request<unknown>): boolean {
  return kind === KIND.CALL || kind === KIND.SPIN;
}

function isFailedAttempt({ call }: Frame, answer: unknown): boolean {
  return call.kind === KIND.SPIN && isFailure(answer);
}
