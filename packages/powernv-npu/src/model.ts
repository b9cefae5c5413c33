export { atsdMonitors, type AtsdNotes } from './atsd-monitors.js';
export { atsdDriver, type AtsdDriver, type AtsdVersion, type HeldRegisters } from './atsd.js';
export { atsdEngines, tlbFills } from './devices.js';
export {
  CONTEXT_PID,
  complete,
  fill,
  hasEntry,
  initWorld,
  npuWorld,
  pageAddress,
  type AtsdRegister,
  type Npu,
  type NpuWorld,
  type NpuWorldOptions,
} from './npu-world.js';
