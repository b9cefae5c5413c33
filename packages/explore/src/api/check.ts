/** The driver: runs a search within its bounds and says what came of it. */
import { KernelBug, codeOf, numberingKfuncs, type System } from '@shootdown/machine';
import { assertOnly, assertOptions } from './assert-options.js';
import { TELLING_MS, explanation, shrunk, type Explanation } from './explanation.js';
import { LARGE, type WorkerSource, type Help } from './parallel-help.js';
import { BreadthFirst } from '../strategies/bfs.js';
import { Deadline, Stopped, now } from '../base/deadline.js';
import { DepthFirst } from '../strategies/dfs.js';
import type { Engine } from '../engine/engine.js';
import { unreducedEngine, isSampling, livelockEngine, searchEngine } from '../engine/engines.js';
import { findForgotten } from '../strategies/find-forgotten.js';
import { LivelockSearch } from '../strategies/livelock.js';
import { closedFinely } from '../counterexample/closed-circle.js';
import type { StepWatcher } from '../learn/local-states.js';
import type { SearchOptions } from '../base/options.js';
import { Prng } from '../base/prng.js';
import { trapping } from '../learn/purity.js';
import { PctPicker, RandomPicker } from '../strategies/pickers.js';
import { JobRunner, Portfolio, type Samplers } from '../strategies/portfolio.js';
import { Sampling } from '../strategies/sampling.js';
import { exhaustedBy } from '../base/resources.js';
import type { Progress, Reductions, SearchResult, Violation } from './result.js';
import type { Found, Search } from '../strategies/search.js';
import { SearchRestart, SharingChanged } from '../base/restart.js';
import { runUntil } from '../counterexample/shrink.js';
import { probeDeep, warmUp } from '../strategies/warm-up.js';
import { lookAgain } from '../engine/second-look.js';
import { ForeignSnapshot, digestOf, listed, prepare, type Snapshot } from '../parallel/snapshot.js';
import { STRATEGIES } from '../base/strategies.js';
import { DeadlockUndecided } from '../verdict/deadlock.js';
import type { WorkerPool } from '../parallel/worker-pool.js';
import { ParallelSearch } from '../parallel/parallel-search.js';
import { SwitchPoints } from '../strategies/switch-points.js';
import { tell } from '../counterexample/trace.js';
import { untoldNotes } from './untold-notes.js';
import { VisitedTable } from '../strategies/visited.js';
import { RESTART, type Decision } from '../base/schedule.js';

/** A search that ended without a finding, before livelocks are looked for. */
interface Before {
  readonly engine: Engine;
  readonly figures: Pick<Progress, 'states' | 'transitions' | 'depth' | 'frontier' | 'bytes'>;
  readonly workers: number;
}

const SLICE = 50_000;
/** How often requests that were not yielded are looked into before the search ends. */
const EARLY_LOOKS = 3;

/** {@link Check.advance} returns after about so long. */
const TURN_MS = 25;
/** Transitions between two looks at the clock: at first, and at most. */
const FIRST_PART = 32;
const MOST_PART = 1024;
/** A search in progress. */
export class Check {
  readonly #system: System;
  readonly #options: SearchOptions;
  readonly #workerSource: WorkerSource | undefined;
  readonly #samplers: Samplers | undefined;
  readonly #rebuild: (() => System) | undefined;
  #pool: WorkerPool | undefined;
  #engine: Engine;
  readonly #started: number;
  /** What to begin with. */
  #snapshot: Snapshot | undefined;
  #search: Search | undefined;
  /** The states that a depth-first search of this thread alone visited. */
  #table: VisitedTable | undefined;
  /** What came of the search for everything else, while the one for livelocks runs. */
  #before: Before | undefined;
  #bound: string | undefined;
  #ended = false;
  /** Whether it ended in the middle of a step. */
  #hasGivenUp = false;
  #slice = SLICE / 16;
  /** Transitions left of the slice. Where it ends depends on the search alone; where the clock is looked at, on its speed. */
  #sliceRest = 0;
  #part = FIRST_PART;
  #isPrepared = false;
  /** When it is to stop, and what is told of it. */
  readonly deadline: Deadline;
  /** What was found, each access a step. */
  #fine: readonly Decision[] | undefined;
  /** What the engine had learnt when the last slice began. */
  #learnt = 0;
  /** How often requests that were not yielded were looked into. */
  #looks = 0;

  /** @param help - absent: one thread does it all */
  constructor(
    system: System,
    options: SearchOptions = {},
    { workerSource, samplers, snapshot, rebuild, stopAt }: Help = {},
  ) {
    assertOptions(options);
    assertOnly(options.only, system);
    this.#snapshot = snapshot;
    this.#started = now() - (snapshot?.seconds ?? 0) * 1000;
    this.deadline = new Deadline(this.#started + (options.maxSeconds ?? Infinity) * 1000, stopAt);
    this.#samplers = samplers;
    this.#rebuild = rebuild;
    this.#system = system;
    this.#options = options;
    this.#workerSource = workerSource;
    this.#engine = searchEngine(system, options);
    this.#engine.deadline = this.deadline;
    if (snapshot !== undefined && snapshot.digest !== this.#digest)
      throw new ForeignSnapshot('its memory, threads, conditions or reductions are not those of this model');
  }

  /** Learns what is learnt before the search, once. */
  #prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    const { strategy } = this.#options;
    if (this.#snapshot === undefined && !isSampling(strategy)) warmUp(this.#engine);
    if (strategy === 'bfs') probeDeep(this.#engine);
  }

  /** The violation that was found, before it is shrunk and told. */
  get found(): Violation | undefined {
    const bug = this.#search?.found?.bug;
    return bug === undefined ? undefined : { kind: bug.kind, name: bug.rule, message: bug.message };
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
    if (search instanceof ParallelSearch)
      return search.isAtRest
        ? { ...told, ...search.stand(), visited: listed(search.states, search.visited) }
        : undefined;
    const table = this.#table;
    if (!(search instanceof DepthFirst) || table === undefined) return undefined;
    const branches = [...search.more, search.branch];
    return { ...told, branches, standing: engine.standing, visited: listed(table.size, table) };
  }

  get #digest(): string {
    const { reduction, symmetry, partialOrder, deadAnswers, only, hashSeed } = this.#options;
    const options = [reduction, symmetry, partialOrder, deadAnswers, only, hashSeed ?? 0];
    return `${digestOf(this.#system)} ${JSON.stringify(options)}`;
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

  /** Runs on for a moment; returns whether the search has ended. */
  advance(): boolean {
    if (this.#ended) return true;
    this.#lookIntoRequests();
    try {
      this.#trapped(() => {
        this.#prepare();
      });
      const search = (this.#search ??= this.#trapped(() => this.#begin()));
      if (this.#sliceRest <= 0) {
        this.#sliceRest = this.#sliceLeft();
        this.#learnt = this.#engine.learnt;
      }
      this.#ended = this.#searchOn(search);
      if (this.#ended || this.#sliceRest <= 0) this.#endSlice();
    } catch (error) {
      this.#sliceRest = 0;
      if (error instanceof SearchRestart) this.#beginAgain(error);
      else if (error instanceof DeadlockUndecided) this.#giveUp('device closure');
      else this.#giveUp(exhaustedBy(error));
    }
    if (!this.#ended) this.#checkBounds();
    return this.#ended;
  }

  /** What is forgotten is told at once; with so many doubts that were none, at the end. */
  #lookIntoRequests(): void {
    if (!this.#engine.histories.requests.hasLeft || this.#looks >= EARLY_LOOKS) return;
    this.#looks++;
    this.#assertYielded(false);
  }

  /** @throws ModelError for a request that model code makes and never yields */
  #assertYielded(isComplete: boolean): void {
    for (const engine of [this.#before?.engine, this.#engine]) {
      const error = engine === undefined ? undefined : findForgotten(this.#system, engine, isComplete);
      if (error !== undefined) throw error;
    }
  }

  #trapped<T>(body: () => T): T {
    return this.#options.checkPurity === false ? body() : trapping('code of the model', body);
  }

  /** Runs on within the slice; returns whether the search has ended. */
  #searchOn(search: Search): boolean {
    const until = now() + TURN_MS;
    for (;;) {
      const before = search.transitions;
      const started = now();
      // The rounds of several workers look at the clock themselves.
      const part = search instanceof ParallelSearch ? this.#sliceRest : Math.min(this.#sliceRest, this.#part);
      const hasEnded = this.#trapped(() => search.advance(part));
      const at = now();
      const taken = search.transitions - before;
      this.#sliceRest -= taken > 0 ? taken : part;
      this.#part = Math.max(1, at - started > TURN_MS / 4 ? this.#part >> 1 : Math.min(MOST_PART, this.#part * 2));
      if (hasEnded) return true;
      if (this.#sliceRest <= 0 || at >= until || this.deadline.over !== undefined) return false;
    }
  }

  /** What is to be seen to between two slices. */
  #endSlice(): void {
    this.#sliceRest = 0;
    const found = this.#search?.found;
    if (this.#ended && found !== undefined) this.#refine(found);
    this.#beginAgainIfRefuted();
    if (this.#ended && this.#needsLivelockSearch()) this.#startLivelockSearch();
    if (!this.#ended) this.#askForHelp();
  }

  /** Searches on together with others once that is worth it and they are there. */
  #askForHelp(): void {
    const search = this.#search;
    if (this.#workerSource === undefined || this.#table === undefined || !(search instanceof DepthFirst)) return;
    const { from = LARGE } = this.#workerSource;
    if (search.states < from) return;
    this.#pool ??= this.#workerSource.spawn();
    if (this.#pool.failure !== undefined) throw this.#pool.failure;
    // A search that is still small may be trying out whether to leave out orders; then it does so alone.
    const isSettled = this.#engine.isOrderSettled || from < LARGE;
    if (!this.#pool.isComplete || !isSettled || search.found !== undefined || this.#engine.isOutdated) return;
    this.#engine.goesOnOutdated = false;
    this.#search = new ParallelSearch(this.#engine, search, this.#table, this.#pool, {
      maxBytes: this.#maxBytes,
      round: this.#workerSource.round ?? Infinity,
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
    const search = this.#search;
    return {
      states: search?.states ?? 0,
      transitions: search?.transitions ?? 0,
      depth: search?.depth ?? 0,
      frontier: search?.frontier ?? 0,
      seconds: (now() - this.#started) / 1000,
      bytes: search?.bytes ?? 0,
      ...(this.#before !== undefined && { phase: 'livelock' }),
    };
  }

  /** What came of it; call when {@link advance} returned true. */
  result(): SearchResult {
    const { maxStates = Infinity } = this.#options;
    if (this.#options.checkPurity !== false) this.#verify();
    const found = this.#search?.found;
    const isUndecided = this.#before !== undefined && found === undefined && this.#bound !== undefined;
    const { phase: _, ...progress } = this.progress();
    const complete = found === undefined && this.#bound === undefined && this.#search?.isExhaustive === true;
    // Who stopped it wants the prompt back.
    if (this.#bound !== 'interrupted' && this.#bound !== 'seconds') this.#assertYielded(complete);
    const base = {
      ...progress,
      ...(complete && this.#before?.figures),
      strategy: this.#options.strategy ?? 'dfs',
      seed: this.#options.seed ?? 1,
      workers: this.#workers,
      reductions: this.#reductions,
      localStates: (this.#before?.engine ?? this.#engine).automaton.localStateCount,
      generatorRuns: (this.#before?.engine ?? this.#engine).histories.runs,
      hashSeed: this.#options.hashSeed ?? 0,
      collision: collisionOdds(progress.states),
      notes: this.#notes,
      neverAsked: (this.#before?.engine ?? this.#engine).neverAsked,
      ...(this.#search?.sampling !== undefined && { sampling: this.#search.sampling }),
    } as const;
    if (found !== undefined || complete) codeOf(this.#system)?.assertApplied(found?.bug.rule);
    if (complete) codeOf(this.#system)?.assertWatched();
    if (found !== undefined) return { ...base, verdict: 'violated', complete: false, ...this.#explain(found) };
    if (complete) return { ...base, verdict: 'holds', complete: true };
    return {
      ...base,
      verdict: 'unknown',
      complete: false,
      bound: this.#bound ?? (progress.states >= maxStates ? 'states' : 'runs'),
      ...(isUndecided && { undecided: ['livelock'] }),
    };
  }

  /** Looks whether the code of the model is what a search takes it for. Without an answer to that nothing is known to hold. */
  #verify(): void {
    const engine = this.#before?.engine ?? this.#engine;
    try {
      this.#trapped(() => {
        engine.histories.verify();
        engine.automaton.verify();
      });
      if (this.#rebuild !== undefined) lookAgain(engine, this.#rebuild);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.#bound ??= error.bound;
    }
  }

  /**
   * Runs every step of model code that the search took or thought of again, for who wants to watch them.
   *
   * @throws {@link Stopped} when there is no time left
   */
  rerun(watch: StepWatcher): void {
    this.#before?.engine.automaton.rerun(watch);
    this.#engine.automaton.rerun(watch);
  }

  /** What a search that saw every state did not see all the same. */
  get #notes(): readonly string[] {
    const { lost, judgesEnds, hasEnded, whySymmetryLost, unseenGhosts, automaton } =
      this.#before?.engine ?? this.#engine;
    return [
      ...(lost.size === 0
        ? []
        : [
            `some runs ended at a broken rule that was not asked for, and what would follow was not seen: ${[...lost].sort().join(', ')}`,
          ]),
      ...(judgesEnds && !hasEnded && this.#search?.found === undefined
        ? ['no run came to an end, where all threads have ended or rest, so finals and leaks were never asked']
        : []),
      ...[...unseenGhosts].map(
        (name) => `${name} is written twice with no step in between, so what it says first is never seen`,
      ),
      ...(whySymmetryLost === undefined ? [] : [`symmetry is not used: ${whySymmetryLost}`]),
      ...untoldNotes(automaton.untold),
    ];
  }

  get #workers(): number {
    const search = this.#search;
    return this.#before?.workers ?? (search instanceof ParallelSearch ? search.threads : 1);
  }

  get #reductions(): Reductions {
    const engine = this.#before?.engine ?? this.#engine;
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
    if (search === undefined || this.#before !== undefined || !search.isExhaustive || search.found !== undefined)
      return false;
    return engine.mayLivelock && engine.counts(new KernelBug('livelock', 'livelock', ''));
  }

  /** Every state is fine; what is left to ask is whether the threads get anywhere. */
  #startLivelockSearch(): void {
    const { states, transitions, depth, frontier, bytes } = this.progress();
    this.#before = {
      engine: this.#engine,
      figures: { states, transitions, depth, frontier, bytes },
      workers: this.#workers,
    };
    this.#table = undefined;
    this.#search = undefined;
    this.#ended = false;
    this.#engine = livelockEngine(this.#system, this.#options, this.#engine);
    this.#engine.deadline = this.deadline;
    this.#search = this.#livelockSearch();
  }

  /**
   * Begins again where the search left out what turned out to matter: at its end, or once nothing new was learnt for a while.
   */
  #beginAgainIfRefuted(): void {
    const engine = this.#engine;
    if (!engine.isRefuted || this.#search?.found !== undefined || this.#search instanceof ParallelSearch) return;
    const { maxStates = Infinity } = this.#options;
    const isAtBound = this.#ended || this.progress().states >= maxStates;
    if (!isAtBound && engine.learnt !== this.#learnt) return;
    throw new SharingChanged();
  }

  #livelockSearch(): LivelockSearch {
    this.#engine.reset();
    return new LivelockSearch(this.#engine, this.#maxBytes);
  }

  #beginAgain(why: SearchRestart): void {
    this.#engine.beginAgain(why);
    this.#search = undefined;
    this.#ended = false;
  }

  #begin(): Search {
    if (this.#before !== undefined) return this.#livelockSearch();
    const engine = this.#engine;
    const snapshot = this.#snapshot;
    this.#snapshot = undefined;
    if (snapshot !== undefined) return this.#goOnWith(snapshot);
    engine.reset();
    const { strategy = 'dfs', seed = 1, changePoints = 3, maxRuns = Infinity } = this.#options;
    const prng = Prng.ofSeed(seed);
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
        return new Portfolio(new JobRunner(this.#system, this.#options, engine), this.#samplers, {
          maxBytes,
          maxRuns,
          maxStates: this.#options.maxStates ?? Infinity,
        });
      default:
        throw new RangeError(`expected a strategy of ${STRATEGIES.join(', ')}, got ${String(strategy)}`);
    }
  }

  #depthFirst(): DepthFirst {
    this.#table = new VisitedTable(this.#maxBytes);
    const search = new DepthFirst(this.#engine, this.#table);
    this.#engine.goesOnOutdated = true;
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
    const helpAt =
      this.#workerSource === undefined || this.#pool !== undefined ? Infinity : (this.#workerSource.from ?? LARGE);
    return Math.max(1, Math.min(this.#slice, maxStates - states, helpAt - states));
  }

  #checkBounds(): void {
    const { over } = this.deadline;
    if (this.#sliceRest <= 0) this.#checkCounts();
    if (over !== undefined) this.stop(over);
  }

  /** The bounds that depend on the search alone. */
  #checkCounts(): void {
    const { maxStates = Infinity, maxRuns = Infinity, maxModelSteps = Infinity } = this.#options;
    const { states, bytes } = this.progress();
    if (states >= maxStates) this.stop('states');
    else if (bytes > this.#maxBytes) this.stop('memory');
    else if ((this.#search?.sampling?.runs ?? 0) >= maxRuns) this.stop('runs');
    else if (this.#engine.histories.steps >= maxModelSteps) this.stop('model steps');
  }

  #explain(found: Found): Explanation {
    const { kind, rule, message } = found.bug;
    try {
      return this.#told(found);
    } catch (error) {
      // Even where it cannot be told how it comes about, a violation found is not lost.
      return { violation: { kind, name: rule, message }, tellingCutBy: exhaustedBy(error) };
    }
  }

  /**
   * Runs what was found once more, each access a step.
   *
   * @throws {@link SearchRestart} where that shows that the search must begin again: its steps are no longer what they were
   */
  #refine(found: Found): void {
    this.#engine.goesOnOutdated = false;
    this.#engine.deadline = this.deadline.later(TELLING_MS.steps);
    try {
      this.#fine = this.#finely(found);
    } catch (error) {
      if (error instanceof SearchRestart) throw error; // of others it is said that they cut the telling short
    } finally {
      this.#engine.deadline = this.deadline;
    }
  }

  #finely(found: Found): readonly Decision[] {
    if (found.isPerAccess === true) return found.schedule;
    const schedule = this.#scheduleOf(found);
    if (found.bug.kind !== 'livelock') return tell(this.#engine, schedule).fine;
    return closedFinely(this.#engine, this.#unreducedEngine(), schedule);
  }

  #scheduleOf(found: Found): readonly Decision[] {
    const { earlierRuns } = this.#search instanceof Portfolio ? this.#search : this.#engine;
    const runs = found.bug.kind === 'lock-order' ? earlierRuns : [];
    return [...runs.flatMap((run) => [...run, { thread: RESTART, choice: 0 }]), ...found.schedule];
  }

  #unreducedEngine(): Engine {
    const engine = unreducedEngine(this.#system, this.#options.only);
    engine.adoptPlaces(this.#engine.places);
    return engine;
  }

  #told(found: Found): Explanation {
    this.#engine.deadline = this.deadline.later(TELLING_MS.steps);
    const engine = this.#unreducedEngine();
    const fine = this.#fine ?? this.#finely(found);
    const isShrunk = this.#options.shrink !== false;
    const run = isShrunk ? shrunk(engine, fine, found.bug, this.deadline) : runUntil(engine, fine, found.bug);
    const { kind, message } = found.bug;
    if (run === undefined && (kind === 'null-dereference' || kind === 'exception'))
      throw new Error(`the search met what no run does, please report it as a bug of Shootdown: ${message}`);
    const { cutBy } = run ?? {};
    return {
      ...explanation(
        cutBy === undefined ? engine : engine.anew(),
        run?.schedule ?? fine,
        run?.bug ?? found.bug,
        isShrunk,
        this.deadline,
      ),
      ...(cutBy !== undefined && { shrinkingCutBy: cutBy }),
    };
  }
}

/**
 * Runs a search to its end, in one go.
 *
 * @param model - a system, or what builds one: then {@link SearchOptions.checkPurity} can build it again
 */
export function checkSync(model: System | (() => System), options: SearchOptions = {}): SearchResult {
  const rebuild = typeof model === 'function' ? (): System => numberingKfuncs(model) : undefined;
  const check = new Check(
    typeof model === 'function' ? numberingKfuncs(model) : model,
    options,
    rebuild && { rebuild },
  );
  while (!check.advance());
  return check.result();
}

/**
 * The chance that among so many states two have the same fingerprint of 64 bits.
 *
 * @param states - how many were stored
 */
function collisionOdds(states: number): number {
  return -Math.expm1((-states * (states - 1)) / 2 / 2 ** 64);
}
