/** A machine with a device behind an IOMMU whose driver is a classic notifier. */
import { runDirect, type Layout, type Memory } from '@shootdown/machine';
import { mmSystem, setProcess, type Mm, type MmSystem, type MmSystemOptions } from '@shootdown/mm/model';
import {
  invalidationHooks,
  iommuDevice,
  mmuNotifierCore,
  mmuNotifierRegister,
  type IommuDevice,
  type IommuDeviceOptions,
  type MmuNotifierCore,
  type MmuNotifierVersion,
} from '@shootdown/mmu-notifier/model';

/** How large it is. */
export interface IommuSystemOptions extends Omit<MmSystemOptions, 'hooks'>, IommuDeviceOptions {
  readonly version: MmuNotifierVersion;
  /** Threads of the model. */
  readonly threads: number;
}

/** The machine, and what its device is. */
export interface IommuSystem {
  readonly layout: Layout;
  readonly system: MmSystem;
  readonly iommu: IommuDevice;
  /** A process, as `setProcess`, that the device shares. */
  readonly setShared: (memory: Memory, cpus: readonly number[]) => Mm;
}

/** Lays it out. */
export function iommuSystem(options: IommuSystemOptions): IommuSystem {
  const { form, refaults, version, threads } = options;
  const made: { iommu?: IommuDevice; core?: MmuNotifierCore } = {};
  const system = mmSystem({
    ...options,
    hooks: ({ layout, frames }) => {
      made.iommu = iommuDevice(layout, frames, { form, refaults });
      made.core = mmuNotifierCore(layout, { version, threads, notifierOps: [made.iommu.ops] });
      made.core.slab.outlives = true;
      return invalidationHooks(made.core);
    },
  });
  const { iommu, core } = made as Required<typeof made>;
  return {
    layout: system.layout,
    system,
    iommu,
    setShared: (memory, cpus) => {
      const mm = setProcess(memory, system, cpus);
      const { device } = iommu;
      memory.set(device.notifier.ops, 1);
      memory.set(device.mm, mm);
      runDirect(memory, mmuNotifierRegister(core, device.notifier, mm));
      return mm;
    },
  };
}
