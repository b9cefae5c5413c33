/**
 * The reference: every state of a system, one request a step, nothing left out, states compared word by word.
 *
 * It knows the system by what `@shootdown/machine` exports, and what is broken by `docs/kinds.md` and `docs/caveats.md`; it
 * shares no code with the searches that it is compared with.
 */
import {
  KIND,
  KernelBug,
  Memory,
  ModelError,
  SLOT_LIVE,
  WORD_GHOST,
  answerOf,
  isEnabled,
  perform,
  type Request,
  type System,
} from '@shootdown/machine';
import { hasLivelock } from './reference-livelock.js';
import { ThreadCode, textOfFrames, type Place } from './reference-threads.js';

/** What a bound cut short, or what there is. */
export interface Reference {
  /** Every `kind` and `kind:name` that is broken somewhere. */
  readonly broken: ReadonlySet<string>;
  /** Whether there is a deadlock only if what ends a run at a broken rule does not go on: the documents leave that open. */
  readonly mayDeadlock: boolean;
  /** Messages of exceptions that model code throws somewhere, other than broken rules. */
  readonly exceptions: readonly string[];
  /** Whether some run ended at a broken rule, so that what would have come after it was not looked at. */
  readonly cut: boolean;
  readonly states: number;
  /** Whether all states were seen. */
  readonly complete: boolean;
}

interface State {
  readonly words: Int32Array;
  readonly places: readonly Place[];
}

interface Step {
  readonly state: State;
  readonly leftLoop: boolean;
}

/** A thread takes no step while a word is not zero; machines that know no handlers have none. */
interface Stop {
  readonly thread: number;
  readonly address: number;
}

interface Edge {
  readonly thread: number;
  readonly to: number;
  readonly leftLoop: boolean;
}

const OUTSIDE = -1;
const MOST_STEPLESS = 1000;
const MOST_ALONE = 2000;

/** A thread of the model never takes a step, so that nothing can be said of it. */
export class StepLess extends Error {}

/** How much the reference may look at. */
export interface Bounds {
  readonly states: number;
  /** Milliseconds. */
  readonly time: number;
}

/** Where the documents have changed what is asked. */
export interface Rules {
  /**
   * Whether threads may be daemons, and finals and leaks are asked only where all that repeat rest; else they are asked
   * wherever the kernel threads have ended.
   */
  readonly rests: boolean;
  /** Whether a wait for a word races with a plain write, as a read does. */
  readonly waitsRace: boolean;
  /** Whether exceptions of model code are violations. */
  readonly exceptions: boolean;
}

/** Looks at every state of `system`. */
export function explore(system: System, bounds: Bounds, rules: Rules): Reference {
  return new Explorer(system, rules).run(bounds);
}

class Explorer {
  readonly #system: System;
  readonly #rules: Rules;
  readonly #stops: readonly Stop[];
  /** Where each thread is at the head of its round. */
  readonly #heads: Place[] = [];
  readonly #memory: Memory;
  readonly #size: number;
  readonly #codes: readonly ThreadCode[];
  readonly #broken = new Set<string>();
  readonly #exceptions = new Set<string>();
  readonly #states: State[] = [];
  readonly #edges: Edge[][] = [];
  /** Places in {@link Explorer.#states}, or {@link OUTSIDE}. */
  readonly #numbers = new Map<string, number>();
  /** Lock orders, as `outer inner`. */
  readonly #lockOrders = new Set<string>();
  #cut = false;
  /** States from which a step ends the run at a broken rule. */
  readonly #endings = new Set<State>();

  constructor(system: System, rules: Rules) {
    this.#system = system;
    this.#rules = rules;
    this.#stops = (system.layout as { readonly stops?: readonly Stop[] }).stops ?? [];
    this.#memory = new Memory(system.layout);
    this.#memory.threadNames = system.threads.map(({ name }) => name);
    this.#size = this.#memory.image.size;
    this.#codes = system.threads.map((thread) => new ThreadCode(thread));
  }

  run({ states, time }: Bounds): Reference {
    const complete = this.#seesAll(states, performance.now() + time);
    const mayDeadlock = complete && this.#hasDeadlock(false);
    if (mayDeadlock && this.#hasDeadlock(true)) this.#break('deadlock', 'deadlock');
    if (complete && this.#hasLivelock()) this.#break('livelock', 'livelock');
    this.#judgeLockOrders();
    return {
      broken: this.#broken,
      mayDeadlock,
      exceptions: [...this.#exceptions],
      cut: this.#cut,
      states: this.#states.length,
      complete,
    };
  }

  /** Goes through the states; returns whether there are no others. */
  #seesAll(states: number, end: number): boolean {
    try {
      const initial = this.#initial();
      if (this.#meet(initial) === undefined && initial !== undefined)
        this.#exceptions.add('it starts outside its size');
      for (let i = 0; i < this.#states.length; i++) {
        if (i >= states || performance.now() >= end) return false;
        this.#expand(i);
      }
      return true;
    } catch (error) {
      if (error instanceof StepLess) return false;
      throw error;
    }
  }

  /** The initial state, after what the specification does at each thread's start. */
  #initial(): State | undefined {
    const memory = this.#memory;
    this.#system.init?.(memory);
    const places: Place[] = [];
    for (let thread = 0; thread < this.#codes.length; thread++) {
      memory.thread = thread;
      const place = this.#settle(thread, this.#codes[thread].start());
      if (place === undefined) return undefined;
      places.push(place);
    }
    this.#heads.push(...places);
    return { words: memory.words.slice(0, this.#size), places };
  }

  /** Notes a state, and judges it if it is new; answers its number, or none outside the stated size. */
  #meet(state: State | undefined): number | undefined {
    if (state === undefined) return undefined;
    const key = keyOf(state);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known < 0 ? undefined : known;
    this.#load(state);
    const isWithin = this.#system.within?.(this.#memory) !== false;
    this.#numbers.set(key, isWithin ? this.#states.length : OUTSIDE);
    if (!isWithin) return undefined;
    this.#judgeConditions(this.#system.invariants, 'invariant');
    this.#judgeEnd(state);
    this.#judgeRaces(state);
    this.#edges.push([]);
    return this.#states.push(state) - 1;
  }

  #expand(from: number): void {
    const state = this.#states[from];
    for (let thread = 0; thread < state.places.length; thread++)
      for (const step of this.#steps(state, thread)) {
        const to = this.#meet(step.state);
        if (to !== undefined) this.#edges[from].push({ thread, to, leftLoop: step.leftLoop });
        else this.#endings.add(state);
      }
  }

  /** What a thread can make of a state. */
  #steps(state: State, thread: number): Step[] {
    const { request } = state.places[thread];
    if (request === undefined || !this.#enabled(state, thread)) return [];
    const steps: Step[] = [];
    for (let choice = 0; choice < (request.kind === KIND.CHOOSE ? request.ways : 1); choice++) {
      this.#load(state);
      this.#memory.thread = thread;
      this.#memory.choice = choice;
      const step = this.#step(state, thread);
      if (step === undefined) this.#endings.add(state);
      else steps.push(step);
    }
    return steps;
  }

  #step(state: State, thread: number): Step | undefined {
    const from = state.places[thread];
    const arrival = this.#perform(thread, from);
    if (arrival === undefined) return undefined;
    let { leftLoop } = arrival;
    const place = this.#settle(thread, arrival.place, () => (leftLoop = true));
    if (place === undefined) return undefined;
    const places = state.places.with(thread, place);
    const words = this.#memory.words.slice(0, this.#size);
    if (place.request === undefined) this.#judgeHeldAtExit(thread);
    return { state: { words, places }, leftLoop };
  }

  /** Takes the steps of the specification that follow, which go with the step before; none where a broken rule ends the run. */
  #settle(thread: number, from: Place, leftLoop?: () => void): Place | undefined {
    let place = from;
    for (let i = 0; place.request !== undefined && this.#isOfSpecification(place.request); i++) {
      if (i === MOST_STEPLESS) throw new StepLess();
      const arrival = this.#perform(thread, place);
      if (arrival === undefined) return undefined;
      if (arrival.leftLoop) leftLoop?.();
      place = arrival.place;
    }
    if (place.thrown === undefined) return place;
    this.#caught(place.thrown);
    return undefined;
  }

  #isOfSpecification({ kind, address, op }: Request<unknown>): boolean {
    if (kind === KIND.FENCE) return true;
    if (kind === KIND.OP) return op?.isLocal === true;
    return kind !== KIND.CHOOSE && (this.#memory.image.flags[address] & WORD_GHOST) !== 0;
  }

  #perform(thread: number, place: Place): ReturnType<ThreadCode['after']> | undefined {
    const memory = this.#memory;
    const request = place.request as Request<unknown>;
    this.#noteLockOrder(request);
    memory.reported = undefined;
    memory.alsoReported = undefined;
    try {
      perform(memory, request);
    } catch (error) {
      this.#noteReported();
      this.#caught(error);
      return undefined;
    }
    this.#noteReported();
    return this.#codes[thread].after(place, answerOf(memory, request, memory.lo, memory.hi));
  }

  #noteReported(): void {
    const { reported, alsoReported } = this.#memory;
    for (const bug of [reported, ...(alsoReported ?? [])]) if (bug !== undefined) this.#break(bug.kind, bug.rule);
  }

  #caught(error: unknown): void {
    if (error instanceof KernelBug) this.#break(error.kind, error.rule);
    else if (this.#rules.exceptions && !(error instanceof ModelError) && error instanceof Error)
      this.#noteException(error);
    else this.#exceptions.add(String(error));
    this.#cut = true;
  }

  #noteException(error: Error): void {
    const isOfNull = error instanceof TypeError && error.message.includes('null');
    if (isOfNull) this.#break('null-dereference', 'null-dereference');
    else this.#break('exception', error.name);
  }

  #break(kind: string, name: string): void {
    this.#broken.add(kind);
    this.#broken.add(`${kind}:${name}`);
  }

  #load({ words }: State): void {
    this.#memory.words.set(words);
    this.#memory.undoTop = 0;
  }

  #enabled(state: State, thread: number): boolean {
    const { request } = state.places[thread];
    if (request === undefined) return false;
    if (this.#stops.some((stop) => stop.thread === thread && state.words[stop.address] !== 0)) return false;
    return this.#couldStep(state, thread, request);
  }

  /** Whether a thread could take its step if nothing stopped it. */
  #couldStep(state: State, thread: number, request: Request<unknown>): boolean {
    this.#load(state);
    this.#memory.thread = thread;
    return isEnabled(this.#memory, request);
  }

  #judgeConditions(conditions: System['finals'], kind: string): void {
    for (const [name, holds] of Object.entries(conditions ?? {}))
      if (holds(this.#memory) !== true) this.#break(kind, name);
  }

  /** What is asked where every kernel thread has ended and, by the newer rules, nobody has anything left to do. */
  #judgeEnd(state: State): void {
    if (!this.#system.threads.every((_, thread) => this.#isDone(state, thread))) return;
    this.#load(state);
    this.#judgeConditions(this.#system.finals, 'invariant');
    for (const slab of this.#system.layout.slabs)
      if (!slab.outlives && slab.states.some((cell) => this.#memory.get(cell) === SLOT_LIVE))
        this.#break('leak', 'leak');
  }

  #isDone(state: State, thread: number): boolean {
    const { kind = 'kernel', repeat = false } = this.#system.threads[thread];
    const hasEnded = state.places[thread].request === undefined;
    if (!this.#rules.rests) return hasEnded || kind === 'device';
    if (repeat || (kind as string) === 'daemon') return this.#rests(state, thread);
    return hasEnded || kind === 'device';
  }

  /** Whether a thread that repeats, or a daemon, has nothing to do. */
  #rests(state: State, thread: number): boolean {
    const place = state.places[thread];
    const { request, spins } = place;
    if (request === undefined) return true;
    const isHead = place === this.#heads[thread];
    if (!isHead && !isInFirstLoop(place, this.#heads[thread])) return false;
    if (!this.#enabled(state, thread)) return true;
    if (!isHead) return false;
    if (spins && !this.#mayLeaveLoop(state, thread)) return true;
    if (this.#system.threads[thread].repeat !== true) return false;
    return (!spins && !mayWait(request)) || this.#comesBack(state, thread);
  }

  /** Whether a thread that goes on alone gets back to the very same state. */
  #comesBack(state: State, thread: number): boolean {
    const key = keyOf(state);
    return this.#alone(state, thread, (step) => keyOf(step.state) === key, false);
  }

  #judgeHeldAtExit(thread: number): void {
    this.#memory.thread = thread;
    for (const { address, lock, shared } of this.#memory.image.locks)
      if (lock !== 'token' && this.#memory.holds(address, shared)) this.#break('lock-misuse', 'held-at-exit');
  }

  #threadsThat(meets: (kind: string) => boolean): number[] {
    return this.#system.threads.flatMap(({ kind = 'kernel' }, thread) => (meets(kind) ? [thread] : []));
  }

  /**
   * Two threads that could each take their next step, on the same field, one of them writing, one plain. One that a handler
   * has stopped may be in the midst of it.
   */
  #judgeRaces(state: State): void {
    const next = state.places.flatMap(({ request }, thread) =>
      request !== undefined && this.#mayRace(request) && this.#couldStep(state, thread, request) ? [request] : [],
    );
    next.forEach((one, i) => {
      for (const other of next.slice(i + 1))
        if (one.address === other.address && (isWrite(one) || isWrite(other)) && (isPlain(one) || isPlain(other)))
          this.#break('data-race', 'data-race');
    });
  }

  #mayRace({ kind }: Request<unknown>): boolean {
    return (kind >= KIND.READ && kind <= KIND.XOR) || (kind === KIND.AWAIT && this.#rules.waitsRace);
  }

  /**
   * Somewhere a thread has not ended, and no kernel thread can ever go on, whatever daemons and the hardware do. Where the
   * kernel threads have ended, a daemon that can neither go on nor ever come to rest is one that has not.
   *
   * @param mayEnd - whether a thread that comes to where the search ends, a broken rule or the stated size, counts as going on
   */
  #hasDeadlock(mayEnd: boolean): boolean {
    const kernel = this.#threadsThat((kind) => kind === 'kernel');
    const bound = this.#threadsThat((kind) => kind !== 'device');
    const isOver = (state: State): boolean => bound.every((thread) => this.#isOver(state, thread));
    const daemons = this.#threadsThat((kind) => kind === 'daemon');
    const works = (state: State): boolean =>
      kernel.every((thread) => this.#isOver(state, thread)) &&
      daemons.some((thread) => !this.#rests(state, thread) && this.#canGoOn(state, thread));
    const goesOn = this.#states.map(
      (state) =>
        isOver(state) ||
        works(state) ||
        (mayEnd && this.#endings.has(state)) ||
        kernel.some((thread) => this.#canGoOn(state, thread)),
    );
    for (let hasChanged = true; hasChanged;) {
      hasChanged = false;
      this.#edges.forEach((edges, from) => {
        if (goesOn[from] || !edges.some(({ thread, to }) => goesOn[to] && !kernel.includes(thread))) return;
        goesOn[from] = true;
        hasChanged = true;
      });
    }
    return goesOn.includes(false);
  }

  #hasLivelock(): boolean {
    const kernel = this.#threadsThat((kind) => kind === 'kernel');
    return hasLivelock(
      this.#states.map((state, from) => {
        const enabled = state.places.flatMap((_, thread) => (this.#enabled(state, thread) ? [thread] : []));
        const moves = this.#edges[from].flatMap(({ thread, to, leftLoop }) => {
          const { words, places } = this.#states[to];
          if (!kernel.includes(thread)) return [{ thread, to, stores: false }];
          const getsOn = !state.places[thread].spins || leftLoop || places[thread].request === undefined;
          return getsOn ? [] : [{ thread, to, stores: !isSame(words, state.words) }];
        });
        return { moves, enabled, granted: enabled.filter((thread) => takesLock(state.places[thread].request)) };
      }),
    );
  }

  #isOver(state: State, thread: number): boolean {
    if ((this.#system.threads[thread].kind as string) === 'daemon') return this.#rests(state, thread);
    return state.places[thread].request === undefined;
  }

  /** Whether a thread can take a step and, in a spin loop, leaves it or changes memory when it runs alone. */
  #canGoOn(state: State, thread: number): boolean {
    if (!this.#enabled(state, thread)) return false;
    if (!state.places[thread].spins) return true;
    return this.#alone(state, thread, (step) => step.leftLoop || !isSame(step.state.words, state.words));
  }

  /** Whether a thread in a spin loop leaves it when it runs alone. */
  #mayLeaveLoop(state: State, thread: number): boolean {
    return this.#alone(state, thread, ({ leftLoop }) => leftLoop);
  }

  /** Whether a thread that runs alone, in a spin loop, comes to a step as asked for, or to a broken rule. */
  #alone(state: State, thread: number, isIt: (step: Step) => boolean, countsEnd = true): boolean {
    const seen = new Set([keyOf(state)]);
    const queue = [state];
    for (const reached of queue)
      for (const step of this.#aloneSteps(reached, thread)) {
        if (step === 'ended') {
          if (countsEnd) return true;
          continue;
        }
        if (isIt(step)) return true;
        const key = keyOf(step.state);
        if (seen.has(key) || seen.size > MOST_ALONE) continue;
        seen.add(key);
        queue.push(step.state);
      }
    return false;
  }

  /** As {@link Explorer.#steps}, with a run that a broken rule ends. */
  #aloneSteps(state: State, thread: number): (Step | 'ended')[] {
    const { request } = state.places[thread];
    const ways = request?.kind === KIND.CHOOSE ? request.ways : 1;
    if (request === undefined || !this.#enabled(state, thread)) return [];
    const steps = this.#steps(state, thread);
    return steps.length < ways ? [...steps, 'ended'] : steps;
  }

  #noteLockOrder(request: Request<unknown>): void {
    if (!takesLock(request)) return;
    const { address } = request;
    for (const { address: outer, lock, shared } of this.#memory.image.locks)
      if (lock !== 'token' && outer !== address && this.#memory.holds(outer, shared))
        this.#lockOrders.add(`${outer} ${address}`);
  }

  #judgeLockOrders(): void {
    const orders = [...this.#lockOrders].map((order) => order.split(' '));
    const isBefore = (from: string, to: string, seen: Set<string>): boolean =>
      orders.some(([outer, inner]) => {
        if (outer !== from || seen.has(inner)) return false;
        return inner === to || isBefore(inner, to, seen.add(inner));
      });
    if (orders.some(([outer, inner]) => isBefore(inner, outer, new Set()))) this.#break('lock-order', 'lock-order');
  }
}

/** Whether a thread is in the spin loop that it, or its round, begins with. */
function isInFirstLoop({ frames }: Place, head: Place | undefined): boolean {
  const loop = frames.findIndex(({ call }) => call.kind === KIND.SPIN);
  if (loop < 0 || head?.frames[loop]?.call.kind !== KIND.SPIN) return false;
  return textOfFrames(frames.slice(0, loop)) === textOfFrames(head.frames.slice(0, loop));
}

function keyOf({ words, places }: State): string {
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('latin1');
  return `${places.map(({ number }) => number).join(' ')}|${bytes}`;
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.every((word, i) => word === b[i]);
}

function takesLock(request: Request<unknown> | undefined): boolean {
  return request?.kind === KIND.LOCK || request?.op?.takesLock === true;
}

function isWrite({ kind }: Request<unknown>): boolean {
  return kind !== KIND.READ && kind !== KIND.AWAIT;
}

/** Whether a request may have to wait. */
function mayWait({ kind, op }: Request<unknown>): boolean {
  return kind === KIND.AWAIT || kind === KIND.LOCK || (kind === KIND.OP && op?.when !== undefined);
}

function isPlain({ order }: Request<unknown>): boolean {
  return order === 'plain';
}
