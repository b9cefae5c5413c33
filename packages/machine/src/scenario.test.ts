import { expect, test } from 'vitest';
import { Layout } from './layout.js';
import { scenario, type Scenario } from './scenario.js';

const good: Scenario = {
  name: 'asid/rollover',
  asks: 'Does it hold?',
  source: 'here',
  given: {
    cpus: { default: 2, suite: 1, about: 'CPUs', min: 1, max: 8 },
    mode: { default: 'fast', about: 'mode', oneOf: ['fast', 'slow'] },
    cnp: { default: false, about: 'common-not-private' },
  },
  variants: {
    v2: { expect: 'holds', about: 'as it is' },
    v1: { expect: 'deadlock', rule: 'deadlock', about: 'as it was', given: { cpus: 3 }, suite: { mode: 'slow' } },
  },
  build: () => ({ layout: new Layout(), threads: [] }),
};

test('a good scenario is given back', () => {
  expect(scenario(good)).toBe(good);
});

const withVariant = (variant: object): Scenario => ({
  ...good,
  variants: { v: { expect: 'holds', about: '', ...variant } },
});
const withSize = (spec: object): Scenario => ({
  ...good,
  given: { ...good.given, cpus: { default: 2, about: '', ...spec } },
});

test.each<[string, Scenario]>([
  ['expected a scenario name like subsystem/question, got "asid"', { ...good, name: 'asid' }],
  ['expected a scenario name like subsystem/question, got "ASID/x"', { ...good, name: 'ASID/x' }],
  ['asid/rollover: expected at least one variant', { ...good, variants: {} }],
  ['asid/rollover@v@1: expected a variant name without blanks', { ...good, variants: { 'v@1': good.variants['v2'] } }],
  ['asid/rollover@v: expected holds or a violation kind, got "hold"', withVariant({ expect: 'hold' })],
  ['asid/rollover@v: expected no rule where nothing is broken, got x', withVariant({ rule: 'x' })],
  ["asid/rollover@v: expected one of the scenario's sizes, got cpu", withVariant({ given: { cpu: 1 } })],
  ['asid/rollover@v: cpus: expected 1 to 8, got 9', withVariant({ suite: { cpus: 9 } })],
  ['asid/rollover@v: mode: expected one of fast, slow, got slw', withVariant({ given: { mode: 'slw' } })],
  ['asid/rollover@v: cnp: expected a boolean, got 1', withVariant({ given: { cnp: 1 } })],
  ['asid/rollover: cpus, suite: expected 3 to Infinity, got 2', withSize({ default: 3, suite: 2, min: 3 })],
  ['asid/rollover: cpus, default: expected -Infinity to 1, got 2', withSize({ max: 1 })],
])('a poor one is refused: %s', (message, definition) => {
  expect(() => scenario(definition)).toThrow(new TypeError(message));
});

const closedForm = { about: 'nothing', of: () => 0 };
const comparing = (comparison: object): Scenario => ({
  ...good,
  comparison: { over: 'cpus', measures: 'f', variants: { v1: closedForm, v2: closedForm }, ...comparison },
});

test('a comparison of variants over a size is given back', () => {
  expect(scenario(comparing({})).comparison?.over).toBe('cpus');
});

test.each([
  ['over a size with min and max, got mode', comparing({ over: 'mode' })],
  ['over a size with min and max, got tasks', comparing({ over: 'tasks' })],
  ['variants to compare, got v3', comparing({ variants: { v1: closedForm, v3: closedForm } })],
  ['at least two variants', comparing({ variants: { v1: closedForm } })],
])('a comparison is refused: %s', (text, wrong) => {
  expect(() => scenario(wrong)).toThrow(text);
});
