export { MMF_OOM_SKIP, MMF_UNSTABLE, MmStruct, mmSlab, setMmAlloc, type Mm, type MmSlab } from './mm-struct.js';
export { defineMmdrop, mmget, mmgetNotZero, mmgrab } from './mm-lifetime.js';
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
  PTE_PROTNONE,
  PTE_WRITE,
  PageTable,
  addressOf,
  migrationPte,
  pfnPte,
  pteAccessible,
  pteMigration,
  ptePfn,
  ptePresent,
  pteProtnone,
  pteText,
  pteWrite,
  pteWrprotect,
} from './page-table.js';
export { VM_READ, VM_WRITE, areasOf, copyVmas, detachVmas, findVma, insertVma, setAreas, type Area } from './vma.js';
export { Page, USED_BY_KERNEL, getPage, pageAllocator, putPage, type PageAllocator } from './page.js';
export { placeCpus, staleTranslation, staleness, type Cpu, type CpuOptions, type Cpus } from './cpu.js';
export {
  mmSystem,
  setMapped,
  setProcess,
  speculation,
  type MmHardware,
  type MmSystem,
  type MmSystemOptions,
} from './mm-system.js';
export { mmWorld, type MmWorld } from './mm-world.js';
export { flushTlbCpus, flushTlbMmRange } from './tlb.js';
export { handleMmFault } from './memory.js';
export { doMmap, doMunmap, unmapRegion } from './mmap.js';
export { dupMmap, mmAlloc, mmput } from './fork.js';
export { exitMm } from './exit.js';
export { migratePage } from './migrate.js';
export { tryToUnmap } from './rmap.js';
export { oomReapTask, oomReapTaskMm } from './oom-kill.js';
export { ptepClearFlushYoungNotify } from './young.js';
export { userLoad, userStore } from './user-access.js';
export { isEveryFrameMapped, pagesHaveAreas } from './mm-invariants.js';
export { flushBeforeZap } from './unmap-mutants.js';
export { MAX_VMAS, VmArea } from './vm-area-struct.js';
