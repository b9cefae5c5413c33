/** Depth-first search: the cheapest way to see every state once. */
import type { KernelBug } from '@shootdown/machine';
import type { Branch } from '../base/branch.js';
import type { SearchedSystem } from '../view/running-system.js';
import type { Found, Search } from './search.js';
import type { Decision } from '../base/schedule.js';
import { lowest } from '../base/thread-set.js';
import { choiceCount } from '../view/running-system.js';
import type { Visited } from './visited.js';

/** The stack of a depth-first search, one entry a step, in flat arrays that grow. */
class Path {
  pending = new Int32Array(1 << 10);
  /** Threads left out so far, and whether they must be tried after all. */
  rest = new Int32Array(1 << 10);
  mustExpandFully = new Uint8Array(1 << 10);
  way = new Uint8Array(1 << 10);
  thread = new Uint8Array(1 << 10);
  choice = new Uint8Array(1 << 10);
  mark = new Int32Array(1 << 10);
  h0 = new Int32Array(1 << 10);
  h1 = new Int32Array(1 << 10);

  reserve(depth: number): void {
    while (depth >= this.pending.length) this.#double();
  }

  #double(): void {
    this.pending = doubled(this.pending);
    this.rest = doubled(this.rest);
    this.mustExpandFully = doubledBytes(this.mustExpandFully);
    this.mark = doubled(this.mark);
    this.h0 = doubled(this.h0);
    this.h1 = doubled(this.h1);
    this.way = doubledBytes(this.way);
    this.thread = doubledBytes(this.thread);
    this.choice = doubledBytes(this.choice);
  }

  get bytes(): number {
    return this.pending.length * (5 * 4 + 4);
  }
}

/** Explores every state reachable from the engine's initial one, or what {@link DepthFirst.take} gives it of that. */
export class DepthFirst implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  /** What is to be done when the present branch is. */
  readonly more: Branch[] = [];
  readonly #engine: SearchedSystem;
  #visited: Visited;
  readonly #path = new Path();
  #top = 0;
  /** Where this search ends: nothing is to be tried in the states before. */
  #base = 0;

  readonly #isForLearning: boolean;

  /** @param isForLearning - violations end their run, and not the search */
  constructor(engine: SearchedSystem, visited: Visited, isForLearning = false) {
    this.#engine = engine;
    this.#visited = visited;
    this.#isForLearning = isForLearning;
    engine.scheduleSoFar = () => this.#schedule(this.#top + 1);
    engine.beginSearch();
  }

  /** Begins at the engine's present state, its initial one. */
  begin(): void {
    const engine = this.#engine;
    this.#visited.add(engine.fingerprint0(), engine.fingerprint1());
    const enabled = engine.enabled();
    this.#judge(engine.bug ?? engine.broken(enabled), 0);
    this.#plan(0, enabled);
  }

  /** Goes on with a part of the same search; only where nothing is left to do. */
  take({ thread, choice, pending, rest, mustExpandFully, way }: Branch): void {
    const engine = this.#engine;
    const path = this.#path;
    engine.reset();
    engine.observe();
    path.reserve(pending.length);
    path.pending.set(pending);
    path.rest.set(rest);
    path.mustExpandFully.set(mustExpandFully);
    path.way.set(way);
    path.thread.set(thread);
    path.choice.set(choice);
    for (let i = 0; i < thread.length; i++) {
      this.#mark(i);
      engine.step(thread[i], choice[i]);
      engine.observe(path.mark[i]);
    }
    this.#mark(thread.length);
    this.#top = thread.length;
    this.depth = Math.max(this.depth, this.#top);
    this.#base = 0;
    while (this.#base < this.#top && !this.#hasMore(this.#base)) this.#base++;
  }

  /** All that is left to do. */
  get branch(): Branch {
    const { thread, choice, pending, rest, mustExpandFully, way } = this.#path;
    const top = this.#top;
    return {
      thread: thread.slice(0, top),
      choice: choice.slice(0, top),
      pending: pending.slice(0, top + 1),
      rest: rest.slice(0, top + 1),
      mustExpandFully: mustExpandFully.slice(0, top + 1),
      way: way.slice(0, top + 1),
    };
  }

  /** Gives away what is left to do in the first state on the way that has something left, if a later one has too. */
  give(): Branch | undefined {
    const path = this.#path;
    const at = this.#nextWithMore(this.#base);
    if (this.#nextWithMore(at + 1) > this.#top) return undefined;
    const alone = <A extends Int32Array | Uint8Array>(all: A): A => {
      const one = all.slice(0, at + 1) as A;
      one.fill(0, 0, at);
      return one;
    };
    const branch = {
      thread: path.thread.slice(0, at),
      choice: path.choice.slice(0, at),
      pending: alone(path.pending),
      rest: alone(path.rest),
      mustExpandFully: alone(path.mustExpandFully),
      way: alone(path.way),
    };
    path.pending[at] = 0;
    path.rest[at] = 0;
    path.mustExpandFully[at] = 0;
    this.#base = at;
    return branch;
  }

  /** From now on states are looked up elsewhere, where all those visited so far are. */
  set visited(visited: Visited) {
    this.#visited = visited;
  }

  get states(): number {
    return this.#visited.size;
  }

  get frontier(): number {
    return this.#top + 1;
  }

  get bytes(): number {
    return this.#visited.bytes + this.stackBytes;
  }

  /** Bytes held for the way to the present state. */
  get stackBytes(): number {
    return this.#path.bytes + this.#engine.memory.undoLog.byteLength;
  }

  advance(transitions: number): boolean {
    const engine = this.#engine;
    const { memory } = engine;
    const path = this.#path;
    const visited = this.#visited;
    const until = this.transitions + transitions;
    while (this.found === undefined) {
      if (this.transitions >= until || visited.isFull) return false;
      const top = this.#top;
      const pending = path.pending[top];
      if (pending === 0) {
        if (path.mustExpandFully[top] === 1) {
          path.pending[top] = path.rest[top];
          path.mustExpandFully[top] = 0;
          path.rest[top] = 0;
          continue;
        }
        if (top === this.#base) {
          const next = this.more.pop();
          if (next === undefined) return true;
          this.take(next);
          continue;
        }
        this.#top = top - 1;
        memory.undoTo(path.mark[top - 1], path.h0[top - 1], path.h1[top - 1]);
        continue;
      }
      const thread = lowest(pending);
      const choice = path.way[top];
      if (choice + 1 < choiceCount(engine, thread)) path.way[top] = choice + 1;
      else {
        path.pending[top] = pending & (pending - 1);
        path.way[top] = 0;
      }
      path.thread[top] = thread;
      path.choice[top] = choice;
      this.#mark(top);
      engine.step(thread, choice);
      engine.reconsider();
      this.transitions++;
      if (engine.bug !== undefined && !this.#isForLearning) {
        this.#judge(engine.bug, top + 1);
        continue;
      }
      const goesOn = engine.bug === undefined && !engine.runEnded && engine.isWithin(path.mark[top]);
      if (path.rest[top] !== 0 && path.mustExpandFully[top] === 0 && (!goesOn || engine.closesCycle)) {
        path.mustExpandFully[top] = 1;
        engine.expandFully(path.rest[top]);
      }
      if (goesOn && visited.add(engine.fingerprint0(), engine.fingerprint1())) this.#enter(top + 1);
      else memory.undoTo(path.mark[top], path.h0[top], path.h1[top]);
    }
    return true;
  }

  #enter(depth: number): void {
    const engine = this.#engine;
    const enabled = engine.enabled();
    this.#path.reserve(depth);
    this.#top = depth;
    if (depth > this.depth) this.depth = depth;
    this.#judge(engine.broken(enabled, this.#path.mark[depth - 1]), depth);
    this.#plan(depth, enabled);
  }

  /** Sets what is to be tried from the present state. */
  #plan(depth: number, enabled: number): void {
    const path = this.#path;
    const first = this.#engine.worthTrying(enabled);
    path.pending[depth] = first;
    path.rest[depth] = enabled & ~first;
    path.mustExpandFully[depth] = 0;
    path.way[depth] = 0;
  }

  /** Notes how to come back to the present state, the one after `depth` decisions. */
  #mark(depth: number): void {
    const { mark, h0, h1 } = this.#path;
    const { memory } = this.#engine;
    mark[depth] = memory.undoTop;
    h0[depth] = memory.h0;
    h1[depth] = memory.h1;
  }

  #hasMore(depth: number): boolean {
    return this.#path.pending[depth] !== 0 || this.#path.mustExpandFully[depth] === 1;
  }

  #nextWithMore(from: number): number {
    let depth = from;
    while (depth <= this.#top && !this.#hasMore(depth)) depth++;
    return depth;
  }

  #judge(bug: KernelBug | undefined, depth: number): void {
    if (bug === undefined || this.#isForLearning || !this.#engine.counts(bug)) return;
    this.#engine.assertUpToDate();
    this.found = { bug, schedule: this.#schedule(depth) };
  }

  #schedule(depth: number): Decision[] {
    const { thread, choice } = this.#path;
    return Array.from({ length: depth }, (_, i) => ({ thread: thread[i], choice: choice[i] }));
  }
}

function doubled(old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(old.length * 2);
  grown.set(old);
  return grown;
}

function doubledBytes(old: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(old.length * 2);
  grown.set(old);
  return grown;
}
