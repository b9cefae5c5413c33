/** The kernel's memory model. */
export { Checker, type Axiom } from './checker.js';
export { Coherence, UNCHOSEN } from './coherence.js';
export { INITIAL, type AccessTag, type EventKind, type FenceTag, type LkmmEvent } from './event.js';
export { flagsOf, type Flag } from './flags.js';
export { judge } from './judge.js';
export type { Execution, Judgement, Step, StepKind } from './judgement.js';
export { EventSpace, type Bits } from './relation.js';
export { CURRENT_RULES, RULES_BEFORE_V5_17, type Rules } from './rules.js';
export { Skeleton, type Pairs, type SkeletonInput } from './skeleton.js';
export { StrongerChecker, type StrongerModel } from './stronger-models.js';
