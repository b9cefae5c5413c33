/** What a search explores: memory, threads and what must always hold. Schedulers see a model only through this. */
import type { Layout } from './layout.js';
import type { Memory, MemoryReader } from './memory.js';
import type { Request } from './request.js';
import type { AnyCell, Handle } from './struct.js';

/** A thread of the model. */
export interface Thread {
  /** Column title in traces; unique. */
  readonly name: string;
  /**
   * `device`: hardware, which may go on for ever and need not end; `kernel` (default): must end or go on, and all of
   * them stuck is a deadlock.
   */
  readonly kind?: 'kernel' | 'device';
  /** Makes the call of a {@link kfunc} that the thread runs. */
  readonly run: () => Request<unknown>;
  /** Run the call again and again, remembering nothing in between. */
  readonly repeat?: boolean;
}

/** Answers true where it holds, false or a sentence where it is broken. A pure function of memory. */
export type Invariant = (memory: MemoryReader) => boolean | string;

/** A model, ready to run. */
export interface System {
  /** What lies where in memory. */
  readonly layout: Layout;
  /** 1 to 31 threads; a thread's number is its place here. */
  readonly threads: readonly Thread[];
  /** Fills in the initial state; everything is zero before. */
  readonly init?: (memory: Memory) => void;
  /** Checked in every state. */
  readonly invariants?: Readonly<Record<string, Invariant>>;
  /** Checked where every kernel thread has ended. */
  readonly finals?: Readonly<Record<string, Invariant>>;
  /** States outside are not explored: the stated size of an infinite model, as TLC's CONSTRAINT. */
  readonly within?: (memory: MemoryReader) => boolean;
  /**
   * Sets of interchangeable indices (Murphi scalarsets), so that a search may treat states equal that differ only in
   * their order.
   */
  readonly symmetries?: readonly ScalarSet[];
  /** For {@link runInVirtualTime}; a search does not look at it. */
  readonly timing?: Timing;
}

/** How long the steps of a model take, and which threads share a CPU. */
export interface Timing {
  /**
   * Nanoseconds, finite and at least 0, from the moment at which a thread turns to a step that can be taken, or at which the
   * step it waits for becomes possible, until the step takes effect. A pure function.
   */
  readonly durationOf: (request: Request<unknown>, thread: number) => number;
  /** The CPU of a thread, or `undefined` for one that shares none, such as a device. By default nobody shares. */
  readonly cpuOf?: (thread: number) => number | undefined;
}

/** A scalarset: `size` interchangeable members, each with its threads and its objects. */
export interface ScalarSet {
  /** What {@link ScalarType.memberOf} refers to; unique in the system. */
  readonly name: string;
  /** At least 1. */
  readonly size: number;
  /** Groups of thread numbers; member `i` runs thread `i` of each group. */
  readonly threads?: readonly (readonly number[])[];
  /** Arrays of views or cells; member `i` owns element `i` of each. */
  readonly objects?: readonly (readonly (Handle | AnyCell)[])[];
}
