/** One thread's part of a parallel search: its engine, its stack, and its view of the visited table. */
import { now } from '../base/deadline.js';
import type { Branch } from '../base/branch.js';
import { DepthFirst } from '../strategies/dfs.js';
import type { Engine } from '../engine/engine.js';
import { SharedVisited } from './shared-visited.js';

/** Steps between two looks at the clock and at whether others are idle. */
const STEPS = 256;
/** A thread that has work goes on for so long before it gives some away. */
const LEAST_MS = 1;

/** How long to work. */
export interface SliceBudget {
  readonly quota: number;
  readonly milliseconds: number;
  /** A word that is not 0 as soon as some thread has nothing left to do. */
  readonly idle: SharedArrayBuffer;
  readonly isWorkWanted: boolean;
}

/** A thread at work. */
export class Slice {
  readonly search: DepthFirst;
  /** Fingerprints added to visited tables before the present one. */
  isIdle = true;
  #visited: SharedVisited;
  #added = 0;

  constructor(engine: Engine, slots: SharedArrayBuffer, search?: DepthFirst) {
    this.#visited = new SharedVisited(slots);
    this.search = search ?? new DepthFirst(engine, this.#visited);
    this.search.visited = this.#visited;
    this.isIdle = search === undefined;
  }

  /** Fingerprints that this thread added to the table. */
  get states(): number {
    return this.#added + this.#visited.size;
  }

  /** The visited table was enlarged: this one has all that was in the other. */
  moveTo(slots: SharedArrayBuffer): void {
    this.#added += this.#visited.size;
    this.#visited = new SharedVisited(slots);
    this.search.visited = this.#visited;
  }

  /** Takes over work; only when idle. */
  take(branch: Branch): void {
    this.search.take(branch);
    this.isIdle = false;
  }

  /** Works for a while; returns what it gives away. */
  work({ quota, milliseconds, idle, isWorkWanted }: SliceBudget): readonly Branch[] {
    const flag = new Int32Array(idle);
    const { search } = this;
    const started = now();
    this.#visited.allow(quota);
    while (!this.isIdle && !this.#visited.isFull) {
      this.isIdle = search.advance(STEPS);
      const elapsed = now() - started;
      if (elapsed >= milliseconds || (elapsed >= LEAST_MS && Atomics.load(flag, 0) !== 0)) break;
    }
    if (search.found !== undefined || this.isIdle) {
      Atomics.store(flag, 0, 1);
      return [];
    }
    const given = isWorkWanted || Atomics.load(flag, 0) !== 0 ? search.give() : undefined;
    return given === undefined ? [] : [given];
  }
}
