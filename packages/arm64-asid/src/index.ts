export {
  AsidAllocator,
  AsidMm,
  type AsidAllocatorOptions,
  type AsidAllocatorState,
  type Switched,
} from './asid-allocator.js';
export {
  TTBR_CNP_BIT,
  asidEncoding,
  getCpuAsidBits,
  ttbrValues,
  userAsid,
  verifyCpuAsidBits,
  type AsidEncoding,
  type AsidEncodingOptions,
  type AsidVersion,
  type TtbrValues,
} from './asid-encoding.js';
