/** What may be asked of a search. */
import type { Strategy } from './strategies.js';

/** How to search. */
export interface SearchOptions {
  /** Default `dfs`. */
  readonly strategy?: Strategy;
  /** Seed of the sampling strategies, default 1. */
  readonly seed?: number;
  /** Violation kinds and rule or invariant names that count, all by default; or, each with a `-` in front, that do not. */
  readonly only?: readonly string[];
  /** Bounds; reaching one makes the verdict `unknown`. Unlimited by default, memory 4096 MiB. */
  readonly maxStates?: number;
  /**
   * Wall time, of the search and of what is told of it: a counterexample found is still told when it is over, but it may be
   * longer than need be. Code of the model that does not return is not stopped by this.
   */
  readonly maxSeconds?: number;
  readonly maxMemoryMiB?: number;
  /** Sampled runs at most; a `portfolio` ends with the job that reaches it. */
  readonly maxRuns?: number;
  /** Steps that functions of the model are run to learn what they do, at most. Looked at between two slices. */
  readonly maxModelSteps?: number;
  /** Change points a run of `pct`, default 3. */
  readonly changePoints?: number;
  /** Treat accesses that no other thread can conflict with as no schedule points; default true. When sampling, in most runs. */
  readonly reduction?: boolean;
  /**
   * Try independent steps in one order only; default true for `dfs` with {@link reduction}, false for `bfs`, whose
   * counterexamples are shortest only without, and false for symmetric models, where it costs more than it saves.
   */
  readonly partialOrder?: boolean;
  /** Take states for one that a declared symmetry carries into each other; default true. */
  readonly symmetry?: boolean;
  /** Let answers that nobody will look at again tell states apart; default false, true without {@link reduction}. */
  readonly deadAnswers?: boolean;
  /**
   * Picks the hash by which states are told apart, 0 to 2^32 - 1, default 0: two states that one hash takes for one, another
   * tells apart.
   */
  readonly hashSeed?: number;
  /**
   * Check that model code is a function of what it was fed: run functions, operations and conditions twice, compare what they do
   * when they are fed the same again, and, where the system can be built again, in another order; trap Math.random and the
   * clocks. Default true.
   */
  readonly checkPurity?: boolean;
  /** Shrink the counterexample, and tell which of its steps matter; default true. */
  readonly shrink?: boolean;
  /** Steps between two looks at the bounds other than time, default 50 000; what was learnt is reconsidered as often. */
  readonly slice?: number;
}
