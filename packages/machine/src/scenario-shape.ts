/** What is asked of a scenario: it comes from code that nobody need have type-checked. */
import { suggestion } from './close-matches.js';
import { VIOLATION_KINDS } from './kernel-bug.js';
import { assertMutations } from './mutation.js';
import type { ClosedForm, Comparison, Given, GivenSpec, Scenario, Variant } from './scenario.js';
import type { ScenarioDefinition } from './scenario-definition.js';
import { assertKeys, assertRecord, isAsync, kindOf, type AnyRecord, type Keys } from './shape.js';
import { textOf } from './text.js';

const SCENARIO: Keys<Scenario> = {
  name: true,
  asks: true,
  source: true,
  given: true,
  variants: true,
  build: true,
  comparison: true,
};
const DEFINITION: Keys<ScenarioDefinition<never, never, never, never>> = {
  ...SCENARIO,
  state: true,
  init: true,
  threads: true,
  invariants: true,
  finals: true,
  within: true,
  symmetries: true,
  mutations: true,
  monitors: true,
  timing: true,
};
/** What is a function, and of what. */
const FUNCTIONS = {
  build: 'a function that makes the system',
  init: 'a function that sets the initial state',
  within: 'a function of the state',
} as const;
const RECORDS = ['invariants', 'finals'] as const;
/** What is made of the state, and not where there is a function that makes everything. */
const SECTIONS = ['state', 'init', ...RECORDS, 'within', 'symmetries', 'mutations', 'monitors', 'timing'] as const;
/** What a variant may have. */
export const VARIANT: Keys<Variant> = {
  expect: true,
  rule: true,
  about: true,
  finding: true,
  isShown: true,
  source: true,
  given: true,
  suite: true,
  only: true,
  strategy: true,
  mutations: true,
  code: true,
};
const SPEC: Keys<GivenSpec> = { default: true, suite: true, about: true, min: true, max: true, oneOf: true };
const COMPARISON: Keys<Comparison> = { over: true, measures: true, variants: true };
const CLOSED_FORM: Keys<ClosedForm> = { about: true, of: true };

const SCENARIO_NAME = /^[a-z0-9-]+\/[a-z0-9-]+$/;
const VARIANT_NAME = /^[A-Za-z0-9._-]+$/;
const SIZE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** Tokens have it for what counts. */
const TAKEN = 'only';

const raise = (message: string): TypeError => new TypeError(message);

/** What the texts of a scenario are for. */
const TEXTS = { asks: 'the question, one sentence', source: 'the seed or commit it is from' } as const;

/**
 * Checks what is written of a scenario besides what {@link assertScenario} checks when it is complete.
 *
 * @throws TypeError when it has no threads, or a part that is no part; the message begins with its name
 */
export function assertDefinition(value: unknown): void {
  assertRecord('scenario', value, 'an object with name, state, threads and finals', raise);
  const { name, threads, build } = value;
  if (typeof name !== 'string' || !SCENARIO_NAME.test(name))
    throw raise(`expected a scenario name like subsystem/question, got ${textOf(name)}`);
  assertKeys(name, value, DEFINITION, raise);
  for (const [key, what] of Object.entries(FUNCTIONS))
    if (value[key] !== undefined && (typeof value[key] !== 'function' || isAsync(value[key])))
      throw raise(`${name}: ${key}: expected ${what}, got ${kindOf(value[key])}`);
  if (build !== undefined) {
    const both = ['threads', ...SECTIONS].find((key) => value[key] !== undefined);
    if (both === undefined) return;
    throw raise(`${name}: expected either build, which makes the whole system, or ${both}, got both`);
  }
  if (typeof threads !== 'function' && (typeof threads !== 'object' || threads === null))
    throw raise(
      `${name}: threads: expected generator functions, by name or in a list, or a function that makes them of the state, got ${kindOf(threads)}`,
    );
  for (const key of RECORDS) if (typeof value[key] !== 'function') assertConditions(`${name}: ${key}`, value[key]);
}

function assertConditions(what: string, conditions: unknown): void {
  if (conditions === undefined) return;
  assertRecord(what, conditions, 'an object of functions, by name', raise);
  for (const [name, one] of Object.entries(conditions))
    if (typeof one !== 'function' || isAsync(one))
      throw raise(`${what}.${name}: expected a function of the state, got ${kindOf(one)}`);
}

/**
 * Checks a scenario.
 *
 * @throws TypeError when it is incomplete, has keys that mean nothing, or contradicts itself; the message begins with its name
 */
export function assertScenario(value: unknown): asserts value is Scenario {
  assertRecord('scenario', value, 'an object with name, asks, source, given, variants and build', raise);
  const { name, given, variants, build, comparison } = value;
  if (typeof name !== 'string' || !SCENARIO_NAME.test(name))
    throw raise(`expected a scenario name like subsystem/question, got ${textOf(name)}`);
  assertKeys(name, value, SCENARIO, raise);
  for (const [key, about] of Object.entries(TEXTS)) assertText(`${name}: ${key}`, value[key], about);
  assertRecord(`${name}: given`, given, 'an object of sizes, {} for none', raise);
  assertRecord(`${name}: variants`, variants, 'an object of variants, by name', raise);
  if (typeof build !== 'function')
    throw raise(`${name}: build: expected a function that makes the system, got ${kindOf(build)}`);
  for (const [size, spec] of Object.entries(given)) assertSpec(`${name}: ${size}`, size, spec);
  if (Object.keys(variants).length === 0) throw raise(`${name}: expected at least one variant`);
  for (const [key, variant] of Object.entries(variants))
    assertVariant(`${name}@${key}`, key, variant, given as Scenario['given']);
  if (comparison !== undefined) assertComparison(name, comparison, given, variants);
}

function assertText(what: string, value: unknown, about: string): void {
  if (typeof value !== 'string') throw raise(`${what}: expected a text, ${about}; got ${kindOf(value)}`);
}

function assertSpec(what: string, size: string, spec: unknown): asserts spec is GivenSpec {
  if (!SIZE_NAME.test(size)) throw raise(`${what}: expected the name of a size to be of letters, digits, - and _`);
  if (size === TAKEN) throw raise(`${what}: the name ${TAKEN} is taken`);
  assertRecord(what, spec, 'a size: an object with a default', raise);
  assertKeys(what, spec, SPEC, raise);
  const { default: standard, about, min, max, oneOf } = spec;
  if (!['number', 'string', 'boolean'].includes(typeof standard))
    throw raise(`${what}, default: expected a number, a text or a boolean, got ${kindOf(standard)}`);
  if (about !== undefined) assertText(`${what}, about`, about, 'one phrase for list');
  for (const [key, bound] of [
    ['min', min],
    ['max', max],
  ] as const)
    // prettier-ignore
    if (bound !== undefined && (typeof standard !== 'number' || typeof bound !== 'number'))
      throw raise(`${what}, ${key}: expected a number, and a number as the default, got ${kindOf(bound)}`);
  const isChoice = Array.isArray(oneOf) && oneOf.every((one) => typeof one === 'string');
  if (oneOf !== undefined && !(isChoice && typeof standard === 'string'))
    throw raise(`${what}, oneOf: expected an array of texts, and a text as the default, got ${kindOf(oneOf)}`);
  assertAllowed(`${what}, default`, standard, spec as unknown as GivenSpec);
  if (spec['suite'] !== undefined) assertAllowed(`${what}, suite`, spec['suite'], spec as unknown as GivenSpec);
}

function assertVariant(what: string, key: string, variant: unknown, given: Scenario['given']): void {
  if (!VARIANT_NAME.test(key)) throw raise(`${what}: expected a variant name without blanks`);
  if (/^\d+$/.test(key))
    throw raise(`${what}: expected a variant name that is no number: JavaScript would put it before the others`);
  assertRecord(what, variant, 'a variant: an object with expect', raise);
  assertKeys(what, variant, VARIANT, raise);
  const { expect, rule, about, only, strategy, mutations } = variant;
  assertVerdict(what, expect);
  if (about !== undefined) assertText(`${what}: about`, about, 'what is different here, one sentence');
  if (rule !== undefined && typeof rule !== 'string')
    throw raise(`${what}: rule: expected the name of an invariant or a rule, got ${kindOf(rule)}`);
  if (expect === 'holds' && rule !== undefined)
    throw raise(`${what}: expected no rule where nothing is broken, got ${rule}`);
  if (only !== undefined && !(Array.isArray(only) && only.length > 0 && only.every((one) => typeof one === 'string')))
    throw raise(`${what}: only: expected an array of violation kinds and names, got ${kindOf(only)}`);
  if (strategy !== undefined) assertText(`${what}: strategy`, strategy, 'how to search');
  if (mutations !== undefined) assertMutations(`${what}: mutations`, mutations, raise);
  for (const key of ['given', 'suite'] as const) assertSizes(`${what}: ${key}`, what, variant[key], given);
}

function assertVerdict(what: string, expect: unknown): void {
  const known: readonly string[] = ['holds', ...VIOLATION_KINDS];
  if (typeof expect === 'string' && known.includes(expect)) return;
  const hint =
    typeof expect === 'string' ? suggestion(expect, known, 'it is one of') : `it is one of: ${known.join(', ')}`;
  throw raise(`${what}: expected holds or a violation kind, got ${textOf(expect)}; ${hint}`);
}

function assertSizes(what: string, variant: string, sizes: unknown, given: Scenario['given']): void {
  if (sizes === undefined) return;
  assertRecord(what, sizes, 'an object of sizes', raise);
  for (const [size, value] of Object.entries(sizes)) {
    if (!Object.hasOwn(given, size))
      throw raise(
        `${variant}: expected one of the scenario's sizes, got ${size}; ${suggestion(size, Object.keys(given), 'it has')}`,
      );
    assertAllowed(`${variant}: ${size}`, value, given[size]);
  }
}

function assertComparison(name: string, comparison: unknown, given: AnyRecord, variants: AnyRecord): void {
  assertRecord(`${name}: comparison`, comparison, 'an object with over, measures and variants', raise);
  assertKeys(`${name}: comparison`, comparison, COMPARISON, raise);
  const { over, measures, variants: compared } = comparison;
  const spec = typeof over === 'string' && Object.hasOwn(given, over) ? (given[over] as GivenSpec) : undefined;
  if (spec?.min === undefined || spec.max === undefined)
    throw raise(`${name}: expected a comparison over a size with min and max, got ${String(over)}`);
  assertText(`${name}: comparison.measures`, measures, 'the function whose calls are timed');
  assertRecord(`${name}: comparison.variants`, compared, 'an object of closed forms, by variant', raise);
  const unknown = Object.keys(compared).find((variant) => !Object.hasOwn(variants, variant));
  if (unknown !== undefined)
    throw raise(
      `${name}: expected variants to compare, got ${unknown}; ${suggestion(unknown, Object.keys(variants), 'it has')}`,
    );
  if (Object.keys(compared).length < 2) throw raise(`${name}: expected at least two variants to compare`);
  for (const [variant, form] of Object.entries(compared)) {
    assertRecord(`${name}: comparison.variants.${variant}`, form, 'an object with about and of', raise);
    assertKeys(`${name}: comparison.variants.${variant}`, form, CLOSED_FORM, raise);
  }
}

/**
 * Checks the value of a size.
 *
 * @throws TypeError when the scenario does not allow it
 */
export function assertAllowed(
  what: string,
  value: unknown,
  { default: standard, min, max, oneOf }: GivenSpec,
): asserts value is Given {
  if (typeof value !== typeof standard) throw raise(`${what}: expected a ${typeof standard}, got ${textOf(value)}`);
  if (typeof value === 'number' && !Number.isInteger(value))
    throw raise(`${what}: expected a whole number, got ${value}`);
  if (typeof value === 'number' && !(value >= (min ?? -Infinity) && value <= (max ?? Infinity)))
    throw raise(`${what}: expected ${min ?? -Infinity} to ${max ?? Infinity}, got ${value}`);
  if (typeof value === 'string' && oneOf !== undefined && !oneOf.includes(value))
    throw raise(`${what}: expected one of ${oneOf.join(', ')}, got ${value}`);
}
