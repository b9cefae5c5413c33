/** Does the allocator keep tasks apart where CPUs share their TLBs? */
import { scenario, type Scenario } from '@shootdown/machine';
import { lateReservedTtbr0 } from './mutants.js';
import { asked, askedMachine, sizes } from './setup.js';

const SHARED = 'UniqueASIDAllCPUs';

/** The allocator with CnP. */
export const asidCnp: Scenario = scenario({
  name: 'asid/cnp',
  asks: 'Does no CPU ever find the translation of another task in a TLB that CPUs share?',
  source: '5ffdfaedfa0a, arm64: mm: Support Common Not Private translations',
  given: sizes,
  variants: {
    merged: {
      expect: 'holds',
      about: 'the reserved table is installed before an ASID is given up',
      suite: { tasks: 5, generations: 4, env: 'first-shot' },
    },
    'late-reserved-ttbr0': {
      mutations: lateReservedTtbr0,
      expect: 'invariant',
      rule: SHARED,
      about: 'the old tables are walked until the switch, although their ASID may be given away by then',
      only: [SHARED],
      strategy: 'pct',
    },
  },
  ...asked,
  state: ({ given }) => askedMachine(given, { cnp: true }),
});
