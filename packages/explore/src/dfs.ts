/** Depth-first search: the cheapest way to see every state once. */
import type { KernelBug } from '@shootdown/machine';
import type { Engine } from './engine.js';
import type { Action, Found, Search } from './search.js';
import { lowest, waysOf } from './stuck.js';
import { VisitedTable } from './visited.js';

/** The stack of a depth-first search, one entry a step, in flat arrays that grow. */
class Path {
  pending = new Int32Array(1 << 10);
  /** Threads left out so far, and whether they must be tried after all. */
  rest = new Int32Array(1 << 10);
  needsRest = new Uint8Array(1 << 10);
  way = new Uint8Array(1 << 10);
  thread = new Uint8Array(1 << 10);
  choice = new Uint8Array(1 << 10);
  mark = new Int32Array(1 << 10);
  h0 = new Int32Array(1 << 10);
  h1 = new Int32Array(1 << 10);

  reserve(depth: number): void {
    if (depth < this.pending.length) return;
    this.pending = doubled(this.pending);
    this.rest = doubled(this.rest);
    this.needsRest = doubledBytes(this.needsRest);
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

/** Explores every state reachable from the engine's present one. */
export class DepthFirst implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  readonly #engine: Engine;
  readonly #visited: VisitedTable;
  readonly #path = new Path();
  #top = 0;

  constructor(engine: Engine, maxBytes: number) {
    this.#engine = engine;
    this.#visited = new VisitedTable(maxBytes);
    this.#visited.add(engine.fingerprint0(), engine.fingerprint1());
    engine.scheduleSoFar = () => this.#schedule(this.#top + 1);
    engine.beginSearch();
    const enabled = engine.enabled();
    this.#judge(engine.bug ?? engine.broken(enabled), 0);
    this.#plan(0, enabled);
  }

  get states(): number {
    return this.#visited.size;
  }

  get frontier(): number {
    return this.#top + 1;
  }

  get bytes(): number {
    return this.#visited.bytes + this.#path.bytes + this.#engine.memory.undoLog.byteLength;
  }

  advance(transitions: number): boolean {
    const engine = this.#engine;
    const { memory } = engine;
    const path = this.#path;
    const visited = this.#visited;
    const until = this.transitions + transitions;
    while (this.found === undefined) {
      if (this.transitions >= until) return false;
      const top = this.#top;
      const pending = path.pending[top];
      if (pending === 0) {
        if (path.needsRest[top] === 1) {
          path.pending[top] = path.rest[top];
          path.needsRest[top] = 0;
          path.rest[top] = 0;
          continue;
        }
        if (top === 0) return true;
        this.#top = top - 1;
        memory.undoTo(path.mark[top - 1], path.h0[top - 1], path.h1[top - 1]);
        continue;
      }
      const thread = lowest(pending);
      const choice = path.way[top];
      if (choice + 1 < waysOf(engine, thread)) path.way[top] = choice + 1;
      else {
        path.pending[top] = pending & (pending - 1);
        path.way[top] = 0;
      }
      path.thread[top] = thread;
      path.choice[top] = choice;
      path.mark[top] = memory.undoTop;
      path.h0[top] = memory.h0;
      path.h1[top] = memory.h1;
      engine.step(thread, choice);
      this.transitions++;
      if (engine.bug !== undefined) {
        this.#judge(engine.bug, top + 1);
        continue;
      }
      const goesOn = !engine.cut && engine.isWithin();
      if (path.rest[top] !== 0 && path.needsRest[top] === 0 && (!goesOn || engine.loopedBack)) {
        path.needsRest[top] = 1;
        engine.takesAfterAll(path.rest[top]);
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
    this.#judge(engine.broken(enabled), depth);
    this.#plan(depth, enabled);
  }

  /** Sets what is to be tried from the present state. */
  #plan(depth: number, enabled: number): void {
    const path = this.#path;
    const first = this.#engine.worthTrying(enabled);
    path.pending[depth] = first;
    path.rest[depth] = enabled & ~first;
    path.needsRest[depth] = 0;
    path.way[depth] = 0;
  }

  #judge(bug: KernelBug | undefined, depth: number): void {
    if (bug === undefined || !this.#engine.counts(bug)) return;
    this.found = { bug, schedule: this.#schedule(depth) };
  }

  #schedule(depth: number): Action[] {
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
