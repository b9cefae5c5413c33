/** What every search strategy offers the driver. */
import type { KernelBug } from '@shootdown/machine';
import type { Decision } from '../base/schedule.js';

/** What sampling has to tell besides what every search has. */
export interface SamplingFigures {
  /** Runs ended, and the one that found something. */
  readonly runs: number;
  /** Those of them that were given up after 20 000 steps: what follows was not looked at. */
  readonly cutRuns: number;
  /**
   * Change points that the run of `pct` that found something had passed by then: with so many it can be found, so this is
   * at least the smallest number with which it can.
   */
  readonly changePoints?: number;
}

/** What a strategy found: a broken rule and the decisions that lead to it. */
export interface Found {
  readonly bug: KernelBug;
  readonly schedule: readonly Decision[];
  /** Set when every access is a decision of the schedule, whatever the search took for schedule points. */
  readonly isPerAccess?: boolean;
}

/** A search that is driven in slices, so that its caller can report progress and stop it. */
export interface Search {
  readonly found: Found | undefined;
  /** Distinct states met. */
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** States met and not yet expanded. */
  readonly frontier: number;
  /** Bytes the search holds for what it visited. */
  readonly bytes: number;
  /** Whether ending without a finding means that every state was seen. */
  readonly isExhaustive: boolean;
  /** Absent unless the search samples. */
  readonly sampling?: SamplingFigures;
  /** Runs at most about `transitions` more; returns whether the search has ended. */
  advance(transitions: number): boolean;
}
