/** What every search strategy offers the driver. */
import type { KernelBug } from '@shootdown/machine';
import type { SamplingFigures } from './sampling.js';

/** In place of a thread: begin again from the initial state. A schedule of several runs shows what no single one does. */
export const RESTART = 31;

/** As the alternative of a {@link RESTART}: no restart, but what follows goes on for ever in a circle. */
export const FOR_EVER = 1;

/** One scheduling decision: a thread or {@link RESTART}, and the alternative where its request is a choice. */
export interface Action {
  readonly thread: number;
  readonly choice: number;
}

/** What a strategy found: a broken rule and the decisions that lead to it. */
export interface Found {
  readonly bug: KernelBug;
  readonly schedule: readonly Action[];
  /** Set when every access is a decision of the schedule, whatever the search took for schedule points. */
  readonly isFine?: boolean;
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
  /** Runs at most about `transitions` more; answers whether the search has ended. */
  advance(transitions: number): boolean;
}
