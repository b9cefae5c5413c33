/** A thread that helps with a parallel search: does what it is ordered, and reports. */
import { KernelBug, type System } from '@shootdown/machine';
import type { SearchOptions } from '../base/options.js';
import { RESTART, type Decision } from '../base/schedule.js';
import type { Engine } from '../engine/engine.js';
import { searchEngine } from '../engine/engines.js';
import type { Outdated } from '../engine/knowledge.js';
import { LockInversion } from '../verdict/lock-order.js';
import { PlacesChanged, SearchRestart, SymmetryLost } from '../base/restart.js';
import type { Found } from '../strategies/search.js';
import { Slice } from './slice.js';
import { DeadlockUndecided } from '../verdict/deadlock.js';
import type { BeginCommand, FoundElsewhere, GoCommand, Command, Report } from './worker-pool.js';
import { tell } from '../counterexample/trace.js';

/** The other side of a {@link WorkerHandle}. */
export class SearchWorker {
  readonly #system: System;
  readonly #options: SearchOptions;
  #engine!: Engine;
  #slice: Slice | undefined;
  /** Entries of the journal that the leader knows. */
  #told = 0;
  /** States reported. */
  #counted = 0;

  /**
   * @param system - built as the leader's was
   * @param options - the leader's
   */
  constructor(system: System, options: SearchOptions) {
    this.#system = system;
    this.#options = options;
  }

  /** Carries out an order. */
  handle(order: Command): Report {
    try {
      switch (order.what) {
        case 'begin':
          this.#begin(order);
          return this.#report({});
        case 'go':
          return this.#go(order);
        default:
          return this.#report({
            branches: this.#slice?.isIdle === false ? [this.#slice.search.branch] : [],
            standing: this.#engine.standing,
          });
      }
    } catch (error) {
      if (error instanceof SearchRestart) return this.#report({ outdated: outdatedBy(error) });
      if (error instanceof DeadlockUndecided) return this.#report({ isUndecided: true });
      return this.#report({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  #begin({ knowledge, journal }: BeginCommand): void {
    const engine = searchEngine(this.#system, this.#options);
    this.#engine = engine;
    this.#slice = undefined;
    this.#counted = 0;
    if (engine.adopt(knowledge) === 'symmetry') engine.dropSymmetry();
    engine.reset();
    engine.settleOrders(knowledge.leavesOutOrders);
    this.#learn({ knowledge, journal });
  }

  #go(order: GoCommand): Report {
    const { knowledge, slots, branch } = order;
    const outdated = this.#engine.adopt(knowledge);
    this.#learn(order);
    if (outdated !== 'no') return this.#report({ outdated });
    this.#moveTo(slots);
    const slice = this.#slice as Slice;
    if (branch !== undefined) slice.take(branch);
    const branches = slice.work(order);
    const { found } = slice.search;
    return this.#report({ branches, found: found === undefined ? undefined : this.#perAccess(found) });
  }

  #moveTo(slots: SharedArrayBuffer | undefined): void {
    if (slots === undefined) return;
    if (this.#slice === undefined) this.#slice = new Slice(this.#engine, slots);
    else this.#slice.moveTo(slots);
  }

  #learn({ knowledge, journal }: Pick<GoCommand, 'knowledge' | 'journal'>): void {
    for (const edge of knowledge.lockOrder) this.#engine.adoptLockEdge(edge);
    this.#engine.learn(journal);
    this.#told = this.#engine.journalLength;
  }

  #report(news: Partial<Report>): Report {
    const engine = this.#engine as Engine | undefined;
    const slice = this.#slice;
    const states = (slice?.states ?? 0) - this.#counted;
    this.#counted += states;
    const journal = engine?.journalSince(this.#told) ?? { entries: new Int32Array(), values: [] };
    this.#told = engine?.journalLength ?? 0;
    return {
      states,
      transitions: slice?.search.transitions ?? 0,
      depth: slice?.search.depth ?? 0,
      frontier: slice === undefined || slice.isIdle ? 0 : slice.search.frontier,
      bytes: slice?.search.stackBytes ?? 0,
      localStates: engine?.automaton.localStateCount ?? 0,
      generatorRuns: engine?.histories.runs ?? 0,
      isIdle: slice?.isIdle ?? true,
      branches: [],
      journal,
      knowledge: engine?.known,
      standing: undefined,
      outdated: 'no',
      isRefuted: engine?.isRefuted ?? false,
      found: undefined,
      isUndecided: false,
      error: undefined,
      ...news,
    };
  }

  /** A violation as others understand it, whatever they take for schedule points. */
  #perAccess({ bug, schedule }: Found): FoundElsewhere {
    const runs = bug.kind === 'lock-order' ? this.#engine.earlierRuns : [];
    const all: Decision[] = [...runs.flatMap((run) => [...run, { thread: RESTART, choice: 0 }]), ...schedule];
    const { kind, rule, message, subject } = bug;
    return {
      bug: { kind, rule, message, subject, ...(bug instanceof LockInversion && { circle: bug.circle }) },
      schedule: tell(this.#engine, all).fine,
    };
  }
}

/** What an exception says of the search so far. */
export function outdatedBy(error: SearchRestart): Outdated {
  if (error instanceof SymmetryLost) return 'symmetry';
  return error instanceof PlacesChanged ? 'places' : 'sharing';
}

/** The violation that another thread told of. */
export function revived({ bug }: FoundElsewhere): KernelBug {
  const { kind, rule, message, subject, circle } = bug;
  return circle === undefined ? new KernelBug(kind, rule, message, subject) : new LockInversion(message, circle);
}
