/** Mutants of unmapping that scenarios of other packages ask about too. They are data: no code of this package reads them. */
import { omit, replaceFunction, type Mutation } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmWorld } from './mm-world.js';

/** The TLBs are flushed, and then the entries cleared. */
export function flushBeforeZap({ parts: { flushTlbMmRange } }: Pick<MmWorld, 'parts'>): readonly Mutation[] {
  return [
    omit({ in: 'unmap_region', step: 'flush_tlb_mm_range' }),
    replaceFunction(
      'unmap_region',
      (original: MmWorld['unmapRegion']) =>
        function* (mm: Mm, start: number, end: number) {
          yield* flushTlbMmRange(mm, start, end);
          yield* original(mm, start, end);
        },
    ),
  ];
}
