/** Direct runs for an object that outlives its mistakes: a call that throws leaves memory as it was. */
import { runDirect, type Choose } from './direct.js';
import type { Memory } from './memory.js';
import { Request } from './request.js';

/** Runs calls on one memory, all of whose changes since this was made must be made by them. */
export class WholeCalls {
  readonly #memory: Memory;
  /** Calls under way: code that an operation calls back may call again. */
  #depth = 0;

  /** @param memory - one that logs what it changes: {@link Memory.stopLogging} was not called */
  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * Runs a call to its end, as {@link runDirect} does.
   *
   * @throws TypeError for what is no request
   * @throws what {@link runDirect} throws, and what code throws that was called back; memory is as it was before the call
   */
  run<T>(call: Request<T>, choose?: Choose): T {
    if (!((call as unknown) instanceof Request))
      throw new TypeError(`expected a request, such as a call of a kfunc, got ${typeof call}`);
    const memory = this.#memory;
    const { undoTop, h0, h1, performing } = memory;
    this.#depth++;
    try {
      return runDirect(memory, call, choose);
    } catch (error) {
      memory.undoTo(undoTop, h0, h1);
      memory.performing = performing;
      throw error;
    } finally {
      if (--this.#depth === 0) memory.undoTop = 0;
    }
  }

  /** Looks at memory, also from code that an operation calls back: no rule is checked. */
  look<T>(body: (memory: Memory) => T): T {
    const memory = this.#memory;
    const { performing } = memory;
    memory.performing = false;
    try {
      return body(memory);
    } finally {
      memory.performing = performing;
    }
  }
}
