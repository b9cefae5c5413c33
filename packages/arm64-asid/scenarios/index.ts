export { asidCnp } from './cnp.js';
export { asidPinning } from './pinning.js';
export { asidRollover } from './rollover.js';
