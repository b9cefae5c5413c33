import { check } from '@shootdown/explore';
import { describe, expect, it, test } from 'vitest';
import { mmSecondaryTlb } from './secondary-tlb.js';

const MINUTES = 10 * 60_000;

test('flushes at start and end would do if nothing were freed before the end', { timeout: MINUTES }, async () => {
  const result = await check(mmSecondaryTlb, { variant: 'start-end', given: { batch: 8 }, strategy: 'dfs' });
  expect(result).toMatchObject({ verdict: 'holds', complete: true });
});

test.each([1, 2, 3, 5])(
  'a device that walks an empty table gives up after %i requests',
  { timeout: MINUTES },
  async (refaults) => {
    const result = await check(mmSecondaryTlb, { variant: 'empty-page-table', given: { refaults } });
    expect(result.violation?.name).toBe('device-works');
  },
);

describe('no reduction changes a verdict', () => {
  const off = [{ reduction: false }, { partialOrder: false }, { deadAnswers: true }] as const;
  const cases = ['invalidate-range', 'start-end', 'empty-page-table', 'patient-device'].flatMap((variant) =>
    off.map((options) => ({ variant, options })),
  );
  it.each(cases)('$variant, $options', { timeout: MINUTES }, async ({ variant, options }) => {
    const { expect: verdict } = mmSecondaryTlb.variants[variant];
    const result = await check(mmSecondaryTlb, { variant, ...options });
    expect(result.violation?.kind ?? result.verdict).toBe(verdict);
  });
});
