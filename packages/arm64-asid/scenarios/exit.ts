/** Does a new process inherit anything of the one whose memory it got? */
import { scenario, type Scenario } from '@shootdown/machine';
import { EXIT, UNMAP, noFlush } from './mutants.js';
import { asked, askedMachine, ofLifetime, sizes } from './setup.js';

const ONE_CPU = { cpus: 1, tasks: 3, asids: 3, generations: 3 } as const;
const DEVICE = { cpus: 1, tasks: 3, asids: 4, generations: 3 } as const;
const TWO_CPUS = { cpus: 2, tasks: 3, asids: 4, generations: 2 } as const;
const ONE_SHOT = { ...TWO_CPUS, env: 'one-shot' } as const;
const STALE = { expect: 'invariant', rule: 'NewMmFindsNothing' } as const;

/** A process ends next to rollovers, and its mm_struct is used again. */
export const asidExit: Scenario = scenario({
  name: 'asid/exit',
  asks: 'When a process ends and its memory becomes the address space of another, does anybody find the old one’s translations, or its ASID?',
  source: 'exit_mmap(), __mmdrop() and init_new_context(), v5.10',
  given: {
    ...sizes,
    tasks: { ...sizes.tasks, default: 3 },
    generations: { ...sizes.generations, default: 2 },
    env: {
      default: 'full',
      about: 'the last CPU may do anything (full), or switch once (one-shot)',
      oneOf: ['full', 'one-shot'],
    },
  },
  variants: {
    merged: {
      expect: 'holds',
      about: 'the end unmaps and flushes, the last to let go frees, the next one begins without an ASID',
      suite: ONE_SHOT,
    },
    shared: {
      code: { options: { pins: 1 } },
      expect: 'holds',
      about: 'a device shares the address space, and holds on to it as long as the ASID is pinned',
      suite: DEVICE,
    },
    'no-flush': {
      mutations: UNMAP.noTlbi,
      expect: 'holds',
      about: 'the end flushes nothing: no ASID is given again before every CPU flushed, and the new one begins without',
      suite: ONE_SHOT,
    },
    'kept-id': {
      code: { mutants: ofLifetime(EXIT.keptId) },
      expect: 'holds',
      about: 'the new one begins with the ASID of the old, whose translations were flushed at its end',
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 3 },
    },
    'kept-id-no-flush': {
      code: { mutants: ofLifetime(EXIT.keptId) },
      mutations: UNMAP.noTlbi,
      ...STALE,
      about: 'the new one begins with the ASID of the old, and nobody flushed',
      suite: ONE_CPU,
    },
    'no-clear': { ...STALE, mutations: UNMAP.noClear, about: 'the end leaves the page in the tables', suite: ONE_CPU },
    'no-flush-at-all': {
      mutations: [...UNMAP.noTlbi, ...noFlush],
      ...STALE,
      about: 'the end flushes nothing, and neither do CPUs after a rollover',
      only: ['NewMmFindsNothing'],
      suite: ONE_CPU,
    },
    'no-reference': {
      code: { mutants: ofLifetime(EXIT.noReference) },
      expect: 'invariant',
      rule: 'SameASIDActiveTask',
      about: 'a process ends while a CPU runs it or is on its way to it, for such a CPU does not count',
      only: ['SameASIDActiveTask'],
      suite: TWO_CPUS,
    },
    'lazy-no-grab': {
      code: { mutants: ofLifetime(EXIT.lazyNoGrab) },
      expect: 'invariant',
      rule: 'TablesAreHeld',
      about: 'a CPU that leaves the process lets go of the struct while it still walks its tables',
      suite: ONE_CPU,
    },
    'device-no-grab': {
      code: { options: { pins: 1 }, mutants: ofLifetime(EXIT.deviceNoGrab) },
      expect: 'invariant',
      rule: 'DevAsidStable',
      about: 'a device pins the ASID, and the struct is given away under it',
      source: 'before cbd23144f766, v5.19',
      only: ['DevAsidStable'],
      suite: DEVICE,
    },
    'grab-unasked': {
      code: { options: { pins: 1 }, mutants: ofLifetime(EXIT.grabUnasked) },
      expect: 'use-after-free',
      about: 'a driver holds on to a struct without asking whether its process is still there',
      suite: DEVICE,
    },
    'no-put': {
      code: { options: { pins: 1, shares: 1 }, mutants: ofLifetime(EXIT.noPut) },
      expect: 'invariant',
      rule: 'PinsHaveOwners',
      about: 'a device goes without unpinning, and the pin outlives the process',
      suite: DEVICE,
    },
  },
  ...asked,
  state: ({ given, code }) => askedMachine(given, { exits: true }, code),
});
