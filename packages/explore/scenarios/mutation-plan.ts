/** What the operations of this package are, and which mutants of it are no other code. */
import type { MutationPlan } from '@shootdown/machine';

/** For `mutate`. */
export const mutationPlan: MutationPlan = {
  operations: {},
  equivalents: [],
};
