export {
  MmuIntervalNotifier,
  MmuIntervalNotifierFinish,
  MmuNotifier,
  type MmuNotifierSubscriptions,
} from './subscriptions.js';
export {
  MMU_NOTIFIER_VERSIONS,
  methodOf,
  type FinishFunction,
  type FirstPass,
  type MmuIntervalNotifierOps,
  type MmuNotifierVersion,
  type MmuNotifierOps,
} from './ops.js';
export type { MmuNotifierCore, MmuNotifierHost } from './core.js';
export { invalidationHooks, mmuNotifierCore, type MmuNotifierOptions } from './define-core.js';
export {
  mmuIntervalCheckRetry,
  mmuIntervalReadRetry,
  mmuIntervalSetSeq,
  mmuNotifierGet,
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeOnlyEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierInvalidateRangeStartNonblock,
} from './inlines.js';
export { mmuIntervalReadBegin, mnItreeInvEnd } from './mn-itree.js';
export {
  mmHasBlockableInvalidateNotifiers,
  mmuIntervalNotifierInsert,
  mmuIntervalNotifierInsertLocked,
  mmuIntervalNotifierRemove,
  mmuNotifierChangePte,
  mmuNotifierClearFlushYoung,
  mmuNotifierClearYoung,
  mmuNotifierFreeRcu,
  mmuNotifierGetLocked,
  mmuNotifierInvalidateRange,
  mmuNotifierPut,
  mmuNotifierRegister,
  mmuNotifierRegisterLocked,
  mmuNotifierRelease,
  mmuNotifierSynchronize,
  mmuNotifierTestYoung,
  mmuNotifierUnregister,
} from './mmu-notifier.js';
export {
  iommuDevice,
  type IommuDevice,
  type IommuDeviceOptions,
  type IommuDeviceView,
  type IommuForm,
} from './mirrors/iommu-device.js';
export {
  PAGE_SIZE,
  followsPtes,
  pageChanges,
  pages,
  rangeOfPages,
  touches,
  type PageChanges,
  type Pages,
} from './mirrors/pages.js';
export { softTlb, type SoftTlb } from './mirrors/soft-tlb.js';
export { gpuMirrors, type GpuMirror, type GpuMirrorOptions, type GpuMirrors } from './mirrors/gpu-mirror.js';
