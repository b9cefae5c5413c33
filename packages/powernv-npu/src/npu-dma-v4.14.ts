/**
 * ATSD shootdown as it was before the fix (bbd5ff50afff), with the deadlock. Each launch takes a register; the wait lets it go and
 * takes another for the extra flush, whose number is thrown away: the second wait polls and lets go of the old one. While it
 * takes the one it still holds other NPUs' registers.
 */
import { kfunc, spinUntil, type Kthread } from '@shootdown/machine';
import { launchWord } from './atsd-registers.js';
import {
  FLUSH_PID,
  getMmioAtsdReg,
  pollStat,
  putMmioAtsdReg,
  readNpdev,
  storeLaunch,
  type HeldRegisters,
} from './npu-dma.js';
import { CONTEXT_PID, type NpuDma } from './npu-platform.js';

const mmioLaunchInvalidate = kfunc(
  'mmio_launch_invalidate',
  function* (npu: NpuDma, index: number, launch: bigint, va: bigint): Kthread<number> {
    const reg = yield* spinUntil(() => getMmioAtsdReg(npu, index));
    yield* storeLaunch(npu, index, reg, launch, va);
    return reg;
  },
);

const mmioInvalidateWait = kfunc('mmio_invalidate_wait', function* (npu: NpuDma, regs: HeldRegisters, flush: boolean) {
  for (const [index, reg] of regs.entries()) {
    if (reg === undefined) continue;
    yield* pollStat(npu, index, reg);
    yield* putMmioAtsdReg(npu, index, reg);
    if (flush) yield* mmioLaunchInvalidate(npu, index, launchWord('pid', FLUSH_PID, { flush: true }), 0n);
  }
});

/**
 * Shoots a page, or with `undefined` the whole context, out of every GPU.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate() v4.14
 */
export const mmioInvalidate = kfunc(
  'mmio_invalidate',
  function* (npu: NpuDma, _thread: number, page: bigint | undefined) {
    const word = launchWord(page === undefined ? 'pid' : 'va', CONTEXT_PID, { flush: true });
    const regs = new Array<number | undefined>(npu.maxNpu2Index + 1).fill(undefined);
    for (let index = 0; index <= npu.maxNpu2Index; index++)
      if (yield* readNpdev(npu, index)) regs[index] = yield* mmioLaunchInvalidate(npu, index, word, page ?? 0n);
    yield* mmioInvalidateWait(npu, regs, true);
    yield* mmioInvalidateWait(npu, regs, false);
  },
);
