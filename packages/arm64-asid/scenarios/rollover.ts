/** Does an address space keep to itself when ASIDs run out and all are given anew? */
import { scenario, type Scenario } from '@shootdown/machine';
import { flushOwn, noFlush, noGenCheck, noReserved, ownReserved, reservedNotUpdated, xchg } from './mutants.js';
import { asked, askedMachine, sizes } from './setup.js';

const ONE_TASK = 'SameASIDActiveTask';
const ONE_ASID = 'UniqueASIDPerCPU';
const FAR = { tasks: 4, asids: 4, generations: 4, env: 'one-shot' } as const;
const NEAR = { tasks: 4, asids: 4, generations: 3, env: 'full' } as const;

/** The allocator without pins. */
export const asidRollover: Scenario = scenario({
  name: 'asid/rollover',
  asks: 'Does no CPU ever find translations of two tasks under one ASID, and no task ever run under two, over rollovers?',
  source: 'arch/arm64/mm/context.c, and kernel-tla asidalloc.tla',
  given: sizes,
  variants: {
    merged: {
      expect: 'holds',
      about: 'the allocator as it is',
      source: 'v6.14',
      suite: { tasks: 5, generations: 4, env: 'first-shot' },
    },
    'reserved-not-updated': {
      code: { mutants: reservedNotUpdated },
      expect: 'invariant',
      rule: ONE_TASK,
      about: 'a reserved ASID is recognised, and its slot keeps the old generation',
      source: 'before 0ebea8088095, v4.4',
      only: [ONE_TASK],
      suite: FAR,
    },
    xchg: {
      mutations: xchg,
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'the fast path stores its ASID even where a rollover has taken the slot',
      source: 'before a8ffaaa060b8',
      strategy: 'pct',
      suite: NEAR,
    },
    'own-reserved': {
      code: { mutants: ownReserved },
      expect: 'invariant',
      rule: ONE_TASK,
      about: "only the caller's own reserved slot is brought up to date",
      only: [ONE_TASK],
      suite: FAR,
    },
    'no-reserved': {
      mutations: noReserved,
      given: { flush: 'cpu-by-cpu' },
      expect: 'invariant',
      rule: ONE_TASK,
      about: 'a rollover forgets what CPUs run that did not switch since the one before',
      only: [ONE_TASK],
      suite: { generations: 3, env: 'first-shot' },
    },
    'no-flush': {
      mutations: noFlush,
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'nobody flushes after a rollover',
      strategy: 'pct',
      suite: NEAR,
    },
    'flush-own': {
      code: { mutants: flushOwn },
      given: { flush: 'cpu-by-cpu' },
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'only the CPU that rolls over flushes',
      strategy: 'pct',
      suite: NEAR,
    },
    'no-gen-check': {
      code: { mutants: noGenCheck },
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'the fast path does not ask of which generation the ASID is',
      strategy: 'pct',
      suite: NEAR,
    },
    'narrow-asids': {
      code: { options: { isWide: true } },
      expect: 'holds',
      about: 'CPUs look at more bits than the allocator’s ASIDs have: generations begin above what they look at',
      source: 'c0900d15d31c, v6.14',
      suite: { tasks: 5, generations: 4, env: 'first-shot' },
    },
    'leaked-generation': {
      code: { options: { isWide: true, version: 'merged_v5.10' } },
      expect: 'invariant',
      rule: ONE_TASK,
      about: 'CPUs look at more bits than the allocator’s ASIDs have, and generations begin right above these',
      source: 'before c0900d15d31c',
      only: [ONE_TASK],
      suite: { tasks: 4, generations: 2, env: 'one-shot' },
    },
    'ttbr1-first': {
      code: { options: { keepsTtbr0: true } },
      expect: 'invariant',
      rule: ONE_ASID,
      about: 'the new ASID is written while the tables of the task before are still walked',
      suite: { tasks: 2, generations: 2 },
    },
  },
  ...asked,
  state: ({ given, code }) => askedMachine(given, {}, code),
});
