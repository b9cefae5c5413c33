/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    __mmu_notifier_invalidate_range: { class: 'flush' },
    __mmu_notifier_invalidate_range_start: { class: 'flush', answer: 0 },
    __mmu_notifier_invalidate_range_end: { class: 'flush' },
    mn_itree_inv_end: { class: 'flush' },
    mn_itree_final_pass: { class: 'flush' },
    mn_itree_finish_pass: { class: 'flush' },
    mn_hlist_invalidate_end: { class: 'flush' },
    mn_hlist_invalidate_range_start: { class: 'flush', answer: 0 },
    'iotlb flush': { class: 'flush' },
  },
  equivalents: [],
};
