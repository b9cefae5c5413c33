/**
 * Sampling strategies: run the model from its start again and again under a random schedule.
 * `random` picks any thread at each point. `pct` (probabilistic concurrency testing) gives threads random priorities, runs
 * the highest, and lets the running thread fall behind at a few random points: a bug that needs few ordering constraints
 * is found with a probability that does not shrink with the number of interleavings.
 *
 * A run depends on the seed alone: every access is a step, and nothing that a run teaches changes how the next one goes.
 */
import type { KernelBug } from '@shootdown/machine';
import type { SearchedSystem } from '../view/running-system.js';
import { GrowingInts } from '../base/growing-ints.js';
import type { Picker } from './pickers.js';
import type { Prng } from '../base/prng.js';
import type { Found, SamplingFigures, Search } from './search.js';
import { canProgress } from '../verdict/deadlock.js';
import type { SwitchPoints } from './switch-points.js';
import { VisitedTable } from './visited.js';
import type { Decision } from '../base/schedule.js';
import { lowest } from '../base/thread-set.js';
import { choiceCount } from '../view/running-system.js';

/** What a sampling search is made of. */
export interface SamplingParts {
  /** One whose every access is a step, without symmetry. */
  readonly engine: SearchedSystem;
  /** Absent: every step is a point. */
  readonly points: SwitchPoints | undefined;
  readonly picker: Picker;
  readonly prng: Prng;
  /** Gets the fingerprints of the states that are met, two words each. */
  readonly met?: GrowingInts;
}

/** Bounds of a sampling search. */
export interface SamplingBounds {
  readonly maxBytes: number;
  readonly maxRuns: number;
  /** Absent: it ends with none; whoever drives it looks after that. */
  readonly maxStates?: number;
  /** After the run in which it takes the last of so many steps it ends. */
  readonly maxTransitions?: number;
}

/** Steps after which a run that does not end by itself is given up. */
const RUN_LIMIT = 20_000;
/**
 * Where threads run for ever, a run is also given up after so many steps in which it met nothing new; half the runs have
 * twice that patience or more, a quarter four times, and so on.
 */
const PATIENCE = 64;
/** One run in so many takes every step for a point at which the threads may take turns. */
const FINE = 8;

/** Runs of the whole model under schedules that a picker draws. */
export class Sampling implements Search {
  readonly isExhaustive = false;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  /** Runs ended so far, and the one that found something. */
  runs = 0;
  cutRuns = 0;
  readonly frontier = 0;
  readonly #engine: SearchedSystem;
  readonly #points: SwitchPoints | undefined;
  readonly #picker: Picker;
  readonly #prng: Prng;
  readonly #met: GrowingInts | undefined;
  readonly #bounds: SamplingBounds;
  readonly #seen: VisitedTable;
  /** Bits of the threads that run their function for ever. */
  readonly #repeating: number;
  /** Thread and, from bit 5 on, alternative of each step of this run. */
  readonly #schedule = new GrowingInts();
  #enabled = 0;
  #patience = RUN_LIMIT;
  /** Steps of this run up to the last state that no run had met before. */
  #newAt = 0;
  #isPerAccess = false;
  /** Points in this run. */
  #point = 0;

  constructor({ engine, points, picker, prng, met }: SamplingParts, bounds: SamplingBounds) {
    this.#engine = engine;
    this.#points = points;
    this.#picker = picker;
    this.#prng = prng;
    this.#met = met;
    this.#bounds = bounds;
    this.#seen = new VisitedTable(bounds.maxBytes);
    this.#repeating = repeatingThreads(engine);
    engine.followRuns();
    this.#begin();
  }

  /** Distinct states at points. */
  get states(): number {
    return this.#seen.size;
  }

  get bytes(): number {
    return this.#seen.bytes;
  }

  get sampling(): SamplingFigures {
    const changePoints = this.found === undefined ? undefined : this.#picker.changes;
    const { runs, cutRuns } = this;
    return { runs, cutRuns, ...(changePoints !== undefined && { changePoints }) };
  }

  advance(transitions: number): boolean {
    const until = this.transitions + transitions;
    const lastRun = Math.min(this.#bounds.maxRuns, this.runs + transitions); // for a run may take no step at all
    while (this.found === undefined && this.transitions < until && this.runs < lastRun && !this.#isOver)
      if (!this.#step()) this.#begin();
    return this.found !== undefined || this.runs >= this.#bounds.maxRuns || this.#isOver;
  }

  get #isOver(): boolean {
    const { maxTransitions = Infinity, maxStates = Infinity } = this.#bounds;
    return this.states >= maxStates || (this.#schedule.length === 0 && this.transitions >= maxTransitions);
  }

  #begin(): void {
    const engine = this.#engine;
    engine.reset();
    this.#schedule.clear();
    engine.scheduleSoFar = () => this.#actions();
    this.#point = 0;
    this.#isPerAccess = this.#prng.below(FINE) === 0 || this.#points === undefined;
    this.#newAt = 0;
    if (this.#repeating !== 0) this.#patience = this.#drawPatience();
    this.#picker.begin(this.#isPerAccess);
    this.#enabled = engine.enabled();
    this.#note(engine.bug ?? engine.broken(this.#enabled));
  }

  /** Goes on to the next point; returns whether the run goes on after it. */
  #step(): boolean {
    const engine = this.#engine;
    const able = this.#able();
    if (able === 0 || !this.#isWorthwhile) return this.#ended();
    const thread = this.#picker.pick(able, this.#point++);
    do if (!this.#take(thread)) return this.#ended();
    while (this.#goesOn(thread));
    if (this.found !== undefined) return true;
    const { h0, h1 } = engine.memory;
    const isNew = this.#seen.add(h0, h1);
    this.#enabled = engine.enabled();
    if (isNew) {
      this.#met?.push(h0);
      this.#met?.push(h1);
      this.#newAt = this.#schedule.length;
      this.#note(engine.broken(this.#enabled));
    }
    return true;
  }

  get #isWorthwhile(): boolean {
    const { length } = this.#schedule;
    return length < RUN_LIMIT && length - this.#newAt < this.#patience;
  }

  #drawPatience(): number {
    let patience = PATIENCE;
    while (patience < RUN_LIMIT && this.#prng.below(2) === 0) patience *= 2;
    return patience;
  }

  /** Takes one step; returns whether the run goes on. */
  #take(thread: number): boolean {
    const engine = this.#engine;
    const ways = choiceCount(engine, thread);
    const choice = ways === 1 ? 0 : this.#prng.below(ways);
    this.#schedule.push(thread | (choice << 5));
    engine.step(thread, choice);
    engine.noteChanges();
    this.transitions++;
    if (engine.closesCycle) this.#noteRound(thread);
    if (engine.bug === undefined && (engine.runEnded || !engine.isWithin())) return false;
    this.#note(engine.bug ?? engine.brokenInvariant());
    return true;
  }

  /** Whether the next step of the thread is no point, and so taken at once. */
  #goesOn(thread: number): boolean {
    const isAtRest = this.#engine.rests.isHead(this.#engine.control(thread));
    return (
      this.found === undefined &&
      !this.#isPerAccess &&
      !isAtRest &&
      this.#isWorthwhile &&
      this.#points?.isPoint(thread) === false
    );
  }

  #note(bug: KernelBug | undefined): void {
    if (bug === undefined || !this.#engine.counts(bug)) return;
    if (this.found === undefined) this.runs++;
    this.found = { bug, schedule: this.#actions() };
  }

  #noteRound(thread: number): void {
    const engine = this.#engine;
    if (((this.#repeating >>> thread) & 1) === 0 || engine.automaton.spinOuter[engine.control(thread)] !== 0) return;
    this.#picker.ended(thread, this.#point);
  }

  #ended(): false {
    this.runs++;
    if (this.#schedule.length >= RUN_LIMIT) this.cutRuns++;
    this.depth = Math.max(this.depth, this.#schedule.length);
    this.#picker.over(this.#point);
    return false;
  }

  #actions(): Decision[] {
    return Array.from({ length: this.#schedule.length }, (_, i) => {
      const step = this.#schedule.at(i);
      return { thread: step & 31, choice: step >>> 5 };
    });
  }

  /** The enabled threads without those whose spinning is in vain. */
  #able(): number {
    const engine = this.#engine;
    const { spinOuter } = engine.automaton;
    let able = this.#enabled;
    for (let bits = able; bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      if (spinOuter[engine.control(thread)] !== 0 && !canProgress(engine, thread)) able &= ~(1 << thread);
    }
    return able;
  }
}

function repeatingThreads({ system }: SearchedSystem): number {
  return system.threads.reduce((bits, { repeat }, i) => (repeat === true ? bits | (1 << i) : bits), 0);
}
