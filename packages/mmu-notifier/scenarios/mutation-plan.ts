/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    __mmu_notifier_invalidate_range_start: { class: 'flush', answer: 0 },
    __mmu_notifier_invalidate_range_end: { class: 'flush' },
    mn_itree_inv_end: { class: 'flush' },
    mn_itree_final_pass: { class: 'flush' },
    mn_itree_finish_pass: { class: 'flush' },
    mn_hlist_invalidate_end: { class: 'flush' },
    mn_hlist_invalidate_range_start: { class: 'flush', answer: 0 },
    'iotlb flush': { class: 'flush' },
  },
  equivalents: [
    {
      class: 'ordering',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
    {
      class: 'barrier',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
    {
      in: 'other_driver_ioctl',
      step: 'mutex_lock',
      reason: 'The lock guards nothing: it is there for the trylock of range_start to fail. Nobody has to fail.',
    },
    {
      in: 'change_page',
      step: 'mmu_notifier_invalidate_range_start',
      reason: 'The scenario asks whether a notifier is there while it is called. Who is not called needs nothing.',
    },
    {
      in: 'change_page',
      step: 'mmu_notifier_invalidate_range_end',
      reason: 'The scenario asks whether a notifier is there while it is called. Who is not called needs nothing.',
    },
    {
      in: 'flush_page',
      step: 'mmu_notifier_invalidate_range',
      reason: 'The scenario asks whether a notifier is there while it is called. Who is not called needs nothing.',
    },
    {
      in: 'munmap',
      step: 'put_page',
      reason:
        'The page that the kernel has taken meanwhile is given back so that it can be taken again. One is enough to reach a freed page.',
    },
    {
      in: 'gpu_unmap_all',
      step: 'mutex_lock',
      reason:
        'Only the thread that unmaps all maps pages of this GPU. The others clear entries too, and clearing twice is clearing once.',
    },
  ],
};
