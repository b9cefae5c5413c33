/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    local_flush_tlb_all: { class: 'flush' },
    flush_context: { class: 'flush' },
    flush_tlb_mm: { class: 'flush' },
    'tlbi aside1is': { class: 'flush' },
    flush_tlb_asid: { class: 'flush' },
    tlb_flush_pending: { class: 'flush' },
  },
  equivalents: [],
};
