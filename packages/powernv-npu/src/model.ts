export { atsdMonitors, type AtsdNotes } from './atsd-monitors.js';
export { mmioInvalidate as mmioInvalidateV414 } from './npu-dma-v4.14.js';
export { getMmioAtsdReg, mmioInvalidate, readNpdev, type HeldRegisters } from './npu-dma.js';
export { atsdEngines, tlbFills } from './devices.js';
export {
  CONTEXT_PID,
  complete,
  fill,
  hasEntry,
  initNpuDma,
  npuAt,
  npuDma,
  pageAddress,
  type AtsdRegister,
  type AtsdVersion,
  type Npu,
  type NpuDma,
  type NpuSizes,
} from './npu-platform.js';
