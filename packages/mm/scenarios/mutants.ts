/** Mutants that several scenarios of address spaces ask about. */
import { change, delay, omit, type Mutation } from '@shootdown/machine';

/** The functions that take pages out of an address space. */
const ZAPS = ['unmap_region', '__oom_reap_task_mm'] as const;

/** Pages are freed and no TLB is flushed. */
export const noFlush: readonly Mutation[] = [omit({ in: ZAPS, step: 'flush_tlb_mm_range' })];

/** Pages are freed, and the TLBs flushed after. */
export const freeBeforeFlush: readonly Mutation[] = [delay({ in: ZAPS, step: 'flush_tlb_mm_range', past: 'put_page' })];

/** The new entry of a copied page is set at once, and then the old one flushed. */
export const setFirst: readonly Mutation[] = [
  change({ in: 'ptep_clear_flush', step: 'WRITE_ONCE' }, ({ operand, request }) =>
    operand === 0 ? { answer: undefined } : request,
  ),
  delay({ in: 'ptep_clear_flush', step: 'flush_tlb_mm_range', past: 'WRITE_ONCE' }),
];
