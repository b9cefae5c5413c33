/** The driver: runs a search within its bounds and says what came of it. */
import { KernelBug, type System, type ViolationKind } from '@shootdown/machine';
import { assertOptions } from './assert-options.js';
import { BreadthFirst } from './bfs.js';
import { DepthFirst } from './dfs.js';
import type { Engine } from './engine.js';
import { fineEngine, isSampling, searchEngine } from './engines.js';
import { LivelockSearch } from './livelock.js';
import type { StepWatcher } from './local-states.js';
import { Prng } from './prng.js';
import { PctPicker, RandomPicker } from './pickers.js';
import { JobRunner, Portfolio, type Samplers } from './portfolio.js';
import { Sampling, type SamplingFigures } from './sampling.js';
import { fingerprintOf, formatSchedule, parseSchedule, StaleSchedule } from './schedule-text.js';
import { RESTART, type Action, type Found, type Search } from './search.js';
import { evidenceOf, type Evidence } from './evidence.js';
import { pendingOf, type Pending } from './pending.js';
import { SearchRestart, SharingChanged } from './restart.js';
import { runUntil, shrink } from './shrink.js';
import { lookAhead, scout } from './scout.js';
import { ForeignSnapshot, digestOf, prepare, type Snapshot } from './snapshot.js';
import { StuckUndecided } from './stuck.js';
import type { Team } from './team.js';
import { TeamSearch } from './team-search.js';
import { SwitchPoints } from './switch-points.js';
import { tell, type TraceStep } from './trace.js';
import { TableFull, VisitedTable } from './visited.js';

/** Names of the search strategies. */
export const STRATEGIES = ['dfs', 'bfs', 'random', 'pct', 'portfolio'] as const;
/** One of {@link STRATEGIES}. */
export type Strategy = (typeof STRATEGIES)[number];

/** How to search. */
export interface SearchOptions {
  /** Default `dfs`. */
  readonly strategy?: Strategy;
  /** Seed of the sampling strategies, default 1. */
  readonly seed?: number;
  /** Violation kinds and rule or invariant names that count; all by default. */
  readonly only?: readonly string[];
  /** Bounds; reaching one makes the verdict `unknown`. Unlimited by default, memory 4096 MiB. */
  readonly maxStates?: number;
  readonly maxSeconds?: number;
  readonly maxMemoryMiB?: number;
  /** Sampled runs at most; a `portfolio` ends with the job that reaches it. */
  readonly maxRuns?: number;
  /** Change points a run of `pct`, default 3. */
  readonly changePoints?: number;
  /** Treat accesses that no other thread can conflict with as no schedule points; default true. When sampling, in most runs. */
  readonly reduction?: boolean;
  /**
   * Try independent steps in one order only; default true for `dfs` with {@link reduction}, false for `bfs`, whose
   * counterexamples are shortest only without, and false for symmetric models, where it costs more than it saves.
   */
  readonly partialOrder?: boolean;
  /** Take states for one that a declared symmetry carries into each other; default true. */
  readonly symmetry?: boolean;
  /** Let answers that nobody will look at again tell states apart; default false, true without {@link reduction}. */
  readonly deadAnswers?: boolean;
  /** Run each history twice and trap impure calls; default false. */
  readonly checkPurity?: boolean;
  /** Shrink the counterexample, and tell which of its steps matter; default true. */
  readonly shrink?: boolean;
  /** Steps that {@link Check.advance} takes at most, default 50 000. */
  readonly slice?: number;
}

/** Where a search stands. */
export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly frontier: number;
  readonly seconds: number;
  /** Bytes held for what was visited. */
  readonly bytes: number;
}

/** A broken rule. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly name: string;
  readonly message: string;
}

/** What a search left out, without changing its verdict. */
export interface Reductions {
  /** Accesses that no other thread can conflict with were no schedule points. */
  readonly guarded: boolean;
  /** Independent steps were tried in one order only. */
  readonly partialOrder: boolean;
  /** Answers that nobody would look at again told no states apart. */
  readonly deadAnswers: boolean;
  /** States that a declared symmetry carries into each other were one. */
  readonly symmetry: boolean;
}

/** What a search found. */
export interface SearchResult extends Progress {
  /** `holds` only if every state was seen. */
  readonly verdict: 'holds' | 'violated' | 'unknown';
  /** Whether every state was seen. */
  readonly complete: boolean;
  /** The bound that ended it, for `unknown`. */
  readonly bound?: string;
  readonly violation?: Violation;
  readonly trace?: readonly TraceStep[];
  /** Who did what, and where, for the violation to come about; the step that broke the rule first. */
  readonly evidence?: readonly Evidence[];
  /** How the threads stand at its end that have not ended: what they wait for, race with, or do next. */
  readonly pending?: readonly Pending[];
  /** Text form of the counterexample's schedule. */
  readonly schedule?: string;
  readonly strategy: Strategy;
  readonly seed: number;
  /** Of strategies that sample. */
  readonly sampling?: SamplingFigures;
  /** Threads that a `dfs` went on with when it had grown large; 1 for one that ended before, and for what is no `dfs`. */
  readonly workers: number;
  readonly reductions: Reductions;
  /** Distinct local states the automaton learnt, and generator runs it took. */
  readonly localStates: number;
  readonly generatorRuns: number;
}

const SLICE = 50_000;
/** States from which on a search is worth the time it takes to start other threads. */
const LARGE = 20_000;

/** Where help comes from. */
export interface Agency {
  /** Asks for threads that build the same system and help with a `dfs`; called when the search turns out to be large. */
  readonly hire: () => Team;
  /** States from which on a search is large, default 20 000. */
  readonly from?: number;
  /** States that a thread may add between two meetings; by default only time is bounded. */
  readonly round?: number;
}

/** Other threads. */
export interface Help {
  /** For `dfs`. */
  readonly agency?: Agency;
  /** For `portfolio`. */
  readonly samplers?: Samplers;
  /** A `dfs` of the same model and options to go on with. */
  readonly snapshot?: Snapshot;
}

/** A search in progress. */
export class Check {
  readonly #system: System;
  readonly #options: SearchOptions;
  readonly #agency: Agency | undefined;
  readonly #samplers: Samplers | undefined;
  #team: Team | undefined;
  #engine: Engine;
  readonly #started: number;
  /** What to begin with. */
  #snapshot: Snapshot | undefined;
  #search: Search | undefined;
  /** The states that a depth-first search of this thread alone visited. */
  #table: VisitedTable | undefined;
  /** The search for everything else, while the one for livelocks runs. */
  #before: Search | undefined;
  /** What learnt the model before the search for livelocks. */
  #engineBefore: Engine | undefined;
  #bound: string | undefined;
  #ended = false;
  /** Whether it ended in the middle of a step. */
  #hasGivenUp = false;
  #slice = SLICE / 16;
  /** What the engine had learnt when the last slice began. */
  #learnt = 0;

  /** @param help - absent: one thread does it all */
  constructor(system: System, options: SearchOptions = {}, { agency, samplers, snapshot }: Help = {}) {
    assertOptions(options);
    this.#snapshot = snapshot;
    this.#started = performance.now() - (snapshot?.seconds ?? 0) * 1000;
    this.#samplers = samplers;
    this.#system = system;
    this.#options = options;
    this.#agency = agency;
    this.#engine = searchEngine(system, options);
    if (snapshot !== undefined && snapshot.digest !== this.#digest)
      throw new ForeignSnapshot('its memory, threads, conditions or reductions are not those of this model');
    if (snapshot === undefined && !isSampling(options.strategy)) scout(this.#engine);
    if (options.strategy === 'bfs') lookAhead(this.#engine);
  }

  /** The search as it stands; `undefined` at moments at which it cannot be told, and for what is no `dfs`. */
  snapshot(): Snapshot | undefined {
    const search = this.#search;
    const engine = this.#engine;
    const isOver = this.#hasGivenUp || (this.#ended && this.#bound === undefined);
    if (isOver || search === undefined || search.found !== undefined || engine.isRefuted) return undefined;
    const told = {
      digest: this.#digest,
      knowledge: engine.known,
      journal: engine.journalSince(0),
      transitions: search.transitions,
      depth: search.depth,
      seconds: this.progress().seconds,
    };
    if (search instanceof TeamSearch)
      return search.isAtRest
        ? { ...told, ...search.stand(), visited: listed(search.states, search.visited) }
        : undefined;
    const table = this.#table;
    if (!(search instanceof DepthFirst) || table === undefined) return undefined;
    const branches = [...search.more, search.branch];
    return { ...told, branches, standing: engine.standing, visited: listed(table.size, table) };
  }

  get #digest(): string {
    const { reduction, symmetry, partialOrder, deadAnswers, only } = this.#options;
    return `${digestOf(this.#system)} ${JSON.stringify([reduction, symmetry, partialOrder, deadAnswers, only])}`;
  }

  /** Goes on where a snapshot was taken. */
  #goOnWith(snapshot: Snapshot): DepthFirst {
    const engine = this.#engine;
    prepare(engine, snapshot);
    const table = new VisitedTable(this.#maxBytes);
    const { visited, branches, standing } = snapshot;
    for (let i = 0; i < visited.length; i += 2) table.add(visited[i], visited[i + 1]);
    this.#table = table;
    const search = new DepthFirst(engine, table);
    engine.resume(standing);
    search.more.push(...branches.slice(0, -1));
    search.take(branches[branches.length - 1]);
    search.transitions = snapshot.transitions;
    search.depth = snapshot.depth;
    return search;
  }

  /** Runs on for a moment; answers whether the search has ended. */
  advance(): boolean {
    if (this.#ended) return true;
    try {
      this.#search ??= this.#begin();
      this.#learnt = this.#engine.learnt;
      this.#ended = this.#search.advance(this.#sliceLeft());
      this.#beginAgainIfRefuted();
      if (this.#ended && this.#needsLivelockSearch()) this.#startLivelockSearch();
      if (!this.#ended) this.#askForHelp();
    } catch (error) {
      if (error instanceof SearchRestart) this.#beginAgain(error);
      else if (error instanceof TableFull || isOutOfMemory(error)) this.#giveUp('memory');
      else if (error instanceof StuckUndecided) this.#giveUp('device closure');
      else throw error;
    }
    if (!this.#ended) this.#checkBounds();
    return this.#ended;
  }

  /** Searches on together with others once that is worth it and they are there. */
  #askForHelp(): void {
    const search = this.#search;
    if (this.#agency === undefined || this.#table === undefined || !(search instanceof DepthFirst)) return;
    const { from = LARGE } = this.#agency;
    if (search.states < from) return;
    this.#team ??= this.#agency.hire();
    if (this.#team.failure !== undefined) throw this.#team.failure;
    // A search that is still small may be trying out whether to leave out orders; then it does so alone.
    const isSettled = this.#engine.isOrderSettled || from < LARGE;
    if (!this.#team.isComplete || !isSettled || search.found !== undefined) return;
    this.#search = new TeamSearch(this.#engine, search, this.#table, this.#team, {
      maxBytes: this.#maxBytes,
      round: this.#agency.round ?? Infinity,
    });
    this.#table = undefined;
  }

  /** Ends the search with the figures so far. */
  stop(bound: string): void {
    if (this.#ended) return;
    this.#bound = bound;
    this.#ended = true;
  }

  /** Ends the search in the middle of a step. */
  #giveUp(bound: string): void {
    this.#hasGivenUp = true;
    this.stop(bound);
  }

  /** Where the search stands. */
  progress(): Progress {
    const search = this.#search?.found === undefined ? (this.#before ?? this.#search) : this.#search;
    return {
      states: search?.states ?? 0,
      transitions: search?.transitions ?? 0,
      depth: search?.depth ?? 0,
      frontier: search?.frontier ?? 0,
      seconds: (performance.now() - this.#started) / 1000,
      bytes: search?.bytes ?? 0,
    };
  }

  /** What came of it; call when {@link advance} answered true. */
  result(): SearchResult {
    if (this.#options.checkPurity === true) this.#engine.behaviour.verify();
    const progress = this.progress();
    const found = this.#search?.found;
    const complete = found === undefined && this.#bound === undefined && this.#search?.isExhaustive === true;
    const base = {
      ...progress,
      strategy: this.#options.strategy ?? 'dfs',
      seed: this.#options.seed ?? 1,
      workers: this.#workers,
      reductions: this.#reductions,
      localStates: this.#engine.automaton.localStateCount,
      generatorRuns: this.#engine.behaviour.runs,
      ...(this.#search?.sampling !== undefined && { sampling: this.#search.sampling }),
    } as const;
    if (found !== undefined) return { ...base, verdict: 'violated', complete: false, ...this.#explain(found) };
    if (complete) return { ...base, verdict: 'holds', complete: true };
    return { ...base, verdict: 'unknown', complete: false, bound: this.#bound ?? 'runs' };
  }

  /** Runs every step of model code that the search took or thought of again, for who wants to watch them. */
  rerun(watch: StepWatcher): void {
    this.#engineBefore?.automaton.rerun(watch);
    this.#engine.automaton.rerun(watch);
  }

  get #workers(): number {
    const search = this.#before ?? this.#search;
    return search instanceof TeamSearch ? search.threads : 1;
  }

  get #reductions(): Reductions {
    const engine = this.#engineBefore ?? this.#engine;
    return {
      guarded: this.#options.reduction ?? true,
      deadAnswers:
        !isSampling(this.#options.strategy) && !(this.#options.deadAnswers ?? this.#options.reduction === false),
      symmetry: engine.symmetries > 1,
      partialOrder: engine.leavesOutOrders,
    };
  }

  #needsLivelockSearch(): boolean {
    const engine = this.#engine;
    const search = this.#search;
    if (search === undefined || search instanceof LivelockSearch || !search.isExhaustive || search.found !== undefined)
      return false;
    return engine.mayLivelock && engine.counts(new KernelBug('livelock', 'livelock', ''));
  }

  /** Every state is fine; what is left to ask is whether the threads get anywhere. */
  #startLivelockSearch(): void {
    const engine = fineEngine(this.#system, this.#options.only);
    engine.reset();
    this.#before = this.#search;
    this.#engineBefore = this.#engine;
    this.#engine = engine;
    this.#search = new LivelockSearch(engine);
    this.#ended = false;
  }

  /**
   * Begins again where the search left out what turned out to matter: at its end, or once nothing new was learnt for a while.
   */
  #beginAgainIfRefuted(): void {
    const engine = this.#engine;
    if (!engine.isRefuted || this.#search?.found !== undefined || this.#search instanceof TeamSearch) return;
    if (!this.#ended && engine.learnt !== this.#learnt) return;
    this.#ended = false;
    throw new SharingChanged();
  }

  #beginAgain(why: SearchRestart): void {
    this.#engine.beginAgain(why);
    this.#search = undefined;
    this.#before = undefined;
  }

  #begin(): Search {
    const engine = this.#engine;
    const snapshot = this.#snapshot;
    this.#snapshot = undefined;
    if (snapshot !== undefined) return this.#goOnWith(snapshot);
    engine.reset();
    const { strategy = 'dfs', seed = 1, changePoints = 3, maxRuns = Infinity } = this.#options;
    const prng = new Prng(seed);
    const maxBytes = this.#maxBytes;
    switch (strategy) {
      case 'dfs':
        return this.#depthFirst();
      case 'bfs':
        return new BreadthFirst(engine, maxBytes);
      case 'random':
      case 'pct': {
        const points = this.#options.reduction === false ? undefined : new SwitchPoints(engine);
        const picker =
          strategy === 'pct' ? new PctPicker(prng, this.#system.threads, changePoints) : new RandomPicker(prng);
        return new Sampling({ engine, points, picker, prng }, { maxBytes, maxRuns });
      }
      case 'portfolio':
        return new Portfolio(new JobRunner(this.#system, this.#options, engine), this.#samplers, { maxBytes, maxRuns });
      default:
        throw new RangeError(`expected a strategy of ${STRATEGIES.join(', ')}, got ${String(strategy)}`);
    }
  }

  #depthFirst(): DepthFirst {
    this.#table = new VisitedTable(this.#maxBytes);
    const search = new DepthFirst(this.#engine, this.#table);
    search.begin();
    return search;
  }

  get #maxBytes(): number {
    return (this.#options.maxMemoryMiB ?? 4096) * 2 ** 20;
  }

  #sliceLeft(): number {
    this.#slice = Math.min(this.#options.slice ?? SLICE, this.#slice * 2);
    const { maxStates = Infinity } = this.#options;
    const states = this.#search?.states ?? 0;
    const helpAt = this.#agency === undefined || this.#team !== undefined ? Infinity : (this.#agency.from ?? LARGE);
    return Math.max(1, Math.min(this.#slice, maxStates - states, helpAt - states));
  }

  #checkBounds(): void {
    const { maxStates = Infinity, maxSeconds = Infinity, maxMemoryMiB = 4096, maxRuns = Infinity } = this.#options;
    const { states, seconds, bytes } = this.progress();
    if (states >= maxStates) this.stop('states');
    else if (seconds >= maxSeconds) this.stop('seconds');
    else if (bytes > maxMemoryMiB * 2 ** 20) this.stop('memory');
    else if ((this.#search?.sampling?.runs ?? 0) >= maxRuns) this.stop('runs');
  }

  #explain(found: Found): Explanation {
    const { earlierRuns } = this.#search instanceof Portfolio ? this.#search : this.#engine;
    const runs = found.bug.kind === 'lock-order' ? earlierRuns : [];
    const schedule = [...runs.flatMap((run) => [...run, { thread: RESTART, choice: 0 }]), ...found.schedule];
    const fine = found.isFine === true ? found.schedule : tell(this.#engine, schedule).fine;
    const engine = fineEngine(this.#system, this.#options.only);
    const wanted = found.bug;
    const isShrunk = this.#options.shrink !== false;
    const run = isShrunk ? shrink(engine, fine, wanted) : runUntil(engine, fine, wanted);
    return explanation(engine, run?.schedule ?? fine, run?.bug ?? wanted, isShrunk);
  }
}

/** Runs a search to its end, in one go. */
export function checkSync(system: System, options: SearchOptions = {}): SearchResult {
  const check = new Check(system, options);
  while (!check.advance());
  return check.result();
}

/**
 * Runs one counterexample again, without searching.
 *
 * @param text - the schedule text of a {@link SearchResult}
 * @param tellsWhatMatters - find out which steps matter; otherwise all do
 * @throws {@link StaleSchedule} when the model no longer does what it did
 */
export function replay(system: System, text: string, only?: readonly string[], tellsWhatMatters = true): Explanation {
  const { fingerprint, schedule } = parseSchedule(text);
  const engine = fineEngine(system, only);
  const stale = (why: string): StaleSchedule =>
    new StaleSchedule(`the model has changed since this token was made (${why}); run check again for a new one`);
  engine.reset();
  let bug = engine.bug ?? engine.broken(engine.enabled());
  for (const [i, action] of schedule.entries()) {
    if (!engine.canTake(action))
      throw stale(
        `${engine.system.threads[action.thread]?.name ?? `thread ${action.thread}`} cannot take step ${i + 1}`,
      );
    engine.take(action);
    bug = engine.bug ?? engine.broken(engine.enabled()) ?? bug;
    if (engine.cut && i + 1 < schedule.length) throw stale(`the run ends at step ${i + 1}`);
  }
  const answer = bug === undefined ? undefined : explanation(engine, schedule, bug, tellsWhatMatters);
  const now = fingerprintOf(answer?.trace ?? tell(engine, schedule).steps);
  if (now !== fingerprint) throw stale(`its steps had the fingerprint ${fingerprint}, now ${now}`);
  if (answer === undefined) throw stale('nothing is broken at its end');
  return answer;
}

type Explanation = Pick<SearchResult, 'violation' | 'trace' | 'evidence' | 'pending' | 'schedule'>;

function explanation(
  engine: Engine,
  schedule: readonly Action[],
  bug: KernelBug,
  tellsWhatMatters: boolean,
): Required<Explanation> {
  const { steps } = tell(engine, schedule, tellsWhatMatters ? bug : undefined);
  return {
    violation: { kind: bug.kind, name: bug.rule, message: bug.message },
    trace: steps,
    evidence: evidenceOf(engine, schedule, bug),
    pending: pendingOf(engine, schedule, bug, steps),
    schedule: formatSchedule(schedule, fingerprintOf(steps)),
  };
}

/** Whether another thread came to its end because it needed more memory than it may have. */
function isOutOfMemory(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** The fingerprints of a visited table, in one array. */
function listed(states: number, table: Pick<VisitedTable, 'forEach'>): Int32Array {
  const all = new Int32Array(2 * states);
  let at = 0;
  table.forEach((h0, h1) => {
    all[at++] = h0;
    all[at++] = h1;
  });
  return all;
}
