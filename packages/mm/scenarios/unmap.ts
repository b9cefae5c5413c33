/** Is a page gone from every TLB when it is freed? */
import { change, kfunc, scenario, unlocked, type Scenario } from '@shootdown/machine';
import {
  USED_BY_KERNEL,
  doMunmap,
  flushBeforeZap,
  isEveryFrameMapped,
  mmSystem,
  pagesHaveAreas,
  putPage,
  setProcess,
  speculation,
  userStore,
  type Mm,
} from '@shootdown/mm/model';
import { freeBeforeFlush, noFlush } from './mutants.js';
import { sizes } from './setup.js';

const STALE = 'stale-translation';
const HAS_AREA = 'page-has-area';

/** munmap() against hardware that loads and uses translations at any moment, and against a program that faults. */
export const mmUnmap: Scenario = scenario({
  name: 'mm/unmap',
  asks: 'Does no CPU ever reach a page that munmap() has freed, and is no page left behind?',
  source: 'mm/memory.c, mm/mmu_gather.c and mm/mmap.c, v5.10',
  given: {
    ...sizes,
    pages: { default: 3, about: 'pages of the address space; all but the last are mapped at first', min: 2, max: 8 },
    batch: { default: 1, about: 'pages that are freed together at most', min: 1, max: 8 },
  },
  variants: {
    zap: { expect: 'holds', about: 'entries are cleared, TLBs flushed, pages freed; a full batch on the way' },
    'no-flush': { mutations: noFlush, expect: 'use-after-free', rule: STALE, about: 'pages are freed with no flush' },
    'free-before-flush': {
      mutations: freeBeforeFlush,
      expect: 'use-after-free',
      rule: STALE,
      about: 'pages are freed, then TLBs flushed',
      isShown: true,
    },
    'flush-before-zap': {
      mutations: flushBeforeZap,
      expect: 'use-after-free',
      rule: STALE,
      about: 'TLBs are flushed while they can still be filled',
    },
    'flush-first-page': {
      mutations: [
        change({ in: 'unmap_region', step: 'flush_tlb_mm_range' }, ({ args: [system, mm, start], with: flush }) =>
          flush(system, mm, start, (start as number) + 1),
        ),
      ],
      expect: 'use-after-free',
      rule: STALE,
      about: 'the flush covers the first page alone',
      given: { batch: 8 },
    },
    'flush-one-cpu': {
      mutations: [
        change({ in: 'flush_tlb_mm_range_cpus', step: 'flush tlb' }, ({ args: [cpu], request }) =>
          cpu === 0 ? request : { answer: undefined },
        ),
      ],
      expect: 'use-after-free',
      rule: STALE,
      about: 'the flush reaches the first CPU alone',
    },
    'batch-not-flushed': {
      mutations: [
        change({ in: 'unmap_region', step: 'flush_tlb_mm_range' }, ({ args: [, , start], request }) =>
          start === 0 ? { answer: undefined } : request,
        ),
      ],
      expect: 'use-after-free',
      rule: STALE,
      about: 'the first batch is freed with no flush',
    },
    'munmap-unlocked': {
      mutations: [unlocked({ in: '__do_munmap', step: 'down_write', until: ['up_write'] })],
      expect: 'invariant',
      rule: HAS_AREA,
      about: 'mmap_lock is not taken: a fault that has seen the area maps a page behind munmap()',
      only: [HAS_AREA],
    },
  },
  state: ({ given: { cpus, pages, batch } }) => mmSystem({ cpus, pages, frames: pages + 1, batch }),
  init: (memory, system, { given }) => {
    setProcess(memory, system, [...system.cpus.cpus.keys()], given.pages - 1);
  },
  threads: (system, { given: { pages } }) => {
    const munmap = kfunc('munmap', function* (mm: Mm) {
      yield* doMunmap(system, mm, 0, pages);
      const page = yield* system.frames.allocPage(USED_BY_KERNEL);
      if (page !== null) yield* putPage(page);
    });
    const [mm] = system.mms.slots;
    return [
      { name: 'munmap', run: () => munmap(mm) },
      { name: 'program', run: () => userStore(system, mm, 0, pages - 1) },
      ...speculation(system),
    ];
  },
  finals: (system) => ({ [HAS_AREA]: pagesHaveAreas(system), 'frames-are-mapped': isEveryFrameMapped(system) }),
});
