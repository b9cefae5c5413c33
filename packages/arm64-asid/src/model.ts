export { MmContext, MmStruct, ReusedMmStruct, asidState, type AsidState, type Mm } from './asid-state.js';
export {
  asidContext,
  asidsInit,
  asidsUpdateLimit,
  checkAndSwitchContext,
  initNewContext,
  mmContextGet,
  mmContextPut,
  type AsidContext,
  type AsidCpu,
  type AsidOptions,
  type FlushSteps,
} from './context.js';
export { mmLifetime, type MmLifetime, type MmLifetimeUsers } from './mm-lifetime.js';
export { mmu, type Cpu, type Mmu, type MmuOptions } from './mmu.js';
export { unmap } from './unmap.js';
export { smmuDevices, smmuDriver, type Device } from './smmu.js';
export {
  asidThreads,
  asidMachine,
  type AsidMachine,
  type AsidMachineOptions,
  type Environment,
} from './asid-machine.js';
export { asidMonitors } from './asid-monitors.js';
export { asidInvariants } from './asid-invariants.js';
export { tlaModel, type TlaModel, type TlaOptions } from './kernel-tla-system.js';
export { entryOf, type TlaHardware } from './kernel-tla-cpu.js';
export { asidOf as tlaAsidOf, type TlaSizes, type TlaState } from './kernel-tla-state.js';
