/**
 * A device behind an IOMMU that walks the CPUs' own page table, and keeps translations in a TLB that hardware fills whenever it
 * likes, as AMD's IOMMUv2 does for a GPU. A page that it does not find it asks the driver for, and asks again; after a few
 * requests for one access it gives up and must be reset.
 *
 * The driver keeps the TLB true in one of three forms, the first two from before there was a call at the right moment:
 *
 * - `start-end`: flushes when a range begins and when it ends; in between, the hardware loads what is still mapped
 * - `empty-page-table`: lets the hardware walk an empty table in between, and answers its requests without doing anything
 * - `invalidate-range`: flushes where the CPUs' TLBs are flushed
 *
 * An access with its translation is one step, as on CPUs: a flush waits for those in flight.
 */
import { EFAULT } from '@shootdown/kernel/model';
import {
  array,
  bool,
  defineOperation,
  kfunc,
  ptr,
  readOnce,
  spinUntil,
  struct,
  u32,
  u8,
  type Cell,
  type Invariant,
  type Kfunc,
  type Layout,
  type Memory,
  type Request,
  type Thread,
  type ViewOf,
} from '@shootdown/machine';
import {
  MAX_PAGES,
  MmStruct,
  PAGE_SHIFT,
  handleMmFault,
  ptePfn,
  pteAccessible,
  pteText,
  rangeFields,
  staleTranslation,
  staleness,
  type Mm,
  type MmSystem,
  type MmuNotifierRange,
  type PageAllocator,
} from '@shootdown/mm/model';
import type { MmuNotifierOps } from '../ops.js';
import { MmuNotifier } from '../subscriptions.js';

/** How a driver keeps the device's TLB true. */
export type IommuForm = 'start-end' | 'empty-page-table' | 'invalidate-range';

/**
 * A device and what its driver keeps of it.
 *
 * - `mm`: whose table it walks
 * - `tlb`: by page, the entry as it was when it was loaded, 0 for none
 * - `emptied`: ranges in progress, during which it walks the empty table
 * - `faults`: requests so far for the access in progress
 * - `hasFailed`: it has given up
 */
const DeviceStruct = struct('iommu_device', {
  notifier: MmuNotifier,
  mm: ptr(() => MmStruct),
  tlb: array(u32.printedBy(pteText), MAX_PAGES),
  emptied: u8,
  faults: u8,
  hasFailed: bool,
});
/** The device in model memory: its driver's notifier, whose table it walks, its TLB by page, and whether it `hasFailed`. */
export type IommuDeviceView = ViewOf<typeof DeviceStruct>;

/** What is to be laid out. */
export interface IommuDeviceOptions {
  readonly form: IommuForm;
  /** Requests for one access after which the device gives up; 0 for never. */
  readonly refaults: number;
}

/** The device, and its driver's functions. */
export interface IommuDevice {
  readonly device: IommuDeviceView;
  /** The driver's notifier. */
  readonly ops: MmuNotifierOps;
  /** Reads a page; answers what is there, 0 to 255, or `-EFAULT` where it finds no translation. */
  readonly dmaRead: (page: number) => Request<number>;
  /** Reads a page, however often it must ask; answers what is there, or `-EFAULT` where it may not, or gave up. */
  readonly access: (system: MmSystem) => Kfunc<[page: number], number>;
  /** Hardware that loads and uses the translation of a page at any moment. */
  readonly prefetch: (page: number) => Thread;
  /** That the device has not given up. */
  readonly works: Invariant;
}

/** Places a device that walks no table, and makes its driver. */
export function iommuDevice(layout: Layout, frames: PageAllocator, options: IommuDeviceOptions): IommuDevice {
  const device = layout.one('device', DeviceStruct);
  const hardware = deviceHardware(device, frames);
  return {
    device,
    ops: driverOps(device, options),
    dmaRead: hardware.dmaRead,
    access: deviceAccess(device, options.refaults, hardware.dmaRead),
    prefetch: hardware.prefetch,
    works: (memory) => !memory.get(device.hasFailed) || 'the device has given up and must be reset',
  };
}

/** What the device does to memory. */
function deviceHardware(device: IommuDeviceView, frames: PageAllocator): Pick<IommuDevice, 'dmaRead' | 'prefetch'> {
  /** The translation of a page, 0 for none; loads it if it was not there. */
  function translate(memory: Memory, page: number): number {
    const cached = memory.get(device.tlb[page]);
    if (cached !== 0) return cached;
    const mm = memory.get(device.emptied) > 0 ? null : memory.get(device.mm);
    const table = mm === null ? null : memory.get(mm.pgd);
    const entry = table === null ? 0 : memory.get(table.entries[page]);
    if (!pteAccessible(entry)) return 0;
    memory.set(device.tlb[page], entry);
    return entry;
  }

  function use(memory: Memory, page: number): number {
    const entry = translate(memory, page);
    if (entry === 0) return -EFAULT;
    const fault = staleness(memory, frames, ptePfn(entry), page);
    if (fault === undefined) return memory.get(frames.at(ptePfn(entry)).word);
    const words = { translation: device.tlb[page].address, frame: frames.at(ptePfn(entry)).word.address };
    memory.report(staleTranslation('the device', page, fault, words));
    return -EFAULT;
  }

  const target = (page: number): Cell<number> => device.tlb[page];
  const prefetches = defineOperation({
    name: 'prefetches',
    target,
    when: (memory: Memory, page: number) =>
      memory.get(device.tlb[page]) !== 0 || (memory.get(device.mm) !== null && memory.get(device.emptied) === 0),
    run: (memory: Memory, page: number): void => {
      use(memory, page);
    },
  });
  const prefetch = kfunc('prefetch', function* (page: number) {
    yield* prefetches(page);
  });
  return {
    dmaRead: defineOperation({ name: 'dma read', target, run: use }),
    prefetch: (page) => ({ name: `device ${page}`, kind: 'device', run: () => prefetch(page), repeat: true }),
  };
}

/** An access that asks the driver for what it does not find, until it gives up. */
function deviceAccess(
  device: IommuDeviceView,
  refaults: number,
  dmaRead: IommuDevice['dmaRead'],
): IommuDevice['access'] {
  /** Counts a request; answers whether the device may make it, and one more after it. */
  const asks = defineOperation({
    name: 'page request',
    target: () => device.faults,
    run: (memory: Memory): boolean => {
      if (refaults === 0) return true;
      const count = memory.get(device.faults) + 1;
      memory.set(device.faults, count);
      if (count >= refaults) memory.set(device.hasFailed, true);
      return count < refaults;
    },
  });

  return (system) => {
    /** The driver's answer to a request, 0 for "try again": while a range is in progress it does nothing. */
    const pprNotifier = kfunc('ppr_notifier', function* (page: number) {
      if ((yield* readOnce(device.emptied)) > 0) return 0;
      const mm = yield* readOnce(device.mm);
      return mm === null ? -EFAULT : yield* handleMmFault(system, mm, page, 0);
    });
    const attempt = kfunc('dma_read_or_ask', function* (page: number) {
      const word = yield* dmaRead(page);
      if (word !== -EFAULT) return word;
      if (!(yield* asks())) return -EFAULT;
      return (yield* pprNotifier(page)) === 0 ? undefined : -EFAULT;
    });
    return kfunc('dma_access', function* (page: number) {
      return yield* spinUntil(() => attempt(page));
    });
  };
}

/** The driver's notifier, in one of the three forms. */
function driverOps(device: IommuDeviceView, { form }: IommuDeviceOptions): MmuNotifierOps {
  const flush = defineOperation({
    name: 'iotlb flush',
    target: (start: number) => device.tlb[start],
    run: (memory: Memory, start: number, end: number): void => {
      for (const entry of device.tlb.slice(start, end)) memory.set(entry, 0);
    },
  });
  const flushRange = (start: bigint, end: bigint): Request<void> =>
    flush(Number(start >> PAGE_SHIFT), Number(end >> PAGE_SHIFT));

  const changeTable = defineOperation({
    name: 'set gcr3',
    target: () => device.emptied,
    run: (memory: Memory, by: number): void => {
      memory.set(device.emptied, memory.get(device.emptied) + by);
      for (const entry of device.tlb) memory.set(entry, 0);
    },
  });

  const START = 'mn_invalidate_range_start';
  const END = 'mn_invalidate_range_end';
  switch (form) {
    case 'start-end':
      return {
        invalidateRangeStart: kfunc(START, function* (_sub: MmuNotifier, range: MmuNotifierRange) {
          const { start, end } = rangeFields(range);
          yield* flushRange(start, end);
          return 0;
        }),
        invalidateRangeEnd: kfunc(END, function* (_sub: MmuNotifier, range: MmuNotifierRange) {
          const { start, end } = rangeFields(range);
          yield* flushRange(start, end);
        }),
      };
    case 'empty-page-table':
      return {
        invalidateRangeStart: kfunc(START, function* (_sub: MmuNotifier, _range: MmuNotifierRange) {
          yield* changeTable(1);
          return 0;
        }),
        invalidateRangeEnd: kfunc(END, function* (_sub: MmuNotifier, _range: MmuNotifierRange) {
          yield* changeTable(-1);
        }),
      };
    case 'invalidate-range':
      return {
        invalidateRange: kfunc(
          'mn_invalidate_range',
          function* (_sub: MmuNotifier, _mm: Mm, start: bigint, end: bigint) {
            yield* flushRange(start, end);
          },
        ),
      };
  }
}
