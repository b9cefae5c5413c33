/** A machine with a device behind an IOMMU whose driver is a classic notifier. */
import { runDirect, type Memory } from '@shootdown/machine';
import { mmWorld, type Mm, type MmWorld, type MmWorldOptions } from '@shootdown/mm/model';
import {
  iommuDevice,
  mmuNotifierCore,
  type IommuDevice,
  type IommuDeviceOptions,
  type MmuNotifierCore,
  type MmuNotifierEra,
} from '@shootdown/mmu-notifier/model';

/** How large it is. */
export interface IommuWorldOptions extends Omit<MmWorldOptions, 'hooks'>, IommuDeviceOptions {
  readonly era: MmuNotifierEra;
  /** Threads of the model. */
  readonly threads: number;
}

/** Everything there is. */
export interface IommuWorld extends MmWorld {
  readonly iommu: IommuDevice;
  /** A process, as `setProcess`, that the device shares. */
  readonly setShared: (memory: Memory, cpus: readonly number[]) => Mm;
}

/** Lays it out. */
export function iommuWorld(options: IommuWorldOptions): IommuWorld {
  const { form, refaults, era, threads } = options;
  const made: { iommu?: IommuDevice; core?: MmuNotifierCore } = {};
  const world = mmWorld({
    ...options,
    hooks: ({ layout, frames }) => {
      made.iommu = iommuDevice(layout, frames, { form, refaults });
      made.core = mmuNotifierCore(layout, { era, threads, notifierOps: [made.iommu.ops] });
      made.core.slab.outlives = true;
      return made.core;
    },
  });
  const { iommu, core } = made as Required<typeof made>;
  return {
    ...world,
    iommu,
    setShared: (memory, cpus) => {
      const mm = world.setProcess(memory, cpus);
      const { device } = iommu;
      memory.set(device.notifier.ops, 1);
      memory.set(device.mm, mm);
      runDirect(memory, core.mmuNotifierRegister(device.notifier, mm));
      return mm;
    },
  };
}
