/** Does everybody let go of what they hold? */
import { omit, scenario, type Invariant, type Scenario } from '@shootdown/machine';
import type { AsidMachine } from '@shootdown/arm64-asid/model';
import { asked, askedMachine } from './setup.js';

const BOUNDED = 'ReferencesAreBounded';
const CPUS = 1;
const DEVICES = 1;

/** Each CPU and each device holds one reference at most, besides that of the process. */
function referencesAreBounded({ mms, lifetime }: AsidMachine): Invariant {
  return (memory) => {
    if (lifetime === undefined) return true;
    const [users, count] = [memory.get(lifetime.mmUsers), memory.get(lifetime.mmCount)];
    const pins = Math.max(...mms.map(({ context: { pinned } }) => memory.get(pinned)));
    const isBounded = users <= 1 + CPUS && count <= 1 + CPUS + DEVICES && pins <= DEVICES;
    return isBounded || `${users} users, ${count} references and ${pins} pins of ${CPUS} CPU and ${DEVICES} device`;
  };
}

const leaks = { expect: 'invariant', rule: BOUNDED, only: [BOUNDED] } as const;

/** CPUs switch, a device binds, over and over: what is not let go adds up. */
export const asidReferences: Scenario = scenario({
  name: 'asid/references',
  asks: 'Does who switches away from a process, or unbinds from it, let go of all that was held?',
  source: 'context_switch(), v5.10, and arm_smmu_alloc_shared_cd(), v5.19',
  variants: {
    merged: { expect: 'holds', about: 'a CPU and a device come and go' },
    'switch-keeps-user': {
      ...leaks,
      about: 'a CPU that leaves stays a user',
      mutations: [omit({ in: 'context_switch', step: 'atomic_dec', of: 'mm_users' })],
    },
    'switch-keeps-struct': {
      ...leaks,
      about: 'a CPU that leaves does not let go of the struct',
      mutations: [omit({ in: 'context_switch', step: 'atomic_dec', of: 'mm_count' })],
    },
    'unbind-keeps-struct': {
      ...leaks,
      about: 'a device that leaves does not let go of the struct',
      mutations: [omit({ in: 'iommu_sva_bind', step: 'atomic_dec' })],
    },
    'unbind-keeps-pin': {
      ...leaks,
      about: 'a device that leaves stays counted among those who pin',
      mutations: [omit({ in: 'mm_context_put', step: 'refcount_dec_and_test', answer: false })],
    },
  },
  ...asked,
  state: () =>
    askedMachine(
      { cpus: CPUS, tasks: 2, asids: 4, generations: 2, env: 'full', flush: 'at-once' },
      { exits: true, pins: 1 },
    ),
  invariants: (machine) => ({ [BOUNDED]: referencesAreBounded(machine) }),
});
