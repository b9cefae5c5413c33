/** What a search explores: memory, threads and what must always hold. Schedulers see a model only through this. */
import type { Layout } from './layout.js';
import type { Memory, MemoryReader } from './memory.js';
import type { Request } from './request.js';

/** A thread of the model. */
export interface Thread {
  /** Column title in traces; unique. */
  readonly name: string;
  /**
   * `device`: hardware, which may go on for ever and need not end; `kernel` (default): must end or go on, and all of
   * them stuck is a deadlock.
   */
  readonly kind?: 'kernel' | 'device';
  /** Makes the call that the thread runs. */
  readonly run: () => Request<unknown>;
  /** Run the call again and again, remembering nothing in between. */
  readonly repeat?: boolean;
}

/** True, or false or a sentence when it is broken. */
export type Invariant = (memory: MemoryReader) => boolean | string;

/** A model, ready to run. */
export interface System {
  readonly layout: Layout;
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
}

/** A scalarset: `size` interchangeable members. */
export interface ScalarSet {
  readonly name: string;
  readonly size: number;
  /** Numbers of the threads that stand for the members, in order, where they are threads. */
  readonly threads?: readonly number[];
}
