/**
 * A portfolio of sampling strategies: numbered jobs, each so many steps of one strategy under a seed of its own. The job of
 * the lowest number that finds something wins, so what is found depends on the seed alone, and not on how many threads
 * take part nor on how fast they are.
 */
import { KernelBug, type System } from '@shootdown/machine';
import type { SearchOptions } from '../base/options.js';
import type { Decision } from '../base/schedule.js';
import type { Engine } from '../engine/engine.js';
import { searchEngine } from '../engine/engines.js';
import { GrowingInts } from '../base/growing-ints.js';
import { PctPicker, RandomPicker } from './pickers.js';
import { Prng } from '../base/prng.js';
import { Sampling } from './sampling.js';
import type { Found, Search, SamplingFigures } from './search.js';
import { SwitchPoints } from './switch-points.js';
import { VisitedTable } from './visited.js';

/** Change points of the jobs, in turn; `random` among them. */
const TURNS = [3, 10, 1, 20, 5, 'random', 2, 15] as const;
/** A job ends with the run in which it takes the last of so many steps. */
const JOB_STEPS = 100_000;
/** Steps between two looks at the clock. */
const PART = 64;
/** The most a job remembers of its states, in bytes. */
const JOB_BYTES = 2 ** 26;

/** What came of one job: plain data, as messages between threads must be. */
export interface JobReport {
  readonly job: number;
  readonly runs: number;
  readonly cutRuns: number;
  readonly transitions: number;
  readonly depth: number;
  /** Fingerprints of the states it met, two words each. */
  readonly states: Int32Array;
  readonly found: FoundByJob | undefined;
}

interface FoundByJob {
  readonly bug: Pick<KernelBug, 'kind' | 'rule' | 'message' | 'subject'>;
  readonly schedule: readonly Decision[];
  /** Runs before this one whose order of locks its bug needs. */
  readonly earlierRuns: readonly (readonly Decision[])[];
  /** Change points passed; absent where the strategy has none. */
  readonly changePoints: number | undefined;
}

/** Another thread that runs jobs of the same system with the same options, one at a time. */
export interface Sampler {
  post(job: number): void;
  /** The report on the last job, if it came; does not wait. */
  receive(): JobReport | undefined;
}

/** The other threads. */
export interface Samplers {
  /** Those that are ready. */
  readonly ready: readonly Sampler[];
  /** Waits until some report may have come, at most for a moment. */
  wait(): void;
  /** Set when some thread has come to an end that it should not have come to. */
  readonly failure: Error | undefined;
}

/** Runs jobs, whatever their order. */
export class JobRunner {
  readonly #engine: Engine;
  readonly #options: SearchOptions;
  #points: SwitchPoints | undefined;

  constructor(system: System, options: SearchOptions, engine: Engine = searchEngine(system, options)) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Runs the job of that number, from 0 on. */
  run(job: number): JobReport {
    const engine = this.#engine;
    const { seed = 1, checkPurity = true, reduction = true } = this.#options;
    const { maxRuns = Infinity, maxStates = Infinity } = this.#options;
    const turn = TURNS[job % TURNS.length];
    const prng = Prng.ofPair(seed, job);
    const picker = turn === 'random' ? new RandomPicker(prng) : new PctPicker(prng, engine.system.threads, turn);
    engine.forgetLockOrder();
    if (reduction) this.#points ??= new SwitchPoints(engine);
    const points = this.#points;
    const met = new GrowingInts();
    const bounds = { maxBytes: JOB_BYTES, maxRuns, maxStates, maxTransitions: JOB_STEPS };
    const sampling = new Sampling({ engine, points, picker, prng, met }, bounds);
    while (!sampling.advance(PART)) engine.deadline?.check();
    if (checkPurity) {
      engine.histories.verify();
      engine.automaton.verify();
    }
    const { runs, cutRuns, transitions, depth, found } = sampling;
    const changePoints = turn === 'random' ? undefined : picker.changes;
    return {
      job,
      runs,
      cutRuns,
      transitions,
      depth,
      states: met.toArray(),
      found: found === undefined ? undefined : { ...plain(found), earlierRuns: engine.earlierRuns, changePoints },
    };
  }
}

function plain({ bug, schedule }: Found): Pick<FoundByJob, 'bug' | 'schedule'> {
  const { kind, rule, message, subject } = bug;
  return { bug: { kind, rule, message, subject }, schedule };
}

/** Bounds of a portfolio: it ends with the job that reaches one. */
interface PortfolioBounds {
  readonly maxBytes: number;
  readonly maxRuns: number;
  readonly maxStates: number;
}

/** Runs jobs until one finds something, on this thread and others. */
export class Portfolio implements Search {
  readonly isExhaustive = false;
  readonly frontier = 0;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  runs = 0;
  cutRuns = 0;
  /** Change points that the run that found something passed. */
  changePoints: number | undefined;
  /** Runs before the one that found something that show it together. */
  earlierRuns: readonly (readonly Decision[])[] = [];
  readonly #runner: JobRunner;
  readonly #samplers: Samplers | undefined;
  readonly #bounds: PortfolioBounds;
  readonly #seen: VisitedTable;
  /** Number of the next job that nobody has begun, and of the next one to be counted. */
  #next = 0;
  #counted = 0;
  /** The lowest number of a job that found something. */
  #winner = Infinity;
  readonly #reports = new Map<number, JobReport>();
  readonly #busy = new Set<Sampler>();

  constructor(runner: JobRunner, samplers: Samplers | undefined, bounds: PortfolioBounds) {
    this.#runner = runner;
    this.#samplers = samplers;
    this.#bounds = bounds;
    this.#seen = new VisitedTable(bounds.maxBytes);
  }

  get states(): number {
    return this.#seen.size;
  }

  get bytes(): number {
    return this.#seen.bytes;
  }

  get sampling(): SamplingFigures {
    const { runs, cutRuns, changePoints } = this;
    return { runs, cutRuns, ...(changePoints !== undefined && { changePoints }) };
  }

  advance(): boolean {
    if (this.#samplers?.failure !== undefined) throw this.#samplers.failure;
    this.#giveOut();
    if (this.#next < this.#winner) this.#take(this.#runner.run(this.#next++));
    else this.#samplers?.wait();
    this.#collect();
    this.#count();
    return this.found !== undefined || this.#isAtBound;
  }

  get #isAtBound(): boolean {
    return this.runs >= this.#bounds.maxRuns || this.states >= this.#bounds.maxStates;
  }

  #giveOut(): void {
    for (const sampler of this.#samplers?.ready ?? []) {
      if (this.#busy.has(sampler) || this.#next >= this.#winner) continue;
      this.#busy.add(sampler);
      sampler.post(this.#next++);
    }
  }

  #collect(): void {
    for (const sampler of this.#busy) {
      const report = sampler.receive();
      if (report === undefined) continue;
      this.#busy.delete(sampler);
      this.#take(report);
    }
  }

  #take(report: JobReport): void {
    this.#reports.set(report.job, report);
    if (report.found !== undefined) this.#winner = Math.min(this.#winner, report.job);
  }

  /** Counts jobs in the order of their numbers, up to the one that found something: the others are as if never run. */
  #count(): void {
    for (let report = this.#reports.get(this.#counted); report !== undefined && this.found === undefined;) {
      this.#reports.delete(this.#counted++);
      this.#add(report);
      if (this.#isAtBound) return;
      report = this.#reports.get(this.#counted);
    }
  }

  #add({ runs, cutRuns, transitions, depth, states, found }: JobReport): void {
    this.runs += runs;
    this.cutRuns += cutRuns;
    this.transitions += transitions;
    this.depth = Math.max(this.depth, depth);
    const { maxStates } = this.#bounds;
    for (let i = 0; i < states.length && this.states < maxStates; i += 2) this.#seen.add(states[i], states[i + 1]);
    if (found === undefined) return;
    const { kind, rule, message, subject } = found.bug;
    this.found = { bug: new KernelBug(kind, rule, message, subject), schedule: found.schedule };
    this.changePoints = found.changePoints;
    this.earlierRuns = found.earlierRuns;
  }
}
