import { check } from '@shootdown/explore';
import { describe, expect, it } from 'vitest';
import * as exported from './index.js';

const { mutationPlan: _plan, ...scenarios } = exported;

const MINUTES = 10 * 60_000;

describe.each(Object.values(scenarios))('$name at its suite size', (scenario) => {
  it.each(Object.entries(scenario.variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict $rule',
    { timeout: MINUTES },
    async ({ name, verdict, rule }) => {
      const result = await check(scenario, { variant: name, size: 'suite', shrink: false });
      const { kind, name: broken } = result.violation ?? {};
      expect([kind ?? result.verdict, rule === undefined ? undefined : broken]).toEqual([verdict, rule]);
      expect(result.complete).toBe(verdict === 'holds');
    },
  );
});

describe('no reduction changes a verdict', () => {
  const off = [{ reduction: false }, { partialOrder: false }, { deadAnswers: true }];
  const cases = [
    { scenario: scenarios.softTlb, variant: 'merged', given: {} },
    { scenario: scenarios.softTlb, variant: 'no-seq', given: {} },
    { scenario: scenarios.eagainLeak, variant: 'fixed', given: { changes: 0 } },
    { scenario: scenarios.eagainLeak, variant: 'merged', given: {} },
    { scenario: scenarios.collisionRetry, variant: 'merged', given: { changes: 1 } },
    { scenario: scenarios.collisionRetry, variant: 'retry-unlocked', given: { changes: 1 } },
  ].flatMap((each) => off.map((more) => ({ ...each, more })));

  it.each(cases)('$scenario.name@$variant $given, $more', { timeout: MINUTES }, async (one) => {
    const { scenario, variant, given, more } = one;
    const { expect: verdict } = scenario.variants[variant];
    const result = await check(scenario, { variant, given, size: 'suite', shrink: false, ...more });
    expect(result.violation?.kind ?? result.verdict).toBe(verdict);
  });
});
