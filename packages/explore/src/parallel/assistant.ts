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
import { Shift } from './shift.js';
import { StuckUndecided } from '../verdict/deadlock.js';
import type { BeginOrder, FoundElsewhere, GoOrder, Order, Report } from './team.js';
import { tell } from '../counterexample/trace.js';

/** The other side of a {@link Helper}. */
export class Assistant {
  readonly #system: System;
  readonly #options: SearchOptions;
  #engine!: Engine;
  #shift: Shift | undefined;
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
  handle(order: Order): Report {
    try {
      switch (order.what) {
        case 'begin':
          this.#begin(order);
          return this.#report({});
        case 'go':
          return this.#go(order);
        default:
          return this.#report({
            branches: this.#shift?.isIdle === false ? [this.#shift.search.branch] : [],
            standing: this.#engine.standing,
          });
      }
    } catch (error) {
      if (error instanceof SearchRestart) return this.#report({ outdated: outdatedBy(error) });
      if (error instanceof StuckUndecided) return this.#report({ isUndecided: true });
      return this.#report({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  #begin({ knowledge, journal }: BeginOrder): void {
    const engine = searchEngine(this.#system, this.#options);
    this.#engine = engine;
    this.#shift = undefined;
    this.#counted = 0;
    if (engine.adopt(knowledge) === 'symmetry') engine.dropSymmetry();
    engine.reset();
    engine.settleOrders(knowledge.leavesOutOrders);
    this.#learn({ knowledge, journal });
  }

  #go(order: GoOrder): Report {
    const { knowledge, slots, branch } = order;
    const outdated = this.#engine.adopt(knowledge);
    this.#learn(order);
    if (outdated !== 'no') return this.#report({ outdated });
    this.#moveTo(slots);
    const shift = this.#shift as Shift;
    if (branch !== undefined) shift.take(branch);
    const branches = shift.work(order);
    const { found } = shift.search;
    return this.#report({ branches, found: found === undefined ? undefined : this.#toldFinely(found) });
  }

  #moveTo(slots: SharedArrayBuffer | undefined): void {
    if (slots === undefined) return;
    if (this.#shift === undefined) this.#shift = new Shift(this.#engine, slots);
    else this.#shift.moveTo(slots);
  }

  #learn({ knowledge, journal }: Pick<GoOrder, 'knowledge' | 'journal'>): void {
    for (const edge of knowledge.lockOrder) this.#engine.adoptLockEdge(edge);
    this.#engine.learn(journal);
    this.#told = this.#engine.journalLength;
  }

  #report(news: Partial<Report>): Report {
    const engine = this.#engine as Engine | undefined;
    const shift = this.#shift;
    const states = (shift?.states ?? 0) - this.#counted;
    this.#counted += states;
    const journal = engine?.journalSince(this.#told) ?? { entries: new Int32Array(), values: [] };
    this.#told = engine?.journalLength ?? 0;
    return {
      states,
      transitions: shift?.search.transitions ?? 0,
      depth: shift?.search.depth ?? 0,
      frontier: shift === undefined || shift.isIdle ? 0 : shift.search.frontier,
      bytes: shift?.search.stackBytes ?? 0,
      localStates: engine?.automaton.localStateCount ?? 0,
      generatorRuns: engine?.behaviour.runs ?? 0,
      isIdle: shift?.isIdle ?? true,
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
  #toldFinely({ bug, schedule }: Found): FoundElsewhere {
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
