/** The kernel's memory model. */
export { Checker, type Axiom } from './checker.js';
export { Coherence, UNCHOSEN } from './coherence.js';
export { type Step, type StepKind } from './cycle.js';
export { INITIAL, type AccessTag, type EventKind, type FenceTag, type LkmmEvent } from './event.js';
export { flagsOf, type Flag } from './flags.js';
export { judge, type Execution, type Judgement } from './judge.js';
export { EventSpace, type Bits } from './relation.js';
export { CURRENT_RULES, RULES_BEFORE_V5_17, type Rules } from './rules.js';
export { Skeleton, type Pairs, type SkeletonInput } from './skeleton.js';
export { StrongerChecker, type StrongerModel } from './stronger-models.js';
