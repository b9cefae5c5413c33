/**
 * Livelock: a circle of states on which the threads run for ever and no kernel thread gets anywhere, neither out of its
 * outermost spin loop, nor to its end or next round. Only fair circles count (weak fairness): a thread that could always go
 * on does, and one that waits for a lock which is free again and again gets it in the end.
 *
 * Every state is seen once and the edges that get nobody anywhere are kept; strongly connected components of those are the
 * candidates (Tarjan).
 */
import { KIND, KernelBug } from '@shootdown/machine';
import type { Engine } from './engine.js';
import { GrowingInts } from './growing-ints.js';
import { FOR_EVER, RESTART, type Action, type Found, type Search } from './search.js';
import { lowest, waysOf } from './stuck.js';

const NO_STATE = -1;

/** Explores every state, then looks for fair circles without progress. */
export class LivelockSearch implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  transitions = 0;
  readonly depth = 0;
  readonly #engine: Engine;
  readonly #numbers = new Map<string, number>();
  /** For each state: the state it was reached from, by which action, who is enabled and who waits for a lock. */
  readonly #parent = new GrowingInts();
  readonly #action = new GrowingInts();
  readonly #enabled = new GrowingInts();
  readonly #locking = new GrowingInts();
  readonly #words: Int32Array[] = [];
  /** Edges that get nobody anywhere, grouped by source: target and action. */
  readonly #firstEdge = new GrowingInts();
  readonly #target = new GrowingInts();
  readonly #via = new GrowingInts();
  #next = 0;
  #progressed = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.recorder = ({ thread, control, lo, hi }) => {
      if ((engine.kernelThreads >>> thread) & 1) this.#progressed ||= engine.automaton.isProgress(control, lo, hi);
    };
    this.#number(NO_STATE, 0);
  }

  get states(): number {
    return this.#parent.length;
  }

  get frontier(): number {
    return this.#parent.length - this.#next;
  }

  get bytes(): number {
    return this.states * (64 + this.#engine.memory.words.byteLength) + this.#target.bytes * 2;
  }

  advance(transitions: number): boolean {
    const until = this.transitions + transitions;
    while (this.#next < this.#parent.length) {
      if (this.transitions >= until) return false;
      this.#expand(this.#next++);
    }
    this.#firstEdge.push(this.#target.length);
    this.#engine.recorder = undefined;
    this.#findCircle();
    return true;
  }

  #expand(state: number): void {
    const engine = this.#engine;
    const { memory } = engine;
    this.#load(state);
    this.#firstEdge.push(this.#target.length);
    const { h0, h1 } = memory;
    for (let bits = engine.enabled(); bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      for (let choice = 0; choice < waysOf(engine, thread); choice++) {
        this.#progressed = false;
        engine.step(thread, choice);
        this.transitions++;
        if (!engine.cut && engine.isWithin()) {
          const action = (thread << 8) | choice;
          const target = this.#number(state, action);
          if (!this.#progressed) {
            this.#target.push(target);
            this.#via.push(action);
          }
        }
        memory.undoTo(0, h0, h1);
      }
    }
  }

  /** The number of the engine's present state. */
  #number(parent: number, action: number): number {
    const engine = this.#engine;
    const { memory } = engine;
    const key = `${memory.h0},${memory.h1}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#parent.length);
    this.#parent.push(parent);
    this.#action.push(action);
    this.#enabled.push(engine.enabled());
    this.#locking.push(waitingForLocks(engine));
    this.#words.push(Int32Array.from([...memory.words, memory.h0, memory.h1]));
    return this.#parent.length - 1;
  }

  #load(state: number): void {
    const { memory } = this.#engine;
    const words = this.#words[state];
    memory.words.set(words.subarray(0, memory.words.length));
    memory.undoTop = 0;
    memory.h0 = words[memory.words.length];
    memory.h1 = words[memory.words.length + 1];
  }

  #findCircle(): void {
    for (const component of this.#components()) {
      const circle = this.#circleIn(new Set(component));
      if (circle === undefined) continue;
      this.#load(component[0]);
      this.found = {
        bug: new KernelBug('livelock', 'livelock', this.#describe(circle)),
        schedule: [...this.#scheduleTo(component[0]), { thread: RESTART, choice: FOR_EVER }, ...circle],
      };
      return;
    }
  }

  /** The strongly connected components with at least one edge inside, by Tarjan's algorithm without recursion. */
  #components(): number[][] {
    const count = this.#parent.length;
    const index = new Int32Array(count).fill(NO_STATE);
    const low = new Int32Array(count);
    const onStack = new Uint8Array(count);
    const edge = new Int32Array(count);
    const stack: number[] = [];
    const components: number[][] = [];
    let counter = 0;
    for (let root = 0; root < count; root++) {
      const calls = index[root] === NO_STATE ? [root] : [];
      while (calls.length > 0) {
        const v = calls[calls.length - 1];
        if (index[v] === NO_STATE) {
          index[v] = low[v] = counter++;
          edge[v] = this.#firstEdge.at(v);
          stack.push(v);
          onStack[v] = 1;
        }
        if (edge[v] < this.#firstEdge.at(v + 1)) {
          const w = this.#target.at(edge[v]++);
          if (index[w] === NO_STATE) calls.push(w);
          else if (onStack[w] === 1) low[v] = Math.min(low[v], index[w]);
          continue;
        }
        calls.pop();
        const caller = calls.at(-1);
        if (caller !== undefined) low[caller] = Math.min(low[caller], low[v]);
        if (low[v] !== index[v]) continue;
        const component = stack.splice(stack.lastIndexOf(v));
        for (const w of component) onStack[w] = 0;
        if (component.length > 1 || this.#hasLoop(v)) components.push(component);
      }
    }
    return components;
  }

  #hasLoop(state: number): boolean {
    for (let e = this.#firstEdge.at(state); e < this.#firstEdge.at(state + 1); e++)
      if (this.#target.at(e) === state) return true;
    return false;
  }

  /** A walk from the component's first state through all its states' movers and back, if running there for ever is fair. */
  #circleIn(component: ReadonlySet<number>): Action[] | undefined {
    const engine = this.#engine;
    let moves = 0;
    let everEnabled = 0;
    let excused = 0;
    for (const state of component) {
      everEnabled |= this.#enabled.at(state);
      excused |= ~this.#enabled.at(state) & ~this.#locking.at(state);
      for (let e = this.#firstEdge.at(state); e < this.#firstEdge.at(state + 1); e++)
        if (component.has(this.#target.at(e))) moves |= 1 << (this.#via.at(e) >> 8);
    }
    if ((everEnabled & ~moves & ~excused) !== 0 || (moves & engine.kernelThreads) === 0) return undefined;
    const home = component.values().next().value ?? 0;
    const circle: Action[] = [];
    let at = home;
    for (let left = moves; left !== 0; left &= left - 1)
      at = this.#walk(component, at, (e) => this.#via.at(e) >> 8 === lowest(left), circle);
    if (at !== home) this.#walk(component, at, (e) => this.#target.at(e) === home, circle);
    return circle;
  }

  /** Appends a shortest way inside the component whose last edge is wanted; answers where it ends. */
  #walk(component: ReadonlySet<number>, from: number, isWanted: (edge: number) => boolean, circle: Action[]): number {
    const cameBy = new Map<number, readonly [number, number]>();
    const queue = [from];
    for (const state of queue) {
      for (let e = this.#firstEdge.at(state); e < this.#firstEdge.at(state + 1); e++) {
        const target = this.#target.at(e);
        if (!component.has(target)) continue;
        if (isWanted(e)) {
          const way: Action[] = [actionOf(this.#via.at(e))];
          for (let s = state; s !== from;) {
            const [before, action] = cameBy.get(s) ?? [from, 0];
            way.push(actionOf(action));
            s = before;
          }
          circle.push(...way.reverse());
          return target;
        }
        if (target === from || cameBy.has(target)) continue;
        cameBy.set(target, [state, this.#via.at(e)]);
        queue.push(target);
      }
    }
    return from;
  }

  #scheduleTo(state: number): Action[] {
    const schedule: Action[] = [];
    for (let s = state; this.#parent.at(s) !== NO_STATE; s = this.#parent.at(s))
      schedule.push(actionOf(this.#action.at(s)));
    return schedule.reverse();
  }

  #describe(circle: readonly Action[]): string {
    const engine = this.#engine;
    const movers = [...new Set(circle.map(({ thread }) => thread))].filter((t) => (engine.kernelThreads >>> t) & 1);
    const where = movers.map(
      (t) => `${engine.system.threads[t].name} in ${engine.automaton.stackOf(engine.control(t))[0] ?? ''}`,
    );
    return `the threads run for ever and none gets anywhere: ${where.join('; ')} (a circle of ${circle.length} steps)`;
  }
}

function waitingForLocks(engine: Engine): number {
  let bits = 0;
  for (let i = 0; i < engine.threadCount; i++)
    if (engine.control(i) !== 0 && engine.request(i).kind === KIND.LOCK) bits |= 1 << i;
  return bits;
}

function actionOf(packed: number): Action {
  return { thread: packed >> 8, choice: packed & 255 };
}
