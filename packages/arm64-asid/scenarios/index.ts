export { asidPinning } from './pinning.js';
export { asidRollover } from './rollover.js';
