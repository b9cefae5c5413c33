/** The gap that `mmu_notifier_invalidate_range` closes: between the start of a range and its end. */
import { change, delay, kfunc, omit, scenario, type Scenario } from '@shootdown/machine';
import { USED_BY_KERNEL, doMunmap, flushBeforeZap, putPage, type Mm } from '@shootdown/mm/model';
import { iommuSystem } from './iommu-system.js';

const STALE = 'stale-translation';
const WORKS = 'device-works';

/** The question of seed 004. */
export const mmSecondaryTlb: Scenario = scenario({
  name: 'mm/secondary-tlb',
  asks: 'Can the TLB of a device that walks the CPUs’ page table be kept true, so that it neither reads a freed page nor gives up?',
  source: 'mmu_notifier: Add mmu_notifier_invalidate_range(), 2014-10-28',
  given: {
    pages: { default: 2, about: 'pages that are unmapped, and that the device uses', min: 1, max: 8 },
    batch: { default: 1, about: 'pages that are freed together at most', min: 1, max: 8 },
    refaults: {
      default: 3,
      about: 'requests for one access after which the device gives up; 0 for never',
      min: 0,
      max: 8,
    },
  },
  variants: {
    'invalidate-range': {
      expect: 'holds',
      about: 'the device is flushed where the CPUs are: its pages are unmapped, and not yet freed',
      source: 'v3.19; the core of v4.19',
    },
    'arch-invalidate': {
      code: { version: 'single-pass' },
      expect: 'holds',
      about: 'the same since v6.6, where the end of a range no longer implies it',
      source: 'v6.6',
    },
    'start-end': {
      code: { form: 'start-end' },
      expect: 'use-after-free',
      rule: STALE,
      about: 'the device is flushed at the start and at the end: in between, its TLB fills, and pages are freed',
      isShown: true,
      strategy: 'bfs',
      source: 'v3.18',
    },
    'empty-page-table': {
      code: { form: 'empty-page-table' },
      expect: 'invariant',
      rule: WORKS,
      about: 'the device walks an empty table in between: it asks until it gives up',
      isShown: true,
      strategy: 'bfs',
      source: 'v3.18, drivers/iommu/amd_iommu_v2.c',
    },
    'patient-device': {
      code: { form: 'empty-page-table' },
      expect: 'holds',
      about: 'the same, with a device that asks for ever: the memory is safe',
      given: { refaults: 0 },
    },
    'table-stays': {
      code: { form: 'empty-page-table' },
      mutations: ['mn_invalidate_range_start', 'mn_invalidate_range_end'].map((kname) =>
        change({ in: kname, step: 'set gcr3' }, ({ with: set }) => set(0)),
      ),
      expect: 'use-after-free',
      rule: STALE,
      about: 'the table is not emptied in between',
      given: { refaults: 0 },
    },
    'flush-after-free': {
      code: { version: 'single-pass' },
      mutations: [delay({ in: 'unmap_region', step: 'flush_tlb_mm_range', past: 'put_page' })],
      expect: 'use-after-free',
      rule: STALE,
      about: 'TLBs are flushed once the pages are freed',
    },
    'flush-before-zap': {
      code: { version: 'single-pass' },
      mutations: flushBeforeZap,
      expect: 'use-after-free',
      rule: STALE,
      about: 'TLBs are flushed while the pages are mapped',
    },
    'no-device-flush': {
      mutations: [omit({ in: 'mn_invalidate_range', step: 'iotlb flush' })],
      expect: 'use-after-free',
      rule: STALE,
      about: 'the driver does not flush',
    },
    'first-page-only': {
      mutations: [
        change({ in: 'mn_invalidate_range', step: 'iotlb flush' }, ({ args: [start], with: flush }) =>
          flush(start, (start as number) + 1),
        ),
      ],
      expect: 'use-after-free',
      rule: STALE,
      about: 'the driver flushes the first page of the range alone',
      given: { batch: 2 },
    },
  },
  state: ({ given: { pages, batch, refaults }, code }) =>
    iommuSystem({
      cpus: 1,
      pages,
      batch,
      frames: pages,
      refaults,
      threads: 2 + pages,
      form: 'invalidate-range',
      version: 'v4.19',
      ...code,
    }),
  init: (memory, { setShared }) => {
    setShared(memory, [0]);
  },
  threads: ({ system, iommu }, { given }) => {
    const access = iommu.access(system);
    const munmap = kfunc('munmap', function* (mm: Mm) {
      yield* doMunmap(system, mm, 0, given.pages);
      const page = yield* system.frames.allocPage(USED_BY_KERNEL);
      if (page !== null) yield* putPage(page);
    });
    return [
      { name: 'munmap', run: () => munmap(system.mms.slots[0]) },
      { name: 'device', run: () => access(0) },
      ...Array.from({ length: given.pages }, (_, page) => iommu.prefetch(page)),
    ];
  },
  invariants: ({ iommu }) => ({ [WORKS]: iommu.works }),
});
