/** What a search may be helped by. */
import type { System } from '@shootdown/machine';
import type { Samplers } from '../strategies/portfolio.js';
import type { Snapshot } from '../parallel/snapshot.js';
import type { WorkerPool } from '../parallel/worker-pool.js';

/** States from which on a search is worth the time it takes to start other threads. */
export const LARGE = 20_000;

/** Where help comes from. */
export interface WorkerSource {
  /** Asks for threads that build the same system and help with a `dfs`; called when the search turns out to be large. */
  readonly spawn: () => WorkerPool;
  /** States from which on a search is large, default 20 000. */
  readonly from?: number;
  /** States that a thread may add between two meetings; by default only time is bounded. */
  readonly round?: number;
}

/** Other threads. */
export interface Help {
  /** For `dfs`. */
  readonly workerSource?: WorkerSource;
  /** For `portfolio`. */
  readonly samplers?: Samplers;
  /** A `dfs` of the same model and options to go on with. */
  readonly snapshot?: Snapshot;
  /** Builds the system anew, for {@link SearchOptions.checkPurity} to run its code in another order. */
  readonly rebuild?: () => System;
  /**
   * The moment by `performance.now()` at which somebody wanted the search to stop; `Infinity` as long as nobody did. Asked
   * all the time, in the middle of whatever is done.
   */
  readonly stopAt?: () => number;
}
