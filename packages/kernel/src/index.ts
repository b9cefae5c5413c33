export { KernelBug, Layout, WouldBlock } from '@shootdown/machine';
export { DirectKernel, type DirectCall } from './direct-kernel.js';
