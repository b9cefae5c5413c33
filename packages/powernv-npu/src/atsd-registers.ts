/** The registers of one ATSD (address translation shoot-down) and the word that launches one, in IBM bit numbers. */
import { ppcField } from '@shootdown/bits';
import { registerBlock, type RegisterBlock } from '@shootdown/mmio';

/**
 * The launch word; bit 0 is the most significant.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate_pid() v4.19
 */
export const ATSD_LAUNCH = {
  /** R: radix invalidate; this driver leaves it 0. */
  RADIX: ppcField(0, 0),
  /** RIC: 0 TLB only, 1 page-walk cache only, 2 all caches; this driver leaves it 0. */
  RIC: ppcField(1, 2),
  /** IS: 0 the target address only, 1 all of the PID. */
  IS: ppcField(11, 12),
  /** PRS: 1 process scoped; this driver always sets it. */
  PRS: ppcField(13, 13),
  /** AP: actual page size encoding. */
  AP: ppcField(15, 17),
  /** PID of the context. */
  PID: ppcField(19, 38),
  /** F: 1 does not flush after this ATSD. */
  NO_FLUSH: ppcField(39, 39),
} as const;

/**
 * One ATSD register as the driver maps it, 32 bytes, big-endian.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c XTS_ATSD_AVA v4.19
 */
export const ATSD_BLOCK: RegisterBlock<'LAUNCH' | 'AVA' | 'STAT'> = registerBlock({
  name: 'ATSD',
  byteOrder: 'big',
  size: 0x20,
  registers: {
    LAUNCH: { offset: 0x00, width: 64, fields: ATSD_LAUNCH },
    AVA: { offset: 0x08, width: 64 },
    STAT: { offset: 0x10, width: 64 },
  },
});

/** What one shootdown removes: one page of a context, or all of it. */
export type AtsdTarget = { readonly kind: 'va'; readonly address: bigint } | { readonly kind: 'pid' };

/** AP of 64 KiB pages, from POWER9 firmware's page-size property. */
export const AP_64K = 5;

/**
 * The launch word of the driver's first eras, which put AP in every word.
 *
 * @param pid - at most 20 bits; the driver masks nothing, here it is refused
 * @param options - with `ap` the page size encoding, 0 to 7
 * @throws RangeError when a field does not fit, TypeError when it is no integer
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate_va() v4.19
 */
export function launchWord(
  target: AtsdTarget['kind'],
  pid: number,
  options: { readonly flush: boolean; readonly ap?: number },
): bigint {
  const { IS, PRS, AP, PID, NO_FLUSH } = ATSD_LAUNCH;
  return (
    (target === 'pid' ? IS.prep(1) : 0n) |
    PRS.prep(1) |
    AP.prep(options.ap ?? AP_64K) |
    PID.prep(pid) |
    NO_FLUSH.prep(options.flush ? 0 : 1)
  );
}
