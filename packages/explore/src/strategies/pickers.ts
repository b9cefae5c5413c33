/** Who goes next in a sampled run. */
import type { Thread } from '@shootdown/machine';
import { bitCount, lowest } from '../base/thread-set.js';
import type { Prng } from '../base/prng.js';

/** Picks the next thread of a sampled run, at points where it can matter. */
export interface Picker {
  /** Change points passed in the present run; `undefined` where there are none to pass. */
  readonly changes: number | undefined;
  /**
   * A new run begins.
   *
   * @param isPerAccess - whether every step of it is a point
   */
  begin(isPerAccess: boolean): void;
  /** The run has ended after so many points. */
  over(points: number): void;
  /**
   * One of the threads in `able`, a non-empty set of bits.
   *
   * @param point - points passed in this run
   */
  pick(able: number, point: number): number;
  /** A thread that runs its function for ever has come to its end once more. */
  ended(thread: number, point: number): void;
}

/** Any thread that can go on, all equally likely. */
export class RandomPicker implements Picker {
  readonly changes = undefined;
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

  ended(): void {
    return;
  }

  over(): void {
    return;
  }
}

/** How many points the runs of one sort have. */
interface Lengths {
  runs: number;
  points: number;
  longest: number;
}

/** A thread rests after one round of its function in so many. */
const RESTS = 5;
/** The one that leaves does so after one round in so many. */
const LEAVES = 2;
/** The slow one rests after each point, at most for this part of a run. */
const SLOWNESS = 4;
/** One run in so many is without rests, as the literature has it. */
const PLAIN = 16;
const NOBODY = -1;

/**
 * Probabilistic concurrency testing: the thread of highest priority runs; priorities are drawn for each run, and at some
 * random points, the change points, the thread that would run falls behind all others.
 *
 * Where threads repeat their function for ever, the one on top would keep the others away, and one that fell behind would
 * never come back. There, in most runs,
 * - a thread that falls behind only rests, for a number of points whose logarithm is drawn evenly, so that naps and
 *   absences over most of the run are both likely; after a round of its function a thread rests now and then as well;
 * - mostly one thread leaves after a round or a few, and comes back only where nobody else can go on: what it did last is
 *   there all the time while the others move on;
 * - in every other run one thread is slow: it rests after each point, so that the others see it in the middle of things.
 */
export class PctPicker implements Picker {
  changes = 0;
  readonly #prng: Prng;
  readonly #threads: number;
  readonly #changePoints: number;
  readonly #repeats: boolean;
  readonly #changeAt = new Set<number>();
  readonly #priority: number[];
  /** Point up to which each thread rests. */
  readonly #restsUntil: Float64Array;
  #lowest = 0;
  #rests = false;
  #leaver = NOBODY;
  #slow = NOBODY;
  /** Points of the longest rest of the slow one. */
  #slowness = 1;
  /** Of the present sort of run. */
  #lengths: Lengths;
  /** Of each sort: with rests or not, fine or not. */
  readonly #sorts: readonly Lengths[] = Array.from({ length: 4 }, () => ({ runs: 0, points: 0, longest: 0 }));
  /** Logarithm of the longest rest. */
  #longestRest = 0;

  /**
   * @param threads - of the system
   * @param changePoints - change points a run, at least 0
   */
  constructor(prng: Prng, threads: readonly Thread[], changePoints: number) {
    this.#prng = prng;
    this.#threads = threads.length;
    this.#changePoints = changePoints;
    this.#repeats = threads.some(({ repeat }) => repeat === true);
    this.#priority = threads.map((_, i) => i);
    this.#restsUntil = new Float64Array(threads.length);
    this.#lengths = this.#sorts[0];
  }

  begin(isPerAccess: boolean): void {
    this.changes = 0;
    this.#lowest = 0;
    for (let i = 0; i < this.#threads; i++) this.#priority[i] = i;
    for (let i = this.#threads - 1; i > 0; i--) {
      const j = this.#prng.below(i + 1);
      [this.#priority[i], this.#priority[j]] = [this.#priority[j], this.#priority[i]];
    }
    this.#restsUntil.fill(0);
    this.#rests = this.#repeats && this.#prng.below(PLAIN) > 0;
    this.#lengths = this.#sorts[(this.#rests ? 2 : 0) + (isPerAccess ? 1 : 0)];
    const { runs, points, longest } = this.#lengths;
    const length = Math.max(this.#rests ? Math.floor(points / Math.max(1, runs)) : longest, MIN_LENGTH);
    this.#longestRest = Math.log2(length);
    this.#slowness = Math.ceil(length / SLOWNESS);
    this.#leaver = this.#rests && this.#prng.below(4) > 0 ? this.#prng.below(this.#threads) : NOBODY;
    this.#slow = this.#rests && this.#prng.below(2) === 0 ? this.#prng.below(this.#threads) : NOBODY;
    this.#changeAt.clear();
    for (let i = 0; i < this.#changePoints; i++) this.#changeAt.add(this.#prng.below(length));
  }

  pick(able: number, point: number): number {
    let best = this.#next(able, point);
    if (this.#changeAt.has(point)) {
      this.changes++;
      this.#fallBack(best, point);
      best = this.#next(able, point);
    }
    if (best === this.#slow) this.#restsUntil[best] = point + 1 + this.#prng.below(this.#slowness);
    else if (this.#restsUntil[best] > point) this.#restsUntil[best] = point;
    return best;
  }

  ended(thread: number, point: number): void {
    if (!this.#rests) return;
    if (thread !== this.#leaver) {
      if (this.#prng.below(RESTS) === 0) this.#fallBack(thread, point);
    } else if (this.#prng.below(LEAVES) === 0) this.#restsUntil[thread] = Infinity;
  }

  over(points: number): void {
    this.#lengths.runs++;
    this.#lengths.points += points;
    this.#lengths.longest = Math.max(this.#lengths.longest, points);
  }

  #fallBack(thread: number, point: number): void {
    if (this.#rests) this.#restsUntil[thread] = point + this.#rest();
    else this.#priority[thread] = --this.#lowest;
  }

  /** Points of a rest: at least 1. */
  #rest(): number {
    return Math.floor(2 ** ((this.#prng.below(FINENESS) / FINENESS) * this.#longestRest));
  }

  /** The highest of those awake; the one to wake up first where all rest. */
  #next(able: number, point: number): number {
    let best = lowest(able);
    for (let bits = able & (able - 1); bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      if (this.#goesBefore(thread, best, point)) best = thread;
    }
    return best;
  }

  #goesBefore(one: number, other: number, point: number): boolean {
    const until = this.#restsUntil[one];
    const otherUntil = this.#restsUntil[other];
    if (until <= point) return otherUntil > point || this.#priority[one] > this.#priority[other];
    return otherUntil > point && until < otherUntil;
  }
}

const FINENESS = 1 << 16;
/** Points that a run is taken for at least, while few runs are known. */
const MIN_LENGTH = 32;
