/** The merged driver with one thing done wrong, by what that is. */
import { omit, replaceFunction, spinUntil, type Kthread, type Mutation } from '@shootdown/machine';
import { getMmioAtsdReg, readNpdev, type HeldRegisters, type NpuDma } from '@shootdown/powernv-npu/model';

/** Nobody polls STAT before letting the register go. */
export const noWait: readonly Mutation[] = [omit({ in: 'mmio_invalidate', step: 'mmio_invalidate_wait' })];

/** The two extra flushes are left out. */
export const singleFlush: readonly Mutation[] = [omit({ in: 'mmio_invalidate', step: 'mmio_invalidate_pid' })];

/** Every other thread takes the NPUs in descending order. */
export const unorderedAcquire: readonly Mutation[] = [
  replaceFunction(
    'acquire_atsd_reg',
    () =>
      function* (npu: NpuDma, thread: number): Kthread<HeldRegisters> {
        const held = new Array<number | undefined>(npu.maxNpu2Index + 1).fill(undefined);
        for (let i = 0; i <= npu.maxNpu2Index; i++) {
          const index = thread % 2 === 1 ? npu.maxNpu2Index - i : i;
          if (yield* readNpdev(npu, index)) held[index] = yield* spinUntil(() => getMmioAtsdReg(npu, index));
        }
        return held;
      },
  ),
];
