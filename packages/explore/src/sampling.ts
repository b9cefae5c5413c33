/**
 * Sampling strategies: run the model from its start again and again under a random schedule.
 * `random` picks any thread at each step. `pct` (probabilistic concurrency testing) gives threads random priorities, runs
 * the highest, and lowers the running thread's priority at a few random steps: a bug that needs few ordering constraints
 * is found with a probability that does not shrink with the number of interleavings.
 */
import type { Engine } from './engine.js';
import { Prng } from './prng.js';
import type { Action, Found, Search } from './search.js';
import { canGoOn, lowest, waysOf } from './stuck.js';
import { VisitedTable } from './visited.js';

/** Picks the next thread of a sampled run. */
interface Picker {
  /** A new run begins; `length` is the longest run so far. */
  begin(length: number): void;
  /** One of the threads in `able`, a non-empty set of bits. */
  pick(able: number, step: number): number;
}

/** Steps after which a run that does not end by itself is given up. */
const RUN_LIMIT = 20_000;

/** Runs of the whole model under schedules that a picker draws. */
export class Sampling implements Search {
  readonly isExhaustive = false;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  /** Runs ended so far. */
  runs = 0;
  readonly frontier = 0;
  readonly #engine: Engine;
  readonly #picker: Picker;
  readonly #prng: Prng;
  readonly #seen: VisitedTable;
  readonly #maxRuns: number;
  #schedule: Action[] = [];

  constructor(engine: Engine, picker: Picker, prng: Prng, maxBytes: number, maxRuns: number) {
    this.#engine = engine;
    this.#picker = picker;
    this.#prng = prng;
    this.#seen = new VisitedTable(maxBytes);
    this.#maxRuns = maxRuns;
    this.#begin();
  }

  get states(): number {
    return this.#seen.size;
  }

  get bytes(): number {
    return this.#seen.bytes;
  }

  advance(transitions: number): boolean {
    const until = this.transitions + transitions;
    const lastRun = Math.min(this.#maxRuns, this.runs + transitions); // for a run may take no step at all
    while (this.found === undefined && this.transitions < until && this.runs < lastRun)
      if (!this.#step()) this.#begin();
    return this.found !== undefined || this.runs >= this.#maxRuns;
  }

  #begin(): void {
    this.#engine.reset();
    this.#schedule = [];
    this.#engine.scheduleSoFar = () => [...this.#schedule];
    this.#picker.begin(this.depth);
    const engine = this.#engine;
    const bug = engine.bug ?? engine.broken(engine.enabled());
    if (bug !== undefined && engine.counts(bug)) this.found = { bug, schedule: [] };
  }

  /** Takes one step of the run; answers whether the run goes on. */
  #step(): boolean {
    const engine = this.#engine;
    const able = this.#able(engine.enabled());
    if (able === 0 || this.#schedule.length >= RUN_LIMIT) return this.#ended();
    const thread = this.#picker.pick(able, this.#schedule.length);
    const choice = this.#prng.below(waysOf(engine, thread));
    this.#schedule.push({ thread, choice });
    engine.step(thread, choice);
    engine.memory.undoTop = 0;
    this.transitions++;
    this.#seen.add(engine.fingerprint0(), engine.fingerprint1());
    if (engine.bug === undefined && (engine.cut || !engine.isWithin())) return this.#ended();
    const bug = engine.bug ?? engine.broken(engine.enabled());
    if (bug !== undefined && engine.counts(bug)) this.found = { bug, schedule: this.#schedule };
    return true;
  }

  #ended(): false {
    this.runs++;
    this.depth = Math.max(this.depth, this.#schedule.length);
    return false;
  }

  /** The enabled threads without those whose spinning is in vain. */
  #able(enabled: number): number {
    let able = 0;
    for (let bits = enabled; bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      if (canGoOn(this.#engine, thread)) able |= 1 << thread;
    }
    return able;
  }
}

/** Any enabled thread, all equally likely. */
export class RandomPicker implements Picker {
  readonly #prng: Prng;
  constructor(prng: Prng) {
    this.#prng = prng;
  }
  begin(): void {
    return;
  }
  pick(able: number): number {
    let bits = able;
    for (let skip = this.#prng.below(bitCount(able)); skip > 0; skip--) bits &= bits - 1;
    return lowest(bits);
  }
}

/** The thread of highest priority; priorities change at random steps. */
export class PctPicker implements Picker {
  readonly #prng: Prng;
  readonly #threads: number;
  readonly #changes: number;
  readonly #changeAt = new Set<number>();
  #priority: number[] = [];
  #lowest = 0;

  /**
   * @param threads - number of threads
   * @param changes - priority change points a run, at least 0
   */
  constructor(prng: Prng, threads: number, changes: number) {
    this.#prng = prng;
    this.#threads = threads;
    this.#changes = changes;
  }

  begin(length: number): void {
    this.#priority = Array.from({ length: this.#threads }, (_, i) => i);
    for (let i = this.#threads - 1; i > 0; i--) {
      const j = this.#prng.below(i + 1);
      [this.#priority[i], this.#priority[j]] = [this.#priority[j], this.#priority[i]];
    }
    this.#lowest = 0;
    this.#changeAt.clear();
    for (let i = 0; i < this.#changes; i++) this.#changeAt.add(this.#prng.below(Math.max(length, 100)));
  }

  pick(able: number, step: number): number {
    const best = this.#highest(able);
    if (!this.#changeAt.has(step)) return best;
    this.#priority[best] = --this.#lowest;
    return this.#highest(able);
  }

  #highest(able: number): number {
    let best = lowest(able);
    for (let bits = able; bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      if (this.#priority[thread] > this.#priority[best]) best = thread;
    }
    return best;
  }
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
