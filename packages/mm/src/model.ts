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
