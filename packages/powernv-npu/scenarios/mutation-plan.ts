/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {
    mmio_invalidate: { class: 'flush' },
    mmio_invalidate_pid: { class: 'flush' },
    mmio_invalidate_va: { class: 'flush' },
    get_mmio_atsd_reg: { class: 'wait' },
    mmio_invalidate_wait: { class: 'wait' },
  },
  equivalents: [
    {
      class: 'ordering',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
  ],
};
