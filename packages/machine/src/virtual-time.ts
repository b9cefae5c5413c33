/**
 * Runs a model once, in virtual time: the same threads that a search interleaves, each step taking as long as a table says.
 * What comes out is how long things take, and what they wait for; nothing is explored.
 *
 * A step takes effect at its end. When its time is over and it is no longer possible, because another thread was sooner, the
 * thread goes on waiting. Of steps that end at the same moment the one that was begun first takes effect first, so a run is a
 * function of its arguments. Threads of one CPU are not preempted: whoever has it keeps it until it ends or sleeps. Sleeping
 * is to wait for a sleeping lock or for an operation with a condition; a thread that waits for a spin lock, for a word, or in a
 * spin loop keeps its CPU. Who waits longest is served first.
 */
import { Activation } from './activation.js';
import { performNow, type Choose } from './direct.js';
import { KernelBug } from './kernel-bug.js';
import { Memory } from './memory.js';
import { codeOf } from './mutated-code.js';
import { isNote } from './notes.js';
import { answerOfInvariant } from './misfit.js';
import { isEnabled } from './perform.js';
import { KIND, type Request } from './request.js';
import type { Invariant, System, Thread, Timing } from './system.js';
import { assertSystem } from './system-shape.js';
import { callOf, initialize } from './system-start.js';

const MOST_STEPS = 10_000_000;

/** A call of a kfunc that has returned. */
export interface TimedCall {
  /** Number of the thread. */
  readonly thread: number;
  /** The kernel's name of the function. */
  readonly func: string;
  /** When it was called and when it returned, in nanoseconds since the beginning. */
  readonly begin: number;
  readonly end: number;
}

/** How to run. */
export interface VirtualTimeOptions {
  /** How long steps take; by default what the system says. */
  readonly timing?: Timing;
  /** Nanoseconds after which the run is over, for threads that never end; by default there is no end. */
  readonly until?: number;
  /** Steps after which the run is over; default 10 million. */
  readonly maxSteps?: number;
  /** Takes each nondeterministic choice; by default the first alternative. */
  readonly choose?: Choose;
  /** Told of each call that returns, in the order of time. */
  readonly onReturn?: (call: TimedCall) => void;
}

/** What came of a run. */
export interface VirtualRun {
  /**
   * `ended`: all kernel threads have; `stuck`: one of them waits and nothing else can happen, ever; `until` and `max-steps`:
   * a bound of the options was hit.
   */
  readonly outcome: 'ended' | 'stuck' | 'until' | 'max-steps';
  /** Nanoseconds at the end of the run. */
  readonly time: number;
  /** Steps taken. */
  readonly steps: number;
  /** When each thread ended, by number; `undefined` for those that did not. */
  readonly endedAt: readonly (number | undefined)[];
  /** What each thread waits for that could not take its next step at the end. */
  readonly waits: readonly { readonly thread: string; readonly step: string }[];
  /** The memory as it was left. */
  readonly memory: Memory;
}

/**
 * Runs a model to the end of its kernel threads.
 *
 * @throws TypeError when neither the system nor the options say how long steps take
 * @throws RangeError for a duration that is negative or not finite
 * @throws {@link KernelBug} for the first broken rule, invariants and finals among them
 */
export function runInVirtualTime(system: System, options: VirtualTimeOptions = {}): VirtualRun {
  return new VirtualMachine(system, options).run();
}

interface TimedThread {
  readonly number: number;
  readonly thread: Thread;
  readonly cpu: number | undefined;
  activation: Activation;
  /** When the step under way ends; `undefined` between steps. */
  due: number | undefined;
  /** Place among the steps begun. */
  begun: number;
  /** Place among those that wait. */
  turn: number;
  endedAt: number | undefined;
}

class VirtualMachine {
  readonly #system: System;
  readonly #options: VirtualTimeOptions;
  readonly #timing: Timing;
  readonly #memory: Memory;
  readonly #threads: TimedThread[];
  /** Who has each CPU. */
  readonly #owners = new Map<number, TimedThread>();
  #now = 0;
  #steps = 0;
  /** Places handed out. */
  #places = 0;

  constructor(system: System, options: VirtualTimeOptions) {
    assertSystem(system);
    const timing = options.timing ?? system.timing;
    if (timing === undefined)
      throw new TypeError('runInVirtualTime: expected a timing in the system or in the options, got none');
    this.#system = system;
    this.#options = options;
    this.#timing = timing;
    this.#memory = new Memory(system.layout);
    this.#memory.code = codeOf(system);
    this.#memory.stopLogging();
    this.#memory.threadNames = system.threads.map(({ name }) => name);
    initialize(system, this.#memory);
    this.#threads = system.threads.map((thread, number) => ({
      number,
      thread,
      cpu: timing.cpuOf === undefined ? undefined : timing.cpuOf(number),
      activation: this.#activate(thread, number),
      due: undefined,
      begun: 0,
      turn: this.#places++,
      endedAt: undefined,
    }));
  }

  run(): VirtualRun {
    const { until = Infinity, maxSteps = MOST_STEPS } = this.#options;
    this.#assertAll(this.#system.invariants);
    for (const one of this.#threads) {
      this.#takeNotes(one);
      this.#noteEnd(one);
    }
    for (;;) {
      if (this.#haveEnded()) return this.#ended();
      if (this.#steps >= maxSteps) return this.#result('max-steps');
      this.#begin();
      const next = this.#earliest();
      if (next?.due === undefined) return this.#result('stuck');
      if (next.due > until) {
        this.#now = until;
        return this.#result('until');
      }
      this.#now = next.due;
      this.#finish(next);
    }
  }

  #activate(thread: Thread, number: number): Activation {
    const { onReturn } = this.#options;
    return new Activation(this.#memory, callOf(thread), {
      now: () => this.#now,
      returned: ({ label }, begin) => onReturn?.({ thread: number, func: label, begin, end: this.#now }),
    });
  }

  #haveEnded(): boolean {
    return this.#threads.every(
      ({ thread, endedAt }) => (thread.kind ?? 'kernel') !== 'kernel' || endedAt !== undefined,
    );
  }

  /** Begins every step that can be taken, for those who wait longest first. */
  #begin(): void {
    const idle = this.#threads.filter(({ due, endedAt }) => due === undefined && endedAt === undefined);
    idle.sort((a, b) => a.turn - b.turn);
    for (const one of idle) {
      one.activation.tryAgain();
      this.#takeNotes(one);
      if (!this.#canGoOn(one) && sleeps(one.activation)) this.#leaveCpu(one);
    }
    for (const one of idle) {
      const { request } = one.activation;
      if (!this.#canGoOn(one) && sleeps(one.activation)) continue;
      if (!this.#takeCpu(one) || request === undefined || !this.#canGoOn(one)) continue;
      one.due = this.#now + this.#durationOf(request, one.number);
      one.begun = this.#places++;
    }
  }

  #canGoOn({ activation, number }: TimedThread): boolean {
    this.#memory.thread = number;
    return activation.request !== undefined && isEnabled(this.#memory, activation.request);
  }

  #durationOf(request: Request<unknown>, thread: number): number {
    const duration = this.#timing.durationOf(request, thread);
    if (Number.isFinite(duration) && duration >= 0) return duration;
    throw new RangeError(`duration of ${request.label}: expected nanoseconds >= 0, got ${duration}`);
  }

  #takeCpu(one: TimedThread): boolean {
    if (one.cpu === undefined) return true;
    const owner = this.#owners.get(one.cpu) ?? one;
    this.#owners.set(one.cpu, owner);
    return owner === one;
  }

  #leaveCpu(one: TimedThread): void {
    if (one.cpu !== undefined && this.#owners.get(one.cpu) === one) this.#owners.delete(one.cpu);
  }

  #earliest(): TimedThread | undefined {
    let first: TimedThread | undefined;
    for (const one of this.#threads) {
      if (one.due === undefined) continue;
      if (first?.due === undefined || one.due < first.due || (one.due === first.due && one.begun < first.begun))
        first = one;
    }
    return first;
  }

  /** The time of a step is over: it takes effect if it still can. */
  #finish(one: TimedThread): void {
    const { request } = one.activation;
    one.due = undefined;
    if (request === undefined || !this.#canGoOn(one)) return;
    this.#steps++;
    const { changes } = this.#memory;
    const answer = performNow(this.#memory, request, this.#options.choose ?? (() => 0));
    if (this.#memory.changes !== changes) this.#assertAll(this.#system.invariants);
    one.turn = this.#places++;
    one.activation.answer(answer);
    this.#takeNotes(one);
    if (one.activation.hasEnded && one.thread.repeat === true) {
      this.#leaveCpu(one);
      one.activation = this.#activate(one.thread, one.number);
      this.#takeNotes(one);
    }
    this.#noteEnd(one);
  }

  /** Lets monitors note what they have to, which takes no time and is no step. */
  #takeNotes({ activation, number }: TimedThread): void {
    const memory = this.#memory;
    memory.thread = number;
    const { changes } = memory;
    for (let { request } = activation; request !== undefined && isNote(request); { request } = activation) {
      performNow(memory, request, () => 0);
      activation.answer(undefined);
    }
    if (memory.changes !== changes) this.#assertAll(this.#system.invariants);
  }

  #noteEnd(one: TimedThread): void {
    if (!one.activation.hasEnded) return;
    this.#leaveCpu(one);
    one.endedAt = this.#now;
  }

  #assertAll(rules: Readonly<Record<string, Invariant>> = {}): void {
    for (const [name, holds] of Object.entries(rules)) {
      const verdict = answerOfInvariant(name, holds(this.#memory));
      if (verdict !== true)
        throw new KernelBug('invariant', name, verdict === false ? `${name} does not hold` : verdict);
    }
  }

  #ended(): VirtualRun {
    this.#assertAll(this.#system.finals);
    return this.#result('ended');
  }

  #result(outcome: VirtualRun['outcome']): VirtualRun {
    const waiting = this.#threads.filter(
      (one) => one.endedAt === undefined && one.due === undefined && !this.#canGoOn(one),
    );
    return {
      outcome,
      time: this.#now,
      steps: this.#steps,
      endedAt: this.#threads.map(({ endedAt }) => endedAt),
      waits: waiting.map(({ thread, activation }) => ({ thread: thread.name, step: this.#stepText(activation) })),
      memory: this.#memory,
    };
  }

  #stepText({ request, spins }: Activation): string {
    if (request === undefined) return `spins in ${spins?.label ?? 'a loop'}`;
    const where = request.address === 0 ? '' : ` ${this.#memory.layout.nameOf(request.address)}`;
    return `${request.label}${where}`;
  }
}

/** Whether a thread that cannot take its next step gives its CPU to others meanwhile. */
function sleeps({ request }: Activation): boolean {
  if (request === undefined) return false;
  return request.kind === KIND.OP || (request.kind === KIND.LOCK && request.type?.lock === 'sleep');
}
