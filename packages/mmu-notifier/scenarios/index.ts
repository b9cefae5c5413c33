export { collisionRetry } from './collision-retry.js';
export { eagainLeak } from './eagain-leak.js';
export { firstInsert } from './first-insert.js';
export { getPut } from './get-put.js';
export { insertRemove } from './insert-remove.js';
export { softTlb } from './soft-tlb.js';
export { twoPass } from './two-pass.js';
export { unregisterRelease } from './unregister-release.js';
