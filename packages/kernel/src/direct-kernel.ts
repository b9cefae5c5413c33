/** The primitives for a single caller, run to completion where they are called. */
import { Memory, WholeCalls, type Cell, type Layout, type Request } from '@shootdown/machine';

/** How a call is made. */
export interface DirectCall {
  /** The thread that makes it; default 0. */
  readonly thread?: number;
  /** Takes each nondeterministic choice, such as whether an allocation fails; the first alternative by default. */
  readonly choose?: (ways: number) => number;
}

/** Memory and a caller. Any number of threads may call in turn, but none while another waits. */
export class DirectKernel {
  /** What the calls work on. */
  readonly memory: Memory;
  readonly #calls: WholeCalls;

  /**
   * Closes the layout; all of it is zeros.
   *
   * @throws Error when a guard in the layout names no lock
   */
  constructor(layout: Layout) {
    this.memory = new Memory(layout);
    this.#calls = new WholeCalls(this.memory);
  }

  /**
   * Runs a request, or a call of a kfunc, to its end. If it throws, memory is as it was before.
   *
   * @throws {@link WouldBlock} where the kernel would sleep or spin
   * @throws {@link KernelBug} for the first broken rule, a warning included
   * @throws TypeError for what is no request
   */
  call<T>(request: Request<T>, { thread = 0, choose }: DirectCall = {}): T {
    this.memory.thread = thread;
    return this.#calls.run(request, choose);
  }

  /** The value of a cell. */
  get<T>(cell: Cell<T>): T {
    return this.memory.get(cell);
  }

  /**
   * Sets a cell, for an initial state. No rule is checked but the type.
   *
   * @throws RangeError when the value does not fit the cell's type
   */
  set<T>(cell: Cell<T>, value: T): void {
    this.memory.set(cell, value);
  }
}
