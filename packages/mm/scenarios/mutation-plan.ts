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
    mmdrop: { class: 'reference' },
    mmput: { class: 'reference' },
    put_page: { class: 'reference' },
  },
  scenarios: ['mm/cow-order', 'mm/secondary-tlb'],
  equivalents: [
    {
      class: 'ordering',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
    {
      in: 'free_pgtables',
      step: 'flush_tlb_mm_range',
      reason:
        'unmap_region() has flushed every page of the address space before. Here TLBs hold leaf entries alone; the kernel flushes what walks of the tables are cached as.',
    },
    {
      in: 'exit_mmap',
      step: 'down_read',
      reason:
        'Readers do not keep each other out, and the last user is gone: nobody is left who could take the lock for writing.',
    },
    {
      in: 'handle_pte_fault',
      step: 'smp_cond_load_acquire',
      class: 'wait',
      reason: 'Who does not wait finds the migration entry again, and faults again until the page is there.',
    },
  ],
};
