/** What the threads of a parallel search say to each other. One leads, and searches itself; the others help. */
import type { KernelBug } from '@shootdown/machine';
import type { Branch } from '../base/branch.js';
import type { JournalPart } from '../learn/journal.js';
import type { Knowledge, Outdated, SearchAssumptions } from '../engine/knowledge.js';
import type { Decision } from '../base/schedule.js';

/** Another thread that built the same system with the same options. */
export interface WorkerHandle {
  /** Sends an order; one at a time, each is answered by one report. */
  post(order: Command): void;
  /** The report on the last order, if it came; does not wait. */
  receive(): Report | undefined;
}

/** The other threads. */
export interface WorkerPool {
  /** Those that are ready. */
  readonly workers: readonly WorkerHandle[];
  /** Whether all are ready that were asked for. */
  readonly isComplete: boolean;
  /** Waits until some report may have come, at most for a moment. */
  wait(): void;
  /** Set when some thread has come to an end that it should not have come to. */
  readonly failure: Error | undefined;
}

/** Begin a search anew, from what the leader knows. */
export interface BeginCommand {
  readonly what: 'begin';
  readonly knowledge: Knowledge;
  readonly journal: JournalPart;
}

/** Search for a while. */
export interface GoCommand {
  readonly what: 'go';
  /** News since the last order. */
  readonly journal: JournalPart;
  readonly knowledge: Knowledge;
  /** The visited table, where it is another than before. */
  readonly slots: SharedArrayBuffer | undefined;
  /** A word that is not 0 as soon as some thread has nothing left to do. */
  readonly idle: SharedArrayBuffer;
  /** Fingerprints that may be added to the visited table. */
  readonly quota: number;
  readonly milliseconds: number;
  /** What to take over, for a worker that has nothing left to do. */
  readonly branch: Branch | undefined;
  /** Whether somebody needs work. */
  readonly isWorkWanted: boolean;
}

/** Give back all that is left to do. */
export interface StackCommand {
  readonly what: 'stack';
}

/** What the leader asks for. */
export type Command = BeginCommand | GoCommand | StackCommand;

/** What came of an order. */
export interface Report {
  /** What this thread did since it began, but for {@link states}: those added since the last report. */
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly frontier: number;
  readonly bytes: number;
  readonly localStates: number;
  readonly generatorRuns: number;
  readonly isIdle: boolean;
  /** Work given away, or everything for {@link StackCommand}. */
  readonly branches: readonly Branch[];
  readonly journal: JournalPart;
  readonly knowledge: Knowledge | undefined;
  /** Only for {@link StackCommand}. */
  readonly standing: SearchAssumptions | undefined;
  /** Why what was explored does not count any more. */
  readonly outdated: Outdated;
  /** Whether it left out orders that turned out to matter. */
  readonly isRefuted: boolean;
  readonly found: FoundElsewhere | undefined;
  /** The devices run too long to decide whether a state is stuck. */
  readonly isUndecided: boolean;
  /** What went wrong. */
  readonly error: string | undefined;
}

/** A violation, with its schedule at the finest granularity. */
export interface FoundElsewhere {
  readonly bug: Pick<KernelBug, 'kind' | 'rule' | 'message' | 'subject'> & {
    readonly circle?: readonly (readonly [from: number, to: number])[];
  };
  readonly schedule: readonly Decision[];
}
