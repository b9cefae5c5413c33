/**
 * Sizes and limits of the powernv NPU driver.
 *
 * An NPU's index is counted before it is stored: the first NPU has index 1, slot 0 of every array stays empty, and only
 * `NV_MAX_NPUS - 1` NPUs fit.
 */

/**
 * Slots for NPUs.
 *
 * @source arch/powerpc/include/asm/book3s/64/mmu.h NV_MAX_NPUS v4.19
 */
export const NV_MAX_NPUS = 8;
/**
 * NVLinks of one NPU.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c NV_MAX_LINKS v4.19
 */
export const NV_MAX_LINKS = 6;
/**
 * ATSD registers of one NPU at most.
 *
 * @source arch/powerpc/platforms/powernv/pci.h NV_NMMU_ATSD_REGS v4.19
 */
export const NV_NMMU_ATSD_REGS = 8;
/**
 * Index of the first NPU that is initialised.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c pnv_npu2_init() v4.19
 */
export const FIRST_NPU_INDEX = 1;
