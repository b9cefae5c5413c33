import { check } from '@shootdown/explore';
import { describe, expect, it } from 'vitest';
import * as scenarios from './index.js';

describe.each(Object.values(scenarios))('$name at its suite size', (scenario) => {
  it.each(Object.entries(scenario.variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict $rule',
    { timeout: 120_000 },
    async ({ name, verdict, rule }) => {
      const result = await check(scenario, { variant: name, size: 'suite' });
      expect(result.violation?.kind ?? result.verdict).toBe(verdict);
      expect(result.complete).toBe(verdict === 'holds');
      if (rule !== undefined) expect(result.violation?.name).toBe(rule);
    },
  );
});
