/** What of the code of a package is mutated, one operation at a time, and which mutants are no other code. */
import type { Value } from './values.js';

/** What an operation is for. */
export type OperationClass = 'lock' | 'barrier' | 'ordering' | 'flush' | 'wait' | 'wake-up' | 'reference';

/** How an operation is left out. */
export interface MutableOperation {
  readonly class: Exclude<OperationClass, 'ordering'>;
  /** Of a lock: the labels of the steps that let it go. */
  readonly until?: readonly string[];
  /** What the code gets where the operation is left out, if it returns something: success. */
  readonly answer?: Value;
}

/** Mutants that no scenario can kill, and why. A reason that does not hold, for a mutant is killed, is an error. */
export interface Equivalent {
  /** Function; all if absent. */
  readonly in?: string;
  /** Label of the step; all if absent. */
  readonly step?: string;
  /** Of the sites of that function and label the how many-th, in the order of the code, from 1; all if absent. */
  readonly nth?: number;
  /** All if absent. */
  readonly class?: OperationClass;
  /** Why the mutant does nothing that the code does not do. */
  readonly reason: string;
}

/**
 * A package says here, beside its scenarios, what its operations are. Locks, barriers, waits and orders that the machine knows
 * need no entry.
 */
export interface MutationPlan {
  /** By label. Those of the packages below count too. */
  readonly operations: Readonly<Record<string, MutableOperation>>;
  readonly equivalents: readonly Equivalent[];
  /** Scenarios of packages above that ask about code of this one: they kill too. */
  readonly scenarios?: readonly string[];
}
