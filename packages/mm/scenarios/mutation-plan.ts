/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    flush_tlb_mm_range: { class: 'flush' },
    flush_tlb_mm_range_cpus: { class: 'flush' },
    'flush tlb': { class: 'flush' },
    mmu_notifier_invalidate_range: { class: 'flush' },
    mmu_notifier_invalidate_range_start: { class: 'flush', answer: 0 },
    mmu_notifier_invalidate_range_end: { class: 'flush' },
    invalidate_range_start: { class: 'flush', answer: 0 },
    invalidate_range_end: { class: 'flush' },
    mmgrab: { class: 'reference' },
    mmdrop: { class: 'reference' },
    mmput: { class: 'reference' },
    put_page: { class: 'reference' },
  },
  scenarios: ['mm/cow-order', 'mm/secondary-tlb'],
  equivalents: [],
};
