export type { Unreached } from './unreached/entered.js';
export { Reach } from './unreached/reach.js';
export { inspecting, type Inspection } from './unreached/scripts.js';
