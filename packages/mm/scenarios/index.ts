export { mmExit } from './exit.js';
export { mmForkCow } from './fork-cow.js';
export { mmMigrate } from './migrate.js';
export { mmUnmap } from './unmap.js';
