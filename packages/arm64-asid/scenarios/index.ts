export { asidCnp } from './cnp.js';
export { asidExit } from './exit.js';
export { asidKernelTla } from './kernel-tla.js';
export { asidKpti } from './kpti.js';
export { asidLimits } from './limits.js';
export { asidPinning } from './pinning.js';
export { asidRollover } from './rollover.js';
export { asidTlbi } from './tlbi.js';
