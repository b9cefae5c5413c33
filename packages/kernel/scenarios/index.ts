export { exception, nullDereference } from './kinds-exceptions.js';
export { dataRace, doubleFree, leak, leakDaemon, refcount, useAfterFree } from './kinds-memory.js';
export { guard, lockMisuse, lockOrder, lockOrderThree, sleepInAtomic } from './kinds-locks.js';
export { deadlock, livelock } from './kinds-progress.js';
export { unlockAfterFree } from './kinds-unlock.js';
export { assertion, contract, invariant } from './kinds-rules.js';
export { mutationPlan } from './mutation-plan.js';
