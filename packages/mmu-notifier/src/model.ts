export {
  MmuIntervalNotifier,
  MmuIntervalNotifierFinish,
  MmuNotifier,
  type MmuNotifierSubscriptions,
} from './subscriptions.js';
export {
  MMU_NOTIFIER_ERAS,
  methodOf,
  type FinishFunction,
  type FirstPass,
  type MmuIntervalNotifierOps,
  type MmuNotifierEra,
  type MmuNotifierOps,
} from './ops.js';
export type { MmuNotifierHost, MmuNotifierOptions } from './core-parts.js';
export { mmuNotifierCore, type MmuNotifierCore } from './core.js';
export { mmuIntervalCheckRetry, mmuIntervalReadRetry, mmuIntervalSetSeq } from './interval-notifier.js';
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
