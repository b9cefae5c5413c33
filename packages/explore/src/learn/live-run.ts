/**
 * A run in which every function is started once and goes on from where it stands, while the others do, as JavaScript runs
 * generators. A search runs each function by itself, again and again; what a model keeps behind memory's back shows here.
 */
import {
  INTERNED,
  ImpureModel,
  KIND,
  Memory,
  callOf,
  codeOf,
  hashText,
  initialize,
  isEnabled,
  mix,
  perform,
  type Invariant,
  type KernelBug,
  type KfuncInfo,
  type Request,
  type System,
} from '@shootdown/machine';
import { isFailure } from './automaton.js';
import { HistoryTree, type History, type SuspendedGenerator } from './history-tree.js';
import { CodeChecks } from './code-checks.js';
import { Stopped, type Deadline } from '../base/deadline.js';
import { WITHIN, conditionsOf } from '../base/conditions.js';
import type { Prng } from '../base/prng.js';

/** Calls and returns without a step in between, at most. */
const MOST_STEPLESS = 1000;

/** A call that a thread is in. */
interface Frame {
  readonly call: Request<unknown>;
  standing: SuspendedGenerator;
  /** Where a search that fed the function the same is; `undefined` where that is not known. */
  expected: History | undefined;
}

/** What a live run is compared with. */
export interface Expected {
  /** The calls of the threads, by thread. */
  readonly begin: (thread: number) => History | undefined;
  /** The call that a function makes. */
  readonly call: (history: History) => History | undefined;
  /** What the function does when it is fed one more answer. */
  readonly after: (history: History, memory: Memory, lo: number, hi: number) => History | undefined;
  /** Called where the function did something else. */
  readonly differs: (history: History) => never;
}

/** What live runs share. */
export interface LiveOptions {
  /** What operations and conditions did when they had looked at the same, and what they looked at next. */
  readonly outcomes: Map<number, number>;
  readonly paths: Map<number, number>;
  readonly deadline: Deadline | undefined;
}

/** The threads of a system of its own. */
export class LiveRun {
  readonly #system: System;
  readonly #memory: Memory;
  readonly #histories: HistoryTree;
  readonly #checks: CodeChecks;
  readonly #expected: Expected;
  readonly #stacks: Frame[][];

  constructor(system: System, expected: Expected, { outcomes, paths, deadline }: LiveOptions) {
    this.#system = system;
    this.#expected = expected;
    this.#memory = new Memory(system.layout, system.threads.length);
    this.#memory.code = codeOf(system);
    this.#histories = new HistoryTree(this.#memory, { checkPurity: true, captureSites: false });
    this.#histories.deadline = deadline;
    this.#checks = new CodeChecks(this.#memory, true, outcomes, paths);
    initialize(system, this.#memory);
    this.#stacks = system.threads.map(() => []);
    system.threads.forEach((_, thread) => {
      this.#begin(thread);
    });
  }

  /**
   * Runs on until nobody can move, something breaks, or so many steps were taken. The turns may be such as no real run takes, as
   * handlers stop nobody, so what code throws there is no fault of the model.
   *
   * @param first - the thread that goes as long as it can, if one does
   * @param counts - which conditions are asked
   */
  run(first: number | undefined, prng: Prng, counts: (bug: KernelBug) => boolean, most: number): void {
    try {
      this.#run(first, prng, counts, most);
    } catch (error) {
      if (error instanceof ImpureModel || error instanceof Stopped) throw error;
    }
  }

  #run(first: number | undefined, prng: Prng, counts: (bug: KernelBug) => boolean, most: number): void {
    const { invariants, finals, numbers } = conditionsOf(this.#system, counts);
    const { within } = this.#system;
    const ask = ([name, holds]: readonly [string, Invariant]): unknown =>
      this.#checks.condition(`the invariant "${name}"`, numbers.get(holds) ?? WITHIN, holds);
    for (let steps = 0; steps < most; steps++) {
      if (within !== undefined && !this.#checks.condition('within', WITHIN, within)) return;
      invariants.forEach(ask);
      if (this.#hasEnded) finals.forEach(ask);
      const movable = this.#stacks.flatMap((_, thread) => (this.#canMove(thread) ? [thread] : []));
      if (movable.length === 0) return;
      const thread = first !== undefined && movable.includes(first) ? first : movable[prng.below(movable.length)];
      if (!this.#step(thread, prng)) return;
    }
  }

  /** Whether the kernel threads that end have ended. */
  get #hasEnded(): boolean {
    return this.#system.threads.every(
      ({ kind = 'kernel', repeat }, thread) =>
        kind !== 'kernel' || repeat === true || this.#stacks[thread].length === 0,
    );
  }

  #canMove(thread: number): boolean {
    const request = this.#next(thread);
    if (request === undefined) return false;
    this.#memory.thread = thread;
    return request.op?.when === undefined
      ? isEnabled(this.#memory, request)
      : this.#checks.isEnabled(0, this.#codeOf(thread), request);
  }

  #next(thread: number): Request<unknown> | undefined {
    const next = this.#stacks[thread].at(-1)?.standing.history.next;
    return next?.what === 'request' ? next.request : undefined;
  }

  /** Takes the step of a thread; returns whether nothing broke. */
  #step(thread: number, prng: Prng): boolean {
    const request = this.#next(thread) as Request<unknown>;
    const memory = this.#memory;
    memory.thread = thread;
    memory.reported = memory.alsoReported = undefined;
    memory.choice = request.kind === KIND.CHOOSE ? prng.below(request.ways) : 0;
    if (request.kind === KIND.OP) this.#checks.perform(0, this.#codeOf(thread), request);
    else perform(memory, request);
    memory.undoTop = 0;
    if (memory.reported !== undefined) return false;
    this.#answer(this.#stacks[thread], memory.lo, memory.hi);
    this.#settle(thread);
    return true;
  }

  #begin(thread: number): void {
    const call = callOf(this.#system.threads[thread]);
    this.#enter(this.#stacks[thread], call, this.#expected.begin(thread));
    this.#settle(thread);
  }

  #enter(stack: Frame[], call: Request<unknown>, expected: History | undefined): void {
    const standing = this.#histories.begin(call.fn as KfuncInfo, call.args);
    stack.push({ call, standing, expected });
    this.#compare(stack);
  }

  #answer(stack: Frame[], lo: number, hi: number): void {
    const frame = stack[stack.length - 1];
    frame.expected &&= this.#expected.after(frame.expected, this.#memory, lo, hi);
    frame.standing = this.#histories.goOn(frame.standing, lo, hi);
    this.#compare(stack);
  }

  #compare(stack: Frame[]): void {
    const { expected, standing } = stack[stack.length - 1];
    if (expected !== undefined && expected.described !== standing.history.described) this.#expected.differs(expected);
  }

  /** Enters calls and leaves finished ones until there is a step to take, or the thread has ended. */
  #settle(thread: number): void {
    const stack = this.#stacks[thread];
    for (let rounds = 0; rounds < MOST_STEPLESS && stack.length > 0; rounds++) {
      const { call, standing, expected } = stack[stack.length - 1];
      const { next } = standing.history;
      if (next.what === 'raise') break;
      if (next.what === 'request') {
        const { kind } = next.request;
        if (kind !== KIND.CALL && kind !== KIND.SPIN) return;
        this.#enter(stack, next.request, expected && this.#expected.call(expected));
        continue;
      }
      stack.pop();
      const isAgain = call.kind === KIND.SPIN && isFailure(next.value);
      const caller = stack.at(-1);
      if (isAgain) this.#enter(stack, call, caller?.expected && this.#expected.call(caller.expected));
      else if (caller !== undefined) this.#answer(stack, next.value, INTERNED);
      else if (this.#system.threads[thread].repeat === true) this.#enter(stack, call, this.#expected.begin(thread));
    }
    stack.length = 0;
  }

  /** Tells the operation that a thread takes next from all others. */
  #codeOf(thread: number): number {
    const [a] = hashText(this.#stacks[thread].at(-1)?.standing.history.described ?? '');
    return mix(a ^ LIVE);
  }
}

/** Sets apart the operations of live runs from those of searches. */
const LIVE = 0x51ed270b;
