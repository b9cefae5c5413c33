/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {},
  equivalents: [
    {
      class: 'ordering',
      reason:
        'A search runs the steps of each thread in the order of the code (sequential consistency): there is no order to lose.',
    },
    {
      in: 'dine',
      step: 'spin_lock',
      reason: 'A fork guards nothing: the question is whether all can go on, and without forks all can.',
    },
  ],
};
