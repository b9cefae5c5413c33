export { asidCnp } from './cnp.js';
export { asidKernelTla } from './kernel-tla.js';
export { asidPinning } from './pinning.js';
export { asidRollover } from './rollover.js';
