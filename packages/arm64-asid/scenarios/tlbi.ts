/** Is an unmapped page gone from every TLB, whatever ASID its address space had meanwhile? */
import { scenario, type Scenario } from '@shootdown/machine';
import { UNMAP } from './mutants.js';
import { asked, askedMachine, sizes } from './setup.js';

const STALE = { expect: 'invariant', rule: 'TLBEmptyInvalPTE' } as const;
const SMALL = { cpus: 1, tasks: 3, asids: 3, generations: 3 } as const;

/** The unmap sequence next to rollovers. */
export const asidTlbi: Scenario = scenario({
  name: 'asid/tlbi',
  asks: 'Once a page is unmapped and its ASID invalidated, does no CPU find it in its TLB?',
  source: '5e10f9887ed8, arm64: mm: Fix TLBI vs ASID rollover',
  given: sizes,
  variants: {
    merged: {
      expect: 'holds',
      about: 'the entry is cleared, then, behind a barrier, the ASID is read and invalidated',
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 3 },
    },
    'early-id': {
      ...STALE,
      mutations: UNMAP.earlyId,
      about: 'the ASID is read before the entry is cleared, as a plain read without a barrier may be',
      suite: SMALL,
    },
    'tlbi-first': {
      ...STALE,
      mutations: UNMAP.tlbiFirst,
      about: 'the TLBs are invalidated before the entry is cleared',
      suite: SMALL,
    },
    'no-tlbi': {
      ...STALE,
      mutations: UNMAP.noTlbi,
      about: 'the entry is cleared and nothing invalidated',
      suite: SMALL,
    },
    'no-clear': {
      ...STALE,
      mutations: UNMAP.noClear,
      about: 'the TLBs are invalidated and the entry stays',
      suite: SMALL,
    },
  },
  ...asked,
  state: ({ given }) => askedMachine(given, { unmaps: true }),
});
