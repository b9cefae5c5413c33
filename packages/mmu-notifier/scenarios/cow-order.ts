/** Why a page that is replaced by a copy must be flushed from devices before the copy can be written. */
import {
  KernelBug,
  change,
  defineOperation,
  delay,
  kfunc,
  scenario,
  spinUntil,
  type Memory,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import {
  flushTlbCpus,
  handleMmFault,
  pfnPte,
  rangeFields,
  type Mm,
  type MmSystem,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import { iommuSystem } from './iommu-system.js';

const ORDER = 'store-order';
const [A, B] = [0, 1];

const outOfOrder = defineOperation({
  name: 'compares',
  isLocal: true,
  run: (memory: Memory, b: number, a: number): void => {
    const text = `the device reads ${b} from page B and then ${a} from page A, which was written first`;
    if (b > a) memory.report(new KernelBug('invariant', ORDER, text));
  },
});

/** Only CPUs are flushed under the lock; devices are when the range ends, after the lock is let go. */
function lateNotify({ hooks }: MmSystem): readonly Mutation[] {
  const lateEnd = kfunc('mmu_notifier_invalidate_range_end', function* (range: MmuNotifierRange) {
    const { mm, start, end } = rangeFields(range);
    yield* hooks.invalidateRange(mm, start, end);
    yield* hooks.invalidateRangeEnd(range);
  });
  return [
    change({ in: 'ptep_clear_flush', step: 'flush_tlb_mm_range' }, ({ args: [system, mm, start, end] }) =>
      flushTlbCpus(system as MmSystem, mm as Mm, start as number, end as number),
    ),
    change({ in: 'wp_page_copy', step: 'mmu_notifier_invalidate_range_end' }, ({ args: [, range] }) =>
      lateEnd(range as MmuNotifierRange),
    ),
  ];
}

/** Two threads have a page copied each, a third stores to one and then to the other, a device reads the other way round. */
export const mmCowOrder: Scenario = scenario({
  name: 'mm/cow-order',
  asks: 'Does a device that sees a later store to one copied page also see the earlier store to another?',
  source: 'Documentation/mm/mmu_notifier.rst, and 4645b9fe84bf, v4.15',
  variants: {
    'under-lock': {
      expect: 'holds',
      about: 'devices are flushed under the lock of the page table, before the new entry is set',
    },
    'late-notify': {
      expect: 'invariant',
      rule: ORDER,
      about: 'devices are flushed at the end of the range, when the new page is in use already',
      isShown: true,
      strategy: 'bfs',
    },
    'set-first': {
      mutations: [
        change({ in: 'ptep_clear_flush', step: 'WRITE_ONCE' }, ({ operand, request }) =>
          operand === 0 ? { answer: undefined } : request,
        ),
        delay({ in: 'ptep_clear_flush', step: 'flush_tlb_mm_range', past: 'WRITE_ONCE' }),
      ],
      expect: 'invariant',
      rule: ORDER,
      about: 'devices are flushed under the lock, but after the new entry is set',
    },
  },
  state: () =>
    iommuSystem({
      version: 'single-pass',
      form: 'invalidate-range',
      refaults: 0,
      threads: 4,
      cpus: 3,
      pages: 2,
      frames: 4,
    }),
  mutations: ({ system }, { variant }) => (variant === 'late-notify' ? lateNotify(system) : []),
  init: (memory, { setShared, system, iommu }) => {
    const table = memory.get(setShared(memory, [0, 1, 2]).pgd);
    for (const page of [A, B]) {
      const entry = pfnPte(page, false);
      memory.set(system.frames.at(page).refcount, 2); // another process has it too
      if (table !== null) memory.set(table.entries[page], entry);
      memory.set(iommu.device.tlb[page], entry);
    }
  },
  threads: ({ system, iommu }) => {
    const [mm] = system.mms.slots;
    const storeNow = kfunc('store', function* (page: number) {
      return (yield* system.cpus.store(2, page)) === 0;
    });
    const stores = kfunc('stores', function* (_space: Mm) {
      yield* spinUntil(() => storeNow(A));
      yield* spinUntil(() => storeNow(B));
    });
    const readNow = kfunc('dma_read', function* (page: number) {
      const word = yield* iommu.dmaRead(page);
      return word < 0 ? undefined : word;
    });
    const reads = function* device_reads() {
      const b = yield* spinUntil(() => readNow(B));
      yield* outOfOrder(b, yield* spinUntil(() => readNow(A)));
    };
    return {
      'fault A': () => handleMmFault(system, mm, A, 1),
      'fault B': () => handleMmFault(system, mm, B, 1),
      stores: () => stores(mm),
      device: reads,
    };
  },
});
