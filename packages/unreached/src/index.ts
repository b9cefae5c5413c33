export type { Unreached } from './entered.js';
export { Reach } from './reach.js';
export { inspecting, type Inspection } from './scripts.js';
