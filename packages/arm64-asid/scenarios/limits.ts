/** Do ASIDs suffice, however many address spaces devices share? */
import { scenario, type Scenario } from '@shootdown/machine';
import { asked, askedMachine, onePinMore, sizes } from './setup.js';

const NONE_FREE = 'FreeAsidAfterRollover';

/** The limit on pins. */
export const asidLimits: Scenario = scenario({
  name: 'asid/limits',
  asks: 'Is there a free ASID after every rollover, with as many pins as are allowed, and is there a limit to them at all?',
  source: 'arch/arm64/mm/context.c asids_update_limit()',
  given: {
    ...sizes,
    asids: { ...sizes.asids, default: 5 },
    pins: { default: 2, about: 'tasks, from 0 on, whose address space a device shares', min: 1, max: 8 },
  },
  variants: {
    merged: {
      expect: 'holds',
      about: 'as many pins as ASIDs - CPUs - 2, more are refused',
      suite: { cpus: 1, asids: 4, tasks: 4, generations: 2 },
    },
    'none-left': {
      expect: 'holds',
      about: 'ASIDs for the CPUs and one more: every pin is refused',
      given: { asids: 4 },
      suite: { cpus: 1, asids: 3, tasks: 3, generations: 3 },
    },
    'limit-minus-1': {
      code: { boot: onePinMore },
      expect: 'invariant',
      rule: NONE_FREE,
      about: 'as many pins as ASIDs - CPUs - 1: index 0 is no ASID',
      suite: { cpus: 1, asids: 4, tasks: 4, generations: 2 },
    },
    'too-few': {
      expect: 'invariant',
      rule: NONE_FREE,
      about: 'no more ASIDs than CPUs, where the kernel warns at boot and goes on',
      finding: true,
      only: [NONE_FREE],
      given: { asids: 3, pins: 1 },
      suite: { tasks: 3, generations: 2 },
    },
    'limit-wraps': {
      expect: 'invariant',
      rule: 'PinsAreLimited',
      about: 'ASIDs - CPUs - 2 is less than nothing, which is a very large unsigned number',
      finding: true,
      given: { asids: 2 },
      suite: { cpus: 1, tasks: 2, generations: 2 },
    },
  },
  ...asked,
  state: ({ given, code }) => askedMachine(given, { pins: Math.min(given.pins, given.tasks) }, code),
});
