export { MmContext, MmStruct, asidState, type AsidState, type Mm } from './asid-state.js';
export { asidContext, type AsidBug, type AsidContext, type AsidCpu, type AsidOptions } from './context.js';
export type { FlushSteps } from './flush-context.js';
export { mmu, type Cpu, type Mmu, type MmuOptions } from './mmu.js';
export { smmuDevices, smmuDriver, type Device } from './smmu.js';
export { asidThreads, asidWorld, type AsidWorld, type AsidWorldOptions, type Environment } from './asid-world.js';
export { asidInvariants } from './asid-invariants.js';
