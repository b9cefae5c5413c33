/**
 * Depth-first search by several threads. They share the visited table; each has an engine, an automaton and a stack of its
 * own. They work in rounds: between two, nobody searches, news of what was learnt goes round, work is handed on and the table
 * is enlarged. So the search ends with the same states and transitions whoever took which.
 */
import { now } from '../base/deadline.js';
import { outdatedBy, revived } from './search-worker.js';
import type { Branch } from '../base/branch.js';
import type { DepthFirst } from '../strategies/dfs.js';
import type { Engine } from '../engine/engine.js';
import type { SearchAssumptions } from '../engine/knowledge.js';
import { PlacesChanged, SearchRestart, SharingChanged, SymmetryLost } from '../base/restart.js';
import type { Found, Search } from '../strategies/search.js';
import { SharedVisited, sharedSlots } from './shared-visited.js';
import { Slice, type SliceBudget } from './slice.js';
import { DeadlockUndecided } from '../verdict/deadlock.js';
import type { WorkerHandle, Command, Report, WorkerPool } from './worker-pool.js';
import type { VisitedTable } from '../strategies/visited.js';

/** Length of a round. */
const ROUND_MS = 50;
/** A thread may add at least so many states a round. */
const LEAST_QUOTA = 4096;
/** After so long without a report the caller has its turn. */
const PATIENCE_MS = 200;

/** What the threads may take. */
interface Bounds {
  /** Bytes of the visited table. */
  readonly maxBytes: number;
  /** States that a thread may add in a round. */
  readonly round: number;
}

/** One worker, as the leader sees it. */
interface Member {
  readonly worker: WorkerHandle;
  /** Entries of the leader's journal that it knows. */
  known: number;
  /** The table it uses. */
  slots: SharedArrayBuffer | undefined;
  last: Report | undefined;
}

/** Goes on with a depth-first search together with others. */
export class ParallelSearch implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  readonly #engine: Engine;
  readonly #pool: WorkerPool;
  readonly #bounds: Bounds;
  readonly #own: Slice;
  readonly #members: readonly Member[];
  readonly #idle = new SharedArrayBuffer(4);
  /** Work that nobody does yet. */
  readonly #queue: Branch[] = [];
  #slots: SharedArrayBuffer;
  /** States visited before the last round, and by whom. */
  #states: number;
  #ownCounted = 0;
  /** Who has not reported yet. */
  #awaited: Member[] = [];
  /** Entries of the journal that everybody knows when this round ends. */
  #sent = 0;
  /** Whether some thread left out orders that turned out to matter. */
  #isRefuted = false;
  /** What ended this thread's part of the round. */
  #failure: Error | undefined;

  /**
   * @param search - the search so far
   * @param visited - the states it visited
   */
  constructor(engine: Engine, search: DepthFirst, visited: VisitedTable, pool: WorkerPool, bounds: Bounds) {
    this.#engine = engine;
    this.#pool = pool;
    this.#bounds = bounds;
    this.#members = pool.workers.map((worker) => ({ worker, known: 0, slots: undefined, last: undefined }));
    this.#states = visited.size;
    this.#slots = sharedSlots(visited.size, this.#room, bounds.maxBytes);
    const table = new SharedVisited(this.#slots);
    visited.forEach((h0, h1) => table.add(h0, h1));
    this.#own = new Slice(engine, this.#slots, search);
    this.#queue.push(...search.more.splice(0));
    const knowledge = engine.known;
    this.#order(() => ({ what: 'begin', knowledge, journal: engine.journalSince(0) }));
  }

  get states(): number {
    return this.#states;
  }

  get transitions(): number {
    return this.#members.reduce((sum, { last }) => sum + (last?.transitions ?? 0), this.#own.search.transitions);
  }

  get depth(): number {
    return Math.max(this.#own.search.depth, ...this.#members.map(({ last }) => last?.depth ?? 0));
  }

  get frontier(): number {
    const own = this.#own.isIdle ? 0 : this.#own.search.frontier;
    return this.#members.reduce((sum, { last }) => sum + (last?.frontier ?? 0), own);
  }

  get bytes(): number {
    const stacks = this.#members.reduce((sum, { last }) => sum + (last?.bytes ?? 0), this.#own.search.stackBytes);
    return this.#slots.byteLength + stacks;
  }

  /** One round, with at most about `transitions` new states; or waits on for the last one to end. */
  advance(transitions: number): boolean {
    if (this.#awaited.length === 0) this.#beginRound(transitions);
    this.#receive();
    return this.#awaited.length === 0 && this.#endRound();
  }

  /** Whether nobody is at work and what was explored counts, so that {@link stand} can be called. */
  get isAtRest(): boolean {
    return this.#awaited.length === 0 && !this.#isRefuted;
  }

  /** All that is left to do, and what the threads rest on. */
  stand(): { readonly branches: readonly Branch[]; readonly standing: SearchAssumptions } {
    const own = this.#own.isIdle ? [] : [this.#own.search.branch];
    this.#order(() => ({ what: 'stack' }));
    while (this.#awaited.length > 0) this.#receive();
    const reports = this.#members.flatMap(({ last }) => last ?? []);
    const { orders, reliedOn } = this.#engine.standing;
    const all = reports.flatMap(({ standing }) => [...(standing?.reliedOn ?? [])]);
    return {
      branches: [...own, ...this.#queue, ...reports.flatMap(({ branches }) => branches)],
      standing: { orders, reliedOn: Int32Array.from([...reliedOn, ...all]) },
    };
  }

  /** The visited table. */
  get visited(): SharedVisited {
    return new SharedVisited(this.#slots);
  }

  #beginRound(transitions: number): void {
    const engine = this.#engine;
    this.#enlarge();
    this.#sent = engine.journalLength;
    const room = new SharedVisited(this.#slots).limit - this.#states;
    const budget: SliceBudget = {
      quota: Math.max(1, Math.min(this.#bounds.round, Math.floor(Math.min(room, transitions) / this.threads))),
      milliseconds: ROUND_MS,
      idle: this.#idle,
      isWorkWanted: this.#idleThreads > this.#queue.length,
    };
    Atomics.store(new Int32Array(this.#idle), 0, 0);
    if (this.#own.isIdle) this.#takeFromQueue();
    const knowledge = engine.known;
    this.#order((member) => {
      const journal = engine.journalSince(member.known);
      const slots = member.slots === this.#slots ? undefined : this.#slots;
      const branch = member.last?.isIdle === false ? undefined : this.#queue.shift();
      member.known = this.#sent;
      member.slots = this.#slots;
      return { what: 'go', journal, knowledge, slots, branch, ...budget };
    });
    try {
      this.#queue.push(...this.#own.work(budget));
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  /** Everybody has reported: adds it all up. Answers whether the search has ended. */
  #endRound(): boolean {
    const reports = this.#members.flatMap(({ last }) => last ?? []);
    this.#states += this.#own.states - this.#ownCounted + reports.reduce((sum, { states }) => sum + states, 0);
    this.#ownCounted = this.#own.states;
    for (const { branches } of reports) this.#queue.push(...branches);
    this.#found(reports);
    if (this.found !== undefined) return true;
    this.#rethrow(reports);
    const isNewsComing = this.#engine.journalLength > this.#sent;
    const isOver = this.#idleThreads === this.threads && this.#queue.length === 0 && !isNewsComing;
    this.#isRefuted = this.#engine.isRefuted || reports.some((report) => report.isRefuted);
    if (this.#isRefuted && !isNewsComing) throw new SharingChanged();
    return isOver;
  }

  /** Looks for a violation: one that a thread saw, or one that shows where what they saw is put together. */
  #found(reports: readonly Report[]): void {
    this.found = this.#own.search.found;
    for (const { found } of reports)
      if (found !== undefined) this.found ??= { bug: revived(found), schedule: found.schedule, isPerAccess: true };
    for (const { knowledge } of reports)
      for (const edge of knowledge?.lockOrder ?? []) {
        const bug = this.#attempt(() => this.#engine.adoptLockEdge(edge));
        if (bug !== undefined && this.#engine.counts(bug)) this.found ??= { bug, schedule: edge.schedule };
      }
  }

  /** Throws for whatever means that the search cannot go on; else learns what the others did. */
  #rethrow(reports: readonly Report[]): void {
    const broken = reports.find(({ error }) => error !== undefined);
    if (broken !== undefined) throw new Error(`a helping thread failed: ${broken.error ?? ''}`);
    const reasons = reports.map((report) => report.outdated);
    for (const { knowledge } of reports) if (knowledge !== undefined) reasons.push(this.#engine.adopt(knowledge));
    for (const { journal } of reports)
      if (this.#failure === undefined && reasons.every((reason) => reason === 'no'))
        this.#attempt(() => {
          this.#engine.learn(journal);
        });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure instanceof SearchRestart) reasons.push(outdatedBy(failure));
    else if (failure !== undefined) throw failure;
    if (reasons.includes('symmetry'))
      throw new SymmetryLost('another thread of the search found members that are not treated alike');
    if (reasons.includes('places')) throw new PlacesChanged();
    if (reasons.includes('sharing')) throw new SharingChanged();
    if (reports.some(({ isUndecided }) => isUndecided))
      throw new DeadlockUndecided('the devices of this model run too long to decide whether a state is stuck');
  }

  /** Does what may show that the search must begin again; that is for {@link #rethrow} to say. */
  #attempt<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      this.#failure ??= error as Error;
      return undefined;
    }
  }

  #order(orderFor: (member: Member) => Command): void {
    for (const member of this.#members) member.worker.post(orderFor(member));
    this.#awaited = [...this.#members];
  }

  /** Takes in the reports that have come, waiting a moment for those that have not. */
  #receive(): void {
    const patience = now() + PATIENCE_MS;
    for (;;) {
      this.#awaited = this.#awaited.filter((member) => {
        const report = member.worker.receive();
        if (report !== undefined) member.last = report;
        return report === undefined;
      });
      if (this.#awaited.length === 0 || now() > patience) return;
      if (this.#pool.failure !== undefined) throw this.#pool.failure;
      this.#pool.wait();
    }
  }

  #takeFromQueue(): void {
    const branch = this.#queue.shift();
    if (branch !== undefined) this.#own.take(branch);
  }

  /** Makes room in the visited table for another round. */
  #enlarge(): void {
    const slots = sharedSlots(this.#states, this.#room, this.#bounds.maxBytes);
    if (slots.byteLength <= this.#slots.byteLength) return;
    const table = new SharedVisited(slots);
    this.visited.forEach((h0, h1) => table.add(h0, h1));
    this.#slots = slots;
    this.#own.moveTo(slots);
  }

  /** Threads that search. */
  get threads(): number {
    return this.#members.length + 1;
  }

  get #room(): number {
    return LEAST_QUOTA * this.threads;
  }

  get #idleThreads(): number {
    const idle = this.#members.filter(({ last }) => last?.isIdle !== false).length;
    return idle + (this.#own.isIdle ? 1 : 0);
  }
}
