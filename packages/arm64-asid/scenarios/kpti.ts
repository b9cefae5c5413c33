/** Where kernel and user space have an ASID each: do pairs stay pairs? */
import { scenario, type Memory, type Scenario } from '@shootdown/machine';
import type { AsidMachine } from '@shootdown/arm64-asid/model';
import { UNMAP } from './mutants.js';
import { asked, askedMachine, sizes } from './setup.js';

const ONE_ASID = 'UniqueASIDPerCPU';

/** The allocator with KPTI. */
export const asidKpti: Scenario = scenario({
  name: 'asid/kpti',
  asks: 'With KPTI, does every task have both ASIDs of a pair to itself, and does an unmapping reach the user half?',
  source: 'arch/arm64/mm/context.c set_kpti_asid_bits()',
  given: {
    ...sizes,
    asids: { ...sizes.asids, default: 8, about: 'ASIDs there are, two a pair; nobody gets the first pair' },
  },
  variants: {
    merged: {
      expect: 'holds',
      about: 'the odd half of every pair is never free; user space runs under it',
      source: 'v6.14',
      suite: { tasks: 4, generations: 3, env: 'first-shot' },
    },
    seed: {
      code: { options: { version: 'seed_v2' } },
      expect: 'holds',
      about: 'the bitmap has one bit a pair',
      source: 'v4.16 to v5.4',
      suite: { tasks: 4, generations: 4, env: 'first-shot' },
    },
    'not-needed': {
      code: { options: { kptiCap: false } },
      expect: 'holds',
      about: 'built in and, as boot finds out, not needed: the odd halves come free at the first rollover',
      source: 'v6.14',
      suite: { cpus: 2, asids: 8, tasks: 4, generations: 3, env: 'first-shot' },
    },
    unmap: {
      code: { options: { unmaps: true } },
      expect: 'holds',
      about: 'an unmapping invalidates both ASIDs of the pair',
      suite: { cpus: 1, asids: 6, tasks: 3, generations: 3 },
    },
    'no-kpti-bits': {
      code: {
        boot: (memory: Memory, { context: { state } }: AsidMachine) => {
          for (const word of state.pinnedAsidMap) memory.set(word, 0);
        },
      },
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'a rollover starts from a map without the odd halves and gives them to other tasks',
      suite: { cpus: 1, asids: 6, tasks: 4, generations: 2 },
    },
    'boot-window': {
      code: { options: { hasLateLimit: true } },
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'a rollover comes before boot has put the odd halves into the map that rollovers start from',
      source: 'asids_init() at early_initcall, asids_update_limit() at arch_initcall',
      finding: true,
      only: [ONE_ASID],
      suite: { cpus: 1, asids: 6, tasks: 4, generations: 2 },
    },
    'kernel-half': {
      code: { options: { unmaps: true } },
      mutations: UNMAP.kernelHalf,
      expect: 'invariant',
      rule: 'TLBEmptyInvalPTE',
      about: 'an unmapping invalidates only the kernel’s ASID of the pair',
      suite: { cpus: 1, asids: 6, tasks: 3, generations: 3 },
    },
  },
  ...asked,
  state: ({ given, code }) => askedMachine(given, { kpti: true }, code),
});
