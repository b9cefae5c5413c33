/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    mmgrab: { class: 'reference', answer: true },
    local_flush_tlb_all: { class: 'flush' },
    flush_context: { class: 'flush' },
    flush_tlb_mm: { class: 'flush' },
    'tlbi aside1is': { class: 'flush' },
    flush_tlb_asid: { class: 'flush' },
    tlb_flush_pending: { class: 'flush' },
  },
  equivalents: [
    {
      class: 'barrier',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
    {
      in: 'exit_and_reuse',
      step: 'atomic_dec',
      reason:
        'The struct is never free then, and so never used again. The scenarios ask what its next user finds; their threads run for ever, so there is no end at which a leak would be judged.',
    },
  ],
};
