/** What the specification notes of the driver: who holds which register, and who polls or forgets one. */
import { atExit, beforeStep, type Cell, type MemoryReader, type Monitors } from '@shootdown/machine';
import { getMmioAtsdReg, putMmioAtsdReg } from './npu-dma.js';
import { npuAt, type NpuDma } from './npu-platform.js';

/** What is of interest. */
export interface AtsdNotes {
  /** Whether {@link Npu.held} and what follows from it is noted: `heldTwice`, `leaked` and `polledForeign`. */
  readonly holders: boolean;
}

/** Monitors of the driver. Who owns a register is noted where there are GPUs, so that what it holds is looked at. */
export function atsdMonitors(npu: NpuDma, { holders }: AtsdNotes): Monitors {
  return { ...(npu.sizes.gpus > 0 && OWNERSHIP), ...(holders && holding(npu)) };
}

const OWNERSHIP: Monitors = {
  own: atExit(getMmioAtsdReg, (memory, { args: [npu, index], answer: reg }) => {
    if (reg !== undefined) memory.set(npuAt(npu, index).registers[reg].owner, memory.thread + 1);
  }),
  disown: atExit(putMmioAtsdReg, (memory, { args: [npu, index, reg] }) => {
    memory.set(npuAt(npu, index).registers[reg].owner, 0);
  }),
};

function holding({ npus, heldTwice, polledForeign, leaked }: NpuDma): Monitors {
  return {
    take: atExit(getMmioAtsdReg, (memory, { args: [npu, index], answer: reg }) => {
      if (reg === undefined) return;
      const { held } = npuAt(npu, index);
      if (held.some((cell) => hasBit(memory, cell, reg))) memory.set(heldTwice, true);
      memory.set(held[memory.thread], memory.get(held[memory.thread]) | (1 << reg));
    }),
    letGo: atExit(putMmioAtsdReg, (memory, { args: [npu, index, reg] }) => {
      const mine = npuAt(npu, index).held[memory.thread];
      memory.set(mine, memory.get(mine) & ~(1 << reg));
    }),
    poll: beforeStep({ in: 'mmio_invalidate_wait', step: '__raw_readq' }, (memory, { cell }) => {
      for (const { registers, held } of npus)
        for (const [reg, { stat }] of registers.entries())
          if (stat.address === cell?.address && !hasBit(memory, held[memory.thread], reg))
            memory.set(polledForeign, true);
    }),
    // At the end of an invalidation whatever the thread still holds is forgotten.
    leave: atExit('mmio_invalidate', (memory) => {
      for (const { held, usage } of npus) {
        if ((memory.get(held[memory.thread]) & memory.get(usage)) !== 0) memory.set(leaked, true);
        memory.set(held[memory.thread], 0);
      }
    }),
  };
}

function hasBit(memory: MemoryReader, cell: Cell<number>, bit: number): boolean {
  return ((memory.get(cell) >>> bit) & 1) === 1;
}
