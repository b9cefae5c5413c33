export { ATSD_BLOCK, ATSD_LAUNCH, AP_64K, launchWord, type AtsdTarget } from './atsd-registers.js';
export { FIRST_NPU_INDEX, NV_MAX_LINKS, NV_MAX_NPUS, NV_NMMU_ATSD_REGS } from './constants.js';
