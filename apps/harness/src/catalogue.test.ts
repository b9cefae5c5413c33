import { describe, expect, test } from 'vitest';
import { benchScenarios } from './bench/cases.js';
import { catalogue } from './catalogue.js';
import { flawOf } from './scenario-shape.js';

describe('every scenario that ships', () => {
  test('has a name of its own', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toContain('locks/peterson');
  });

  test.each([...catalogue, ...benchScenarios].map((scenario) => [scenario.name, scenario] as const))(
    '%s is well formed',
    (_, scenario) => {
      expect(flawOf(scenario)).toBeUndefined();
    },
  );

  test.each(catalogue.map((scenario) => [scenario.name, scenario] as const))(
    '%s has a variant that must be violated beside one that holds',
    (_, { variants }) => {
      const expected = Object.values(variants).map(({ expect: verdict }) => verdict === 'holds');
      if (expected.includes(true)) expect(expected).toContain(false);
    },
  );
});
