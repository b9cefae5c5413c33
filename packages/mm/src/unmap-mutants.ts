/** Mutants of unmapping that scenarios of other packages ask about too. They are data: no code of this package reads them. */
import { omit, replaceFunction, type Mutation } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import type { unmapRegion } from './mmap.js';
import { flushTlbMmRange } from './tlb.js';

/** The TLBs are flushed, and then the entries cleared. */
export const flushBeforeZap: readonly Mutation[] = [
  omit({ in: 'unmap_region', step: 'flush_tlb_mm_range' }),
  replaceFunction(
    'unmap_region',
    (original: typeof unmapRegion) =>
      function* (system: MmSystem, mm: Mm, start: number, end: number) {
        yield* flushTlbMmRange(system, mm, start, end);
        yield* original(system, mm, start, end);
      },
  ),
];
