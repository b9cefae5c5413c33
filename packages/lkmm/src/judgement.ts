/** What is judged, and what is said of it. */
import type { Axiom } from './checker.js';
import type { Flag } from './flags.js';
import type { SkeletonInput } from './skeleton.js';

/** A whole execution. Numbers are those of `events`. */
export interface Execution extends SkeletonInput {
  /** For each read, the write that it reads from, or `INITIAL`. */
  readonly readsFrom: ReadonlyMap<number, number>;
  /** The writes of each location in coherence order, without the initial one. LKW and UL are writes. */
  readonly coherenceOrder: readonly (readonly number[])[];
}

/** What the model says of an execution. */
export type Judgement =
  | { readonly allowed: true; readonly flags: readonly Flag[] }
  | {
      readonly allowed: false;
      readonly axiom: Axiom;
      /** The steps of the cycle, each from where the one before ends. */
      readonly cycle: readonly Step[];
    };

/**
 * What leads from one event to the next: `rf`, `co` and `fr` between threads or within one, dependencies, `po` (to or
 * from a border of RCU), `po-loc`, a fence or the order of an acquire or release, an unlock before a lock, a grace
 * period, a read-side section (from its end back to its start: what the cycle has is the far side of it), and `ordered`
 * for what bounds plain accesses.
 */
export type StepKind =
  | 'rf'
  | 'co'
  | 'fr'
  | 'po'
  | 'po-loc'
  | 'rmw'
  | 'addr'
  | 'data'
  | 'ctrl'
  | 'full-fence'
  | 'wmb'
  | 'rmb'
  | 'acquire'
  | 'release'
  | 'unlock-lock'
  | 'grace-period'
  | 'rcu-section'
  | 'ordered';

/** One step of a cycle. Numbers are those of the execution's events. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly kind: StepKind;
  /** The fence or grace period, where the step goes over one. */
  readonly over?: number;
}
