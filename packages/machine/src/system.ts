/** What a search explores: memory, threads and what must always hold. Schedulers see a model only through this. */
import type { Layout } from './layout.js';
import type { Memory, MemoryReader } from './memory.js';
import type { Monitors } from './monitor.js';
import type { Mutation } from './mutation.js';
import type { Request } from './request.js';
import type { AnyCell, Handle } from './struct.js';

/** A thread of the model. */
export interface Thread {
  /** Column title in traces; unique. */
  readonly name: string;
  /**
   * What is asked of it.
   *
   * - `kernel` (default): must end, or go on if it repeats; all of them stuck is a deadlock.
   * - `daemon`: a worker, softirq or kthread, which may rest for ever. What it has begun it must bring to an end: it is waited
   *   for before {@link System.finals} and leaks are judged, and is part of a deadlock where it is stuck in its work.
   * - `device`: hardware, which may go on for ever or stop for ever. One that repeats is waited for as a daemon is; one
   *   that does not may have stopped anywhere.
   *
   * A thread that repeats *rests* at the head of its round where its next request cannot be taken now, is one that never waits,
   * or leads back to the very same state if it goes on alone. A round that begins with a spin loop, such as `wait_event`, rests
   * in it where it cannot leave it. A daemon that does not repeat rests where it has ended,
   * cannot take its very first request, or is in a spin loop that it begins with and cannot leave.
   */
  readonly kind?: 'kernel' | 'daemon' | 'device';
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
  /** Checked, as leaks are, wherever every kernel thread that does not repeat has ended and all that repeat, and daemons, rest. */
  readonly finals?: Readonly<Record<string, Invariant>>;
  /** States outside are not explored: the stated size of an infinite model, as TLC's CONSTRAINT. The initial state must be inside. */
  readonly within?: (memory: MemoryReader) => boolean;
  /**
   * Sets of interchangeable indices (Murphi scalarsets), so that a search may treat states equal that differ only in
   * their order.
   */
  readonly symmetries?: readonly ScalarSet[];
  /** What differs from the code: every run is one of the mutated code. */
  readonly mutations?: readonly Mutation[];
  /** What the specification notes of the code while it runs, by name. */
  readonly monitors?: Monitors;
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
