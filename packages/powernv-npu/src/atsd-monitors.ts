/** What the specification notes of the driver: who holds which register, and who polls or forgets one. */
import { atExit, beforeStep, type Cell, type MemoryReader, type Monitors } from '@shootdown/machine';
import type { AtsdDriver } from './atsd.js';
import type { Npu, NpuWorld } from './npu-world.js';

/** What is of interest. */
export interface AtsdNotes {
  /** Whether {@link Npu.held} and what follows from it is noted: `heldTwice`, `leaked` and `polledForeign`. */
  readonly holders: boolean;
}

/** Monitors of a driver. Who owns a register is noted where there are GPUs, so that what it holds is looked at. */
export function atsdMonitors(world: NpuWorld, driver: AtsdDriver, { holders }: AtsdNotes): Monitors {
  const npuAt = (index: number): Npu => world.npus[index - world.npus[0].index];
  return {
    ...(world.options.gpus > 0 && ownership(driver, npuAt)),
    ...(holders && holding(world, driver, npuAt)),
  };
}

function ownership({ getMmioAtsdReg }: AtsdDriver, npuAt: (index: number) => Npu): Monitors {
  return {
    own: atExit(getMmioAtsdReg, (memory, { args: [index], answer: reg }) => {
      if (reg !== undefined) memory.set(npuAt(index).registers[reg].owner, memory.thread + 1);
    }),
    disown: atExit('put_mmio_atsd_reg', (memory, { args: [index, reg] }) => {
      memory.set(npuAt(index as number).registers[reg as number].owner, 0);
    }),
  };
}

function holding(world: NpuWorld, driver: AtsdDriver, npuAt: (index: number) => Npu): Monitors {
  const { npus, heldTwice, polledForeign, leaked } = world;
  return {
    take: atExit(driver.getMmioAtsdReg, (memory, { args: [index], answer: reg }) => {
      if (reg === undefined) return;
      const { held } = npuAt(index);
      if (held.some((cell) => hasBit(memory, cell, reg))) memory.set(heldTwice, true);
      memory.set(held[memory.thread], memory.get(held[memory.thread]) | (1 << reg));
    }),
    letGo: atExit('put_mmio_atsd_reg', (memory, { args: [index, reg] }) => {
      const mine = npuAt(index as number).held[memory.thread];
      memory.set(mine, memory.get(mine) & ~(1 << (reg as number)));
    }),
    poll: beforeStep({ in: 'mmio_invalidate_wait', step: '__raw_readq' }, (memory, { cell }) => {
      for (const { registers, held } of npus)
        for (const [reg, { stat }] of registers.entries())
          if (stat.address === cell?.address && !hasBit(memory, held[memory.thread], reg))
            memory.set(polledForeign, true);
    }),
    // At the end of an invalidation whatever the thread still holds is forgotten.
    leave: atExit(driver.mmioInvalidate, (memory) => {
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
