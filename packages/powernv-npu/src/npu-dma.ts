/**
 * ATSD shootdown of the powernv NPU driver, from register allocation to release, as merged (2b74e2a9b39d) and as the fix was first
 * sent. Interval notifiers came after this code left the kernel; the driver used plain ones.
 *
 * Left out: the nest-MMU flush, the size-based form of v4.20, links other than finding the first one.
 */
import { clearBit, clearBitUnlock, testAndSetBit, testAndSetBitLock } from '@shootdown/kernel/model';
import { kfunc, read, readOnce, spinUntil, type Kthread } from '@shootdown/machine';
import { eieio, pollUntilZero, rawWriteqBe } from '@shootdown/mmio';
import { launchWord } from './atsd-registers.js';
import { NV_MAX_LINKS } from './constants.js';
import { CONTEXT_PID, npuAt, type NpuDma } from './npu-platform.js';

/** `mmio_atsd_reg[]`, by NPU index: the register held, `undefined` for none. Lives on the invalidating thread's stack. */
export type HeldRegisters = readonly (number | undefined)[];

/** PID of the extra flushes: never a process on the GPU. */
export const FLUSH_PID = 0;
const AVA = 0x08n;
const STAT = 0x10n;

/** Whether the context has a link behind this NPU. Merged code reads each slot once; before, the compiler might not. */
export function* readNpdev(npu: NpuDma, index: number): Kthread<boolean> {
  for (let link = 0; link < NV_MAX_LINKS; link++) {
    const slot = npu.npdev[index][link];
    if (npu.version === 'merged' ? yield* readOnce(slot) : yield* read(slot)) return true;
  }
  return false;
}

/** AVA must be there before LAUNCH is. */
export function* storeLaunch(npu: NpuDma, index: number, reg: number, launch: bigint, va: bigint): Kthread<void> {
  yield* rawWriteqBe(npu.bus, va, npuAt(npu, index).addresses[reg] + AVA);
  yield* eieio(npu.bus);
  yield* rawWriteqBe(npu.bus, launch, npuAt(npu, index).addresses[reg]);
}

/** Waits until what was launched has completed. */
export function* pollStat(npu: NpuDma, index: number, reg: number): Kthread<void> {
  yield* pollUntilZero(npu.bus, npuAt(npu, index).addresses[reg] + STAT);
}

/**
 * The lowest free register, now in use; `undefined` where the kernel returns -ENOSPC.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c get_mmio_atsd_reg() v4.17
 */
export const getMmioAtsdReg = kfunc('get_mmio_atsd_reg', function* (npu: NpuDma, index: number): Kthread<
  number | undefined
> {
  for (let reg = 0; reg < npu.sizes.regs; reg++) {
    const { usage } = npuAt(npu, index);
    if (!(yield* npu.version === 'merged' ? testAndSetBitLock(reg, usage) : testAndSetBit(reg, usage))) return reg;
  }
  return undefined;
});

/** @source arch/powerpc/platforms/powernv/npu-dma.c put_mmio_atsd_reg() v4.17 */
export const putMmioAtsdReg = kfunc('put_mmio_atsd_reg', function* (npu: NpuDma, index: number, reg: number) {
  const { usage } = npuAt(npu, index);
  yield* npu.version === 'merged' ? clearBitUnlock(reg, usage) : clearBit(reg, usage);
});

const mmioLaunchInvalidate = kfunc('mmio_launch_invalidate', storeLaunch);

const mmioInvalidatePid = kfunc('mmio_invalidate_pid', function* (npu: NpuDma, held: HeldRegisters, pid: number) {
  const word = launchWord('pid', pid, { flush: true });
  for (const [i, reg] of held.entries()) if (reg !== undefined) yield* mmioLaunchInvalidate(npu, i, reg, word, 0n);
});

const mmioInvalidateVa = kfunc('mmio_invalidate_va', function* (npu: NpuDma, held: HeldRegisters, va: bigint) {
  const word = launchWord('va', CONTEXT_PID, { flush: true });
  for (const [i, reg] of held.entries()) if (reg !== undefined) yield* mmioLaunchInvalidate(npu, i, reg, word, va);
});

const mmioInvalidateWait = kfunc('mmio_invalidate_wait', function* (npu: NpuDma, held: HeldRegisters) {
  for (const [i, reg] of held.entries()) if (reg !== undefined) yield* pollStat(npu, i, reg);
});

/**
 * Takes a register of each NPU that the context uses, in ascending order.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c acquire_atsd_reg() v4.17
 */
const acquireAtsdReg = kfunc('acquire_atsd_reg', function* (npu: NpuDma, _thread: number): Kthread<HeldRegisters> {
  const held = new Array<number | undefined>(npu.maxNpu2Index + 1).fill(undefined);
  for (let index = 0; index <= npu.maxNpu2Index; index++)
    if (yield* readNpdev(npu, index)) held[index] = yield* spinUntil(() => getMmioAtsdReg(npu, index));
  return held;
});

const releaseAtsdReg = kfunc('release_atsd_reg', function* (npu: NpuDma, held: HeldRegisters) {
  for (const [index, reg] of held.entries()) if (reg !== undefined) yield* putMmioAtsdReg(npu, index, reg);
});

/**
 * Shoots a page, or with `undefined` the whole context, out of every GPU; returns when that is done. Registers of all NPUs are
 * held across the flushes and let go together.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate() v4.17
 */
export const mmioInvalidate = kfunc(
  'mmio_invalidate',
  function* (npu: NpuDma, thread: number, page: bigint | undefined) {
    const held = yield* acquireAtsdReg(npu, thread);
    if (page === undefined) yield* mmioInvalidatePid(npu, held, CONTEXT_PID);
    else yield* mmioInvalidateVa(npu, held, page);
    yield* mmioInvalidateWait(npu, held);
    for (let flushes = 0; flushes < 2; flushes++) {
      yield* mmioInvalidatePid(npu, held, FLUSH_PID);
      yield* mmioInvalidateWait(npu, held);
    }
    yield* releaseAtsdReg(npu, held);
  },
);
