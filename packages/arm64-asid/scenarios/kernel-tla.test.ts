/** The specification's numbers of states, which TLC and Spin agree on, and what reductions leave of them. */
import { checkSync, type SearchOptions, type SearchResult } from '@shootdown/explore';
import { givenOf, type Given } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { asidKernelTla } from './kernel-tla.js';

const MINUTES = 10 * 60_000;
const EVERY_STATE: SearchOptions = { reduction: false, symmetry: false };

function run(set: Readonly<Record<string, Given>>, options: SearchOptions, variant = 'spec'): SearchResult {
  const given = givenOf(asidKernelTla, variant, 'default', set);
  return checkSync(asidKernelTla.build({ given, variant, checks: () => true }), options);
}

describe('states of the specification, at its own steps', () => {
  it.each([
    { set: {}, states: 97_342 },
    { set: { cnp: true }, states: 97_342 },
    { set: { unmapper: false }, states: 3141 },
    { set: { unmapper: false, tasks: 3 }, states: 131_692 },
    { set: { unmapper: false, tasks: 3, cnp: true }, states: 131_692 },
    // One CPU, so that two rollovers are near.
    { set: { unmapper: false, cpus: 1, tasks: 3, asids: 3, generations: 3 }, states: 2734 },
    { set: { cpus: 1, tasks: 3, asids: 3, generations: 3 }, states: 374_780 },
  ])('$set: $states', { timeout: MINUTES }, ({ set, states }) => {
    expect(run(set, EVERY_STATE)).toMatchObject({ verdict: 'holds', complete: true, states });
  });
});

describe('reductions', () => {
  const off: readonly SearchOptions[] = [{}, { symmetry: false }, { reduction: false }, { partialOrder: true }];

  it.each(off)('leave states out and the verdict as it is: %o', { timeout: MINUTES }, (options) => {
    const result = run({}, options);
    expect(result).toMatchObject({ verdict: 'holds', complete: true });
    expect(result.states).toBeLessThan(97_342);
  });

  it.each(
    ['no-id-store', 'early-asid', 'no-tlbi', 'not-marked', 'no-flush'].flatMap((variant) =>
      off.map((options) => ({ variant, options })),
    ),
  )('$options finds $variant', { timeout: MINUTES }, ({ variant, options }) => {
    const set = { tasks: 3, cpus: 1, asids: 3, generations: 2 };
    const rule = asidKernelTla.variants[variant].rule ?? '';
    for (const each of [options, EVERY_STATE])
      expect(run(set, { ...each, strategy: 'bfs', only: [rule] }, variant).violation?.name).toBe(rule);
  });
});
