/** The open system that kernel-tla's asidalloc.tla checks, at its own steps. */
import { scenario, type Scenario } from '@shootdown/machine';
import { tlaModel } from '@shootdown/arm64-asid/model';
import * as mutants from './kernel-tla-mutants.js';

const ONE_TASK = 'SameASIDActiveTask';
const ONE_ASID = 'UniqueASIDPerCPU';
const SHARED = 'UniqueASIDAllCPUs';
const AFTER_TLBI = 'TLBEmptyInvalPTE';
const RUNNING = 'UniqueASIDActiveTask';
const SIZES = { tasks: 4, generations: 3, unmapper: false } as const;
/** It takes two rollovers to see it, and nobody who unmaps. */
const ROLLS_OVER = { expect: 'invariant', strategy: 'pct', given: SIZES } as const;

/** The allocator as the specification has it. */
export const asidKernelTla: Scenario = scenario({
  name: 'asid/kernel-tla',
  asks: 'Do the six invariants of kernel-tla hold where each CPU switches to any task for ever and one thread unmaps pages?',
  source: 'kernel-tla asidalloc.tla',
  given: {
    cpus: { default: 2, about: 'CPUs that switch tasks for ever', min: 1, max: 4 },
    tasks: { default: 2, about: 'tasks, each with one page', min: 1, max: 6 },
    asids: { default: 4, about: 'ASIDs there are, counting 0, which nobody gets; more than CPUs + 1', min: 3, max: 32 },
    generations: { default: 2, about: 'generations: rollovers, plus one', min: 1, max: 8 },
    cnp: { default: false, about: 'whether CPUs share their TLBs' },
    unmapper: { default: true, about: 'whether a thread unmaps pages for ever' },
  },
  variants: {
    spec: { expect: 'holds', about: 'the allocator as it is' },
    'spec-cnp': { expect: 'holds', about: 'the allocator as it is, with shared TLBs', given: { cnp: true } },
    'spec-rollovers': {
      expect: 'holds',
      about: 'one CPU, whose tasks get the ASIDs of others',
      given: { unmapper: false, cpus: 1, tasks: 3, asids: 3, generations: 3 },
    },
    'no-id-store': {
      mutations: mutants.noIdStore,
      expect: 'invariant',
      rule: 'TypeInv',
      about: 'the new id is not stored in the task, whose translations are loaded under ASID 0',
    },
    'early-asid': {
      mutations: mutants.earlyAsid,
      expect: 'invariant',
      rule: AFTER_TLBI,
      about: 'the ASID to invalidate is read before the page is unmapped',
      source: 'as the code before 5e10f9887ed8 might',
    },
    'no-tlbi': {
      mutations: mutants.noTlbi,
      expect: 'invariant',
      rule: AFTER_TLBI,
      about: 'a page is unmapped and its ASID not invalidated',
    },
    xchg: {
      code: mutants.xchg,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'the fast path stores its ASID even where a rollover has taken the slot',
      source: 'before a8ffaaa060b8',
    },
    'no-roll-over-check': {
      mutations: mutants.noRollOverCheck,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'the fast path goes on where a rollover has taken the slot',
    },
    'no-gen-check': {
      mutations: mutants.noGenCheck,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'the fast path does not ask of which generation the ASID is',
    },
    'reserved-not-updated': {
      code: mutants.reservedNotUpdated,
      ...ROLLS_OVER,
      rule: ONE_TASK,
      about: 'a reserved ASID is recognised, and its slot keeps the old generation',
      source: 'before 0ebea8088095, v4.4',
      only: [ONE_TASK],
      given: { unmapper: false, tasks: 4, generations: 4 },
    },
    'reserved-ignored': {
      mutations: mutants.reservedIgnored,
      ...ROLLS_OVER,
      rule: ONE_TASK,
      about: 'nobody looks whether a former ASID is reserved, so a task that runs elsewhere gets another',
      only: [ONE_TASK],
    },
    'not-marked': {
      mutations: mutants.notMarked,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'a former ASID is taken again without a look at who has it now',
    },
    'not-marked-cnp': {
      mutations: mutants.notMarked,
      ...ROLLS_OVER,
      rule: RUNNING,
      about: 'a former ASID is taken again without a look at who has it now, with shared TLBs',
      only: [RUNNING],
      given: { ...SIZES, cnp: true },
    },
    'no-reserved': {
      code: mutants.noReserved,
      ...ROLLS_OVER,
      rule: ONE_TASK,
      about: 'a rollover forgets what runs on CPUs that did not switch since the one before',
      only: [ONE_TASK],
    },
    'active-kept': {
      code: mutants.activeKept,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'a rollover leaves the active ASIDs in their slots, and the fast path goes on',
    },
    'unmarked-reserved': {
      code: mutants.unmarkedReserved,
      ...ROLLS_OVER,
      rule: ONE_ASID,
      about: 'a rollover leaves what it reserves free in the map',
    },
    'no-flush': { code: mutants.noFlush, ...ROLLS_OVER, rule: ONE_ASID, about: 'nobody flushes after a rollover' },
    'late-reserved-ttbr0': {
      code: mutants.lateReservedTtbr0,
      ...ROLLS_OVER,
      rule: SHARED,
      about: 'with shared TLBs, the old tables are walked until the switch',
      source: 'before 5ffdfaedfa0a',
      only: [SHARED],
      given: { ...SIZES, cnp: true },
    },
    'local-flush': {
      code: mutants.localFlush,
      ...ROLLS_OVER,
      rule: SHARED,
      about: 'with shared TLBs, a CPU flushes what it loaded itself alone',
      only: [SHARED],
      given: { ...SIZES, cnp: true },
    },
  },
  // The specification as tlaModel() makes it is a whole system.
  build: ({ given, code }) => {
    const model = tlaModel(given);
    return { ...model.system, ...(code !== undefined && { mutations: code(model) }) };
  },
});
