export { mmCowVisible } from './cow-visible.js';
export { mmExit } from './exit.js';
export { mmFault } from './fault.js';
export { mmForkCow } from './fork-cow.js';
export { mmMigrate } from './migrate.js';
export { mmOomReaper } from './oom-reaper.js';
export { mmUnmap } from './unmap.js';
export { mutationPlan } from './mutation-plan.js';
