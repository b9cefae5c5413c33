/** What comes of a search. */
import type { ViolationKind } from '@shootdown/machine';
import type { Evidence } from '../counterexample/evidence.js';
import type { NeverAsked } from '../verdict/never-asked.js';
import type { Pending } from '../counterexample/pending.js';
import type { Exhausted } from '../base/resources.js';
import type { SamplingFigures } from '../strategies/search.js';
import type { Strategy } from '../base/strategies.js';
import type { TraceStep } from '../counterexample/trace.js';

/** Where a search stands. */
export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly frontier: number;
  readonly seconds: number;
  /** Bytes held for what was visited. */
  readonly bytes: number;
  /** What is being looked for, where a search for everything else has ended: the figures are of this part alone. */
  readonly phase?: 'livelock';
}

/** A broken rule. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly name: string;
  readonly message: string;
}

/** What a search left out, without changing its verdict. */
export interface Reductions {
  /** Accesses that no other thread can conflict with were no schedule points. */
  readonly guarded: boolean;
  /** Independent steps were tried in one order only. */
  readonly partialOrder: boolean;
  /** Answers that nobody would look at again told no states apart. */
  readonly deadAnswers: boolean;
  /** States that a declared symmetry carries into each other were one. */
  readonly symmetry: boolean;
}

/** What a search found. */
export interface SearchResult extends Progress {
  /** `holds` only if every state was seen. */
  readonly verdict: 'holds' | 'violated' | 'unknown';
  /** Whether every state was seen. */
  readonly complete: boolean;
  /** The bound that ended it, for `unknown`. */
  readonly bound?: string;
  /** For `unknown`, the kinds of violation that are left undecided, where everything else was searched to the end and holds. */
  readonly undecided?: readonly ViolationKind[];
  readonly violation?: Violation;
  readonly trace?: readonly TraceStep[];
  /** Who did what, and where, for the violation to come about; the step that broke the rule first. */
  readonly evidence?: readonly Evidence[];
  /** How the threads stand at its end that have not ended: what they wait for, race with, or do next. */
  readonly pending?: readonly Pending[];
  /** Text form of the counterexample's schedule. Absent if there was no time left to run it. */
  readonly schedule?: string;
  /** What ended the shrinking of the counterexample before all was tried. */
  readonly shrinkingCutBy?: Exhausted;
  /** What ended the telling of the counterexample before it was known which steps matter, or before there was evidence. */
  readonly tellingCutBy?: Exhausted;
  readonly strategy: Strategy;
  readonly seed: number;
  /** Of strategies that sample. */
  readonly sampling?: SamplingFigures;
  /** Threads that a `dfs` went on with when it had grown large; 1 for one that ended before, and for what is no `dfs`. */
  readonly workers: number;
  readonly reductions: Reductions;
  /** Distinct local states the automaton learnt, and generator runs it took. */
  readonly localStates: number;
  readonly generatorRuns: number;
  readonly hashSeed: number;
  /** The chance, 0 to 1, that two states were taken for one because they have the same fingerprint. */
  readonly collision: number;
  /** What a reader of the verdict should know besides: sentences, each without a full stop. */
  readonly notes: readonly string[];
  /** What the model declares and the search never asked. */
  readonly neverAsked: NeverAsked;
}
