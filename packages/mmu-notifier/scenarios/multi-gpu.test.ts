import { check } from '@shootdown/explore';
import { buildScenario, givenOf, runInVirtualTime, type Given } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { multiGpu } from './multi-gpu.js';

/** How long the start of the invalidation takes, in nanoseconds, and what the formula says. */
function measured(variant: string, changed: Readonly<Record<string, Given>> = {}): { model: number; formula: number } {
  const given = givenOf(multiGpu, variant, 'default', changed);
  const times: number[] = [];
  const { outcome } = runInVirtualTime(buildScenario(multiGpu, { given, variant, checks: () => true }), {
    onReturn: ({ func, begin, end }) => func === multiGpu.comparison?.measures && times.push(end - begin),
  });
  expect([outcome, times.length]).toEqual(['ended', 1]);
  return { model: times[0], formula: multiGpu.comparison?.variants[variant]?.of(given) ?? NaN };
}

describe('an invalidation that 8 GPUs flush for, each as long as the others', () => {
  const flush = 100_000;
  const issue = 1000;

  test('takes one flush and the issue costs in two passes, within 10 %', () => {
    const { model } = measured('two-pass', { gpus: 8 });
    expect(model).toBeGreaterThan(flush + 8 * issue);
    expect(model).toBeLessThan(1.1 * (flush + 8 * issue));
  });

  test('takes 8 flushes and the issue costs in one pass, within 1 %', () => {
    const { model } = measured('one-pass', { gpus: 8 });
    expect(model).toBeGreaterThan(8 * (flush + issue));
    expect(model).toBeLessThan(1.01 * 8 * (flush + issue));
  });
});

describe('against the formulas', () => {
  const sizes = Array.from({ length: 16 }, (_, i) => i + 1);
  const kinds = [
    { flush: 'equal' },
    { flush: 'linear' },
    { flush: 'random', seed: 1 },
    { flush: 'random', seed: 2 },
    { flush: 'random', issueNs: 20_000 },
  ];

  test.each(kinds)('$flush $seed $issueNs: exact where other steps take no time', (kind) => {
    for (const gpus of sizes)
      for (const variant of ['one-pass', 'two-pass']) {
        const { model, formula } = measured(variant, { ...kind, gpus, stepNs: 0 });
        expect([gpus, variant, model]).toEqual([gpus, variant, formula]);
      }
  });

  test.each([1, 3, 7])('with %d finish objects for 8 GPUs', (finishes) => {
    for (const kind of kinds) {
      const { model, formula } = measured('two-pass', { ...kind, gpus: 8, finishes, stepNs: 0 });
      expect(model).toBe(formula);
    }
  });

  test('two passes are never slower than one by more than the steps of the second', () => {
    for (const gpus of sizes)
      expect(measured('two-pass', { gpus }).model).toBeLessThan(measured('one-pass', { gpus }).model + gpus * 500);
  });
});

test('flush times: all alike, rising to the longest, or of any length up to it, by seed', () => {
  const last = (flush: string, seed = 1): number =>
    measured('one-pass', { gpus: 3, flush, seed, stepNs: 0, issueNs: 0 }).model;
  expect(last('equal')).toBe(300_000);
  expect(last('linear')).toBe(33_333 + 66_667 + 100_000);
  expect(last('random')).toBe(last('random'));
  expect(last('random')).not.toBe(last('random', 2));
  expect(last('random')).toBeLessThanOrEqual(300_000);
});

test('what a search finds stale a run in virtual time finds too, if it meets it', async () => {
  const given = givenOf(multiGpu, 'no-finish', 'suite');
  expect(() => runInVirtualTime(buildScenario(multiGpu, { given, variant: 'no-finish', checks: () => true }))).toThrow(
    'maps page 0',
  );
  expect((await check(multiGpu, { variant: 'no-finish', size: 'suite' })).violation?.name).toBe('no-stale-mapping');
});
