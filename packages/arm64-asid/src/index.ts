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
  type AsidEra,
  type TtbrValues,
} from './asid-encoding.js';
