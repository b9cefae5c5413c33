export { MMF_OOM_SKIP, MMF_UNSTABLE, MmStruct, mmSlab, setMmAlloc, type Mm, type MmSlab } from './mm-struct.js';
export { defineMmdrop, defineMmput, mmget, mmgetNotZero, mmgrab, type MmputParts } from './mm-lifetime.js';
export {
  MMU_NOTIFIER_RANGE_BLOCKABLE,
  MMU_NOTIFY_CLEAR,
  MMU_NOTIFY_EXCLUSIVE,
  MMU_NOTIFY_MIGRATE,
  MMU_NOTIFY_PROTECTION_PAGE,
  MMU_NOTIFY_PROTECTION_VMA,
  MMU_NOTIFY_RELEASE,
  MMU_NOTIFY_SOFT_DIRTY,
  MMU_NOTIFY_UNMAP,
  mmuNotifierRange,
  mmuNotifierRangeBlockable,
  rangeFields,
  type MmuNotifierEvent,
  type MmuNotifierRange,
  type MmuNotifierRangeFields,
} from './notifier-range.js';
export { noSubscribers, type InvalidationHooks } from './invalidation-hooks.js';
export {
  MAX_PAGES,
  PAGE_SHIFT,
  PTE_MIGRATION,
  PTE_PRESENT,
  PTE_WRITE,
  PageTable,
  addressOf,
  migrationPte,
  pfnPte,
  pteMigration,
  ptePfn,
  ptePresent,
  pteText,
  pteWrite,
  pteWrprotect,
} from './page-table.js';
export { VM_READ, VM_WRITE, areasOf, copyVmas, detachVmas, findVma, insertVma, setAreas, type Area } from './vma.js';
export { Page, USED_BY_KERNEL, pageAllocator, type PageAllocator } from './page.js';
export { placeCpus, staleTranslation, staleness, type Cpu, type CpuOptions, type Cpus } from './cpu.js';
export { mmParts, type MmOptions, type MmParts } from './mm-parts.js';
export type { Unmap } from './unmap.js';
export type { Fault } from './fault.js';
export type { Fork } from './fork.js';
export type { Migrate } from './migrate.js';
export type { Exit } from './exit.js';
export type { OomReaper } from './oom-reaper.js';
export type { Young } from './young.js';
export { mmWorld, type MmGround, type MmWorld, type MmWorldOptions } from './mm-world.js';
export { isEveryFrameMapped, pagesHaveAreas } from './mm-invariants.js';
export { flushBeforeZap } from './unmap-mutants.js';
export { MAX_VMAS, VmArea } from './vm-area-struct.js';
