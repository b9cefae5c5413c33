/** May a device share a task's ASID, whatever the CPUs do meanwhile? */
import { scenario, type Scenario } from '@shootdown/machine';
import { flushNotAtomic, kernelAsid, noPinnedCopy, pinnedFirst, unpinnedEarly } from './mutants.js';
import { asked, askedMachine, onePinMore, sizes } from './setup.js';

/** The question of seed 003. */
export const asidPinning: Scenario = scenario({
  name: 'asid/pinning',
  asks: 'Does a device that shares an address space always have an ASID that is its task’s and nobody else’s?',
  source: 'arm64: mm: Pin down ASIDs for sharing mm with devices, v2, 2018-05-11',
  given: {
    ...sizes,
    tasks: { ...sizes.tasks, default: 5 },
    asids: { ...sizes.asids, default: 5 },
    pins: { default: 1, about: 'tasks, from 0 on, whose address space a device shares', min: 1, max: 8 },
    shares: { default: 0, about: 'how often each device shares it: once, or 0 for ever', min: 0, max: 1 },
  },
  variants: {
    v2: {
      code: { options: { version: 'seed_v2' } },
      expect: 'holds',
      about: 'the patch as sent the second time: reserved ASIDs are looked at before pins',
      suite: { generations: 2, env: 'first-shot' },
    },
    merged: {
      expect: 'holds',
      about: 'pinning as merged',
      source: '48118151d8cc, v5.10',
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 3 },
    },
    'merged-kpti': {
      code: { options: { kpti: true } },
      expect: 'holds',
      about: 'pinning as merged, with KPTI: every task takes a pair, the device gets the user half',
      source: '48118151d8cc, v5.10',
      given: { asids: 10 },
      suite: { generations: 2, env: 'first-shot' },
    },
    v1: {
      code: { options: { version: 'seed_v2' }, mutants: pinnedFirst },
      expect: 'invariant',
      rule: 'SameASIDActiveTask',
      about: 'the patch as first sent: pins are looked at before reserved ASIDs, whose slot keeps the old generation',
      only: ['SameASIDActiveTask'],
      strategy: 'pct',
      isShown: true,
    },
    'limit-minus-1': {
      code: { boot: onePinMore },
      expect: 'invariant',
      rule: 'FreeAsidAfterRollover',
      about: 'as many pins as the commit message allows, ASIDs - CPUs - 1: index 0 is no ASID',
      given: { pins: 2 },
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 2 },
    },
    'kernel-asid': {
      code: { options: { kpti: true } },
      mutations: kernelAsid,
      expect: 'invariant',
      rule: 'DevAsidIsUser',
      about: 'with KPTI the device gets the ASID of the kernel half',
      given: { asids: 12 },
      suite: { tasks: 2, generations: 2 },
    },
    'no-pinned-copy': {
      code: { mutants: noPinnedCopy },
      given: { flush: 'cpu-by-cpu' },
      expect: 'invariant',
      about: 'a rollover empties the map without regard to pins',
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 3 },
    },
    'flush-not-atomic': {
      mutations: flushNotAtomic,
      expect: 'invariant',
      rule: 'UniqueASIDPerCPU',
      about:
        "a rollover reads a CPU's slot and then stores the 0, so that it misses what the fast path stored in between",
      given: { flush: 'cpu-by-cpu' },
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 2 },
    },
    'unpinned-early': {
      code: { options: { devicesEach: 2 }, mutants: unpinnedEarly },
      expect: 'invariant',
      rule: 'PinnedCount',
      about: 'the first of two devices to go unpins the ASID of both',
      suite: { cpus: 1, tasks: 4, asids: 4, generations: 2 },
    },
  },
  ...asked,
  state: ({ given, code }) =>
    askedMachine(given, { pins: Math.min(given.pins, given.tasks), shares: given.shares === 1 ? 1 : 0 }, code),
});
