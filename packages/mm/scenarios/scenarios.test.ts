import { check } from '@shootdown/explore';
import { describe, expect, it } from 'vitest';
import * as exported from './index.js';

const { mutationPlan: _plan, ...scenarios } = exported;

describe.each(Object.values(scenarios))('$name at its suite size', (scenario) => {
  it.each(Object.entries(scenario.variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict $rule',
    { timeout: 120_000 },
    async ({ name, verdict, rule }) => {
      const result = await check(scenario, { variant: name, size: 'suite', shrink: false });
      expect(result.violation?.kind ?? result.verdict).toBe(verdict);
      expect(result.complete).toBe(verdict === 'holds');
      if (rule !== undefined) expect(result.violation?.name).toBe(rule);
    },
  );
});

describe('no reduction changes a verdict', () => {
  const off = [{ reduction: false }, { partialOrder: false }, { deadAnswers: true }] as const;
  const cases = [
    { scenario: scenarios.mmExit, variant: 'exit' },
    { scenario: scenarios.mmExit, variant: 'lazy-no-grab' },
    { scenario: scenarios.mmFault, variant: 'fault' },
    { scenario: scenarios.mmOomReaper, variant: 'reap' },
    { scenario: scenarios.mmOomReaper, variant: 'reap-not-unstable' },
    { scenario: scenarios.mmUnmap, variant: 'munmap-unlocked' },
  ].flatMap((each) => off.map((options) => ({ ...each, options })));

  it.each(cases)('$scenario.name@$variant, $options', { timeout: 120_000 }, async ({ scenario, variant, options }) => {
    const { expect: verdict } = scenario.variants[variant];
    const result = await check(scenario, { variant, size: 'suite', ...options });
    expect(result.violation?.kind ?? result.verdict).toBe(verdict);
  });
});
