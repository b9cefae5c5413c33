/**
 * The models that a test can be run under.
 */
import { Checker, StrongerChecker, flagsOf, type Flag, type Skeleton } from '@shootdown/lkmm';
import type { Judge } from './enumerate.js';

/** `lkmm`: the kernel's. `sc`: sequential consistency. `tso`: the store buffers of x86. */
export type Model = 'lkmm' | 'sc' | 'tso';

/** A judge, and the flags of what it just allowed: the kernel's model alone has any. */
export interface FlaggingJudge extends Judge {
  readonly flags: (coherence: Parameters<Judge['refuses']>[0]) => readonly Flag[];
}

/** The judge of executions of one skeleton. */
export function judgeOf(model: Model, skeleton: Skeleton): FlaggingJudge {
  if (model === 'lkmm') {
    const checker = new Checker(skeleton);
    return {
      refuses: (coherence) => checker.check(coherence) !== undefined,
      flags: (coherence) => flagsOf(checker, coherence),
    };
  }
  const checker = new StrongerChecker(skeleton, model);
  return { refuses: (coherence) => checker.check(coherence) !== undefined, flags: () => [] };
}
