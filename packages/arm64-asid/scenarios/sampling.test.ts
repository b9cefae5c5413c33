/** The bug of seed 003 where nothing is narrowed: found by sampling at the default size, and told in few switches. */
import { checkSync, type SearchResult } from '@shootdown/explore';
import { givenOf } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { asidPinning } from './index.js';

function sample(variant: string, seed: number): SearchResult {
  const system = asidPinning.build({ given: givenOf(asidPinning, variant), variant, checks: () => true });
  return checkSync(system, { strategy: 'pct', seed, only: ['SameASIDActiveTask'], maxRuns: 20_000 });
}

describe('asid/pinning in the full environment', () => {
  test.each([1, 2, 3])('pct finds the bug of v1 under seed %i, in five stretches', { timeout: 120_000 }, (seed) => {
    const { violation, trace = [] } = sample('v1', seed);
    expect(violation?.message).toMatch(/^T0 runs on P0 under ASID \d and on P1 under ASID \d$/);
    const stretches = trace.filter(({ thread }, i) => i === 0 || trace[i - 1].thread !== thread);
    expect(stretches.length).toBeLessThanOrEqual(6);
    const device = trace.filter(({ thread, op }) => thread === 'dev T0' && op === '__change_pinned');
    expect(device.length).toBe(2);
  });

  test('and nothing in v2 under the same schedules', { timeout: 120_000 }, () => {
    const system = asidPinning.build({ given: givenOf(asidPinning, 'v2'), variant: 'v2', checks: () => true });
    expect(checkSync(system, { strategy: 'pct', seed: 1, maxRuns: 1000 })).toMatchObject({
      verdict: 'unknown',
      bound: 'runs',
    });
  });
});
