import { expect, test } from 'vitest';
import { kfunc } from './kfunc.js';
import { Layout } from './layout.js';
import { omit } from './mutation.js';
import { writeOnce } from './request.js';
import { buildScenario, givenOf, variantsOf } from './build-scenario.js';
import { scenario } from './define-scenario.js';
import type { Scenario } from './scenario.js';
import { u8 } from './types.js';

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
  expect(scenario(good)).toEqual({ ...good, build: expect.any(Function) as Scenario['build'] });
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
  [
    'asid/rollover@v: expected holds or a violation kind, got "hold"; did you mean holds?',
    withVariant({ expect: 'hold' }),
  ],
  ['asid/rollover@v: expected no rule where nothing is broken, got x', withVariant({ rule: 'x' })],
  [
    "asid/rollover@v: expected one of the scenario's sizes, got cpu; did you mean cpus or cnp?",
    withVariant({ given: { cpu: 1 } }),
  ],
  ['asid/rollover@v: cpus: expected 1 to 8, got 9', withVariant({ suite: { cpus: 9 } })],
  ['asid/rollover@v: mode: expected one of fast, slow, got slw', withVariant({ given: { mode: 'slw' } })],
  ['asid/rollover@v: cnp: expected a boolean, got 1', withVariant({ given: { cnp: 1 } })],
  ['asid/rollover: cpus, suite: expected 3 to Infinity, got 2', withSize({ default: 3, suite: 2, min: 3 })],
  ['asid/rollover: cpus, default: expected -Infinity to 1, got 2', withSize({ max: 1 })],
])('a poor one is refused: %s', (message, definition) => {
  expect(() => scenario(definition)).toThrow(new TypeError(message));
});

test.each<[string, object]>([
  ['scenario: expected an object with name, state, threads and finals, got a function', () => good],
  ['asid/rollover: unknown key "variant"; did you mean variants or invariants?', { ...good, variant: {} }],
  ['asid/rollover: source: expected a text, the seed or commit it is from; got 5', { ...good, source: 5 }],
  ['asid/rollover: given: expected an object of sizes, {} for none, got 5', { ...good, given: 5 }],
  ['asid/rollover: build: expected a function that makes the system, got an object', { ...good, build: {} }],
  ['asid/rollover: cpus: unknown key "mini"; did you mean min?', withSize({ mini: 3 })],
  ['asid/rollover: cpus: expected a size: an object with a default, got 2', { ...good, given: { cpus: 2 } }],
  ['asid/rollover: cpus, default: expected a whole number, got 2.5', withSize({ default: 2.5 })],
  ['asid/rollover@v: unknown key "rules"; did you mean rule?', withVariant({ rules: 'sum' })],
  [
    'asid/rollover@v: expected holds or a violation kind, got undefined; it is one of: holds',
    withVariant({ expect: undefined }),
  ],
  [
    'asid/rollover@v: expected holds or a violation kind, got "dead-lock"; did you mean deadlock?',
    withVariant({ expect: 'dead-lock' }),
  ],
  [
    'asid/rollover@v: only: expected an array of violation kinds and names, got "deadlock"',
    withVariant({ only: 'deadlock' }),
  ],
  ['asid/rollover@7: expected a variant name that is no number', { ...good, variants: { 7: good.variants['v2'] } }],
])('what a compiler would have refused is refused: %s', (message, definition) => {
  expect(() => scenario(definition as Scenario)).toThrow(message);
});

test.each<[string, () => unknown]>([
  ['asid/rollover has no variant "v3"; did you mean v2 or v1?', () => givenOf(good, 'v3')],
  ['asid/rollover has no size "cpu"; did you mean cpus', () => givenOf(good, 'v2', 'default', { cpu: 1 })],
  ['asid/rollover: cpus: expected a whole number, got 1.5', () => givenOf(good, 'v2', 'default', { cpus: 1.5 })],
  ['asid/rollover: expected the size default or suite, got "small"', () => givenOf(good, 'v2', 'small' as 'suite')],
])('sizes that there are not are refused: %s', (message, ask) => {
  expect(ask).toThrow(message);
});

test('what is built cannot ask for a size that is not declared', () => {
  const build = ({ given: { cpsu } }: { given: Readonly<Record<string, unknown>> }): never => {
    throw new Error(String(cpsu));
  };
  const setup = { given: givenOf(good, 'v2'), variant: 'v2', checks: () => true };
  expect(() => buildScenario({ build }, setup)).toThrow('given has no "cpsu"; did you mean cpus');
  expect(() => buildScenario({ build: () => ({}) as never }, setup)).toThrow('layout: expected a Layout');
});

test('a table that tells what the code does besides gives its variants', () => {
  const table = { a: { expect: 'holds', about: 'as it is', bug: 'none' } } as const;
  expect(variantsOf(table)).toEqual({ a: { expect: 'holds', about: 'as it is' } });
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

test('the mutations of a variant are those of the system, whoever builds it', () => {
  const mutation = omit({ in: 'f', step: 'WRITE_ONCE' });
  const layout = new Layout();
  const f = kfunc('f', function* () {
    yield* writeOnce(layout.one('x', u8), 1);
  });
  const made = scenario({
    name: 'mine/mutated',
    asks: 'Is it?',
    source: 'a test',
    given: {},
    variants: {
      good: { expect: 'holds', about: 'as it is' },
      bad: { expect: 'invariant', about: 'nothing is written', mutations: [mutation] },
    },
    build: () => ({ layout, threads: [{ name: 'T', run: () => f() }] }),
  });
  const setup = { given: {}, checks: () => true };
  expect(made.build({ ...setup, variant: 'good' }).mutations).toBeUndefined();
  for (const system of [made.build({ ...setup, variant: 'bad' }), buildScenario(made, { ...setup, variant: 'bad' })])
    expect(system.mutations).toEqual([mutation]);
  expect(() =>
    scenario({
      ...made,
      variants: { bad: { expect: 'holds', about: '', mutations: [{ ...mutation, ...{ stp: 'x' } }] } },
    }),
  ).toThrow('mine/mutated@bad: mutations[0]: unknown key "stp"; did you mean step or at?');
});
