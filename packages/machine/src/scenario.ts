/** A scenario is data: one question, the code variants it is asked of, and the answer expected for each. */
import { VIOLATION_KINDS, type ViolationKind } from './kernel-bug.js';
import type { System } from './system.js';

/** A named size or switch of a scenario. */
export type Given = number | string | boolean;

/** What may be set, its default, and the smaller value of the suite. */
export interface GivenSpec {
  /** Its value unless it is set; its type is the type of every value. */
  readonly default: Given;
  /** Value in the suite; the default if absent. */
  readonly suite?: Given;
  /** One phrase for `list`. */
  readonly about: string;
  /** Least value allowed, for a number. */
  readonly min?: number;
  /** Greatest value allowed, for a number. */
  readonly max?: number;
  /** The values allowed, for a string. */
  readonly oneOf?: readonly string[];
}

/** Code as it was, is, or would be with one line broken. */
export interface Variant {
  /** The verdict expected at the suite size. */
  readonly expect: 'holds' | ViolationKind;
  /** The invariant or rule that must be the one broken. */
  readonly rule?: string;
  /** One sentence: what is different here. */
  readonly about: string;
  /** Follows from the real code, but was never reported. */
  readonly finding?: boolean;
  /** Whether the suite prints its counterexample below the table. */
  readonly isShown?: boolean;
  /** The seed or commit it is from, where that is not the scenario's. */
  readonly source?: string;
  /** Sizes that differ from the scenario's, at any size. */
  readonly given?: Readonly<Record<string, Given>>;
  /** Sizes that differ from the scenario's, in the suite. */
  readonly suite?: Readonly<Record<string, Given>>;
  /** Violation kinds and names that count unless told otherwise, where others come first that are not what is asked. */
  readonly only?: readonly string[];
  /** Strategy that `check` and `suite` take unless told otherwise; default `dfs`. */
  readonly strategy?: string;
}

/** What a scenario is built from. */
export interface Setup {
  /** Every name of {@link Scenario.given} with its value. */
  readonly given: Readonly<Record<string, Given>>;
  /** One of the names of {@link Scenario.variants}. */
  readonly variant: string;
  /** Whether a violation of this kind or name counts, so that hardware which only that check can see may be left out. */
  readonly checks: (kindOrRule: string) => boolean;
}

/** One question about a protocol. */
export interface Scenario {
  /** `subsystem/question`. */
  readonly name: string;
  /** The question, one sentence. */
  readonly asks: string;
  /** The seed or commit it is from. */
  readonly source: string;
  /** What may be set, by name. */
  readonly given: Readonly<Record<string, GivenSpec>>;
  /** By name; the first is the code as it should be. */
  readonly variants: Readonly<Record<string, Variant>>;
  /** Makes the model; a pure function of the setup. */
  readonly build: (setup: Setup) => System;
  /** For a scenario whose systems have a {@link System.timing}: what is to be compared. */
  readonly comparison?: Comparison;
}

/** Which variants are compared in virtual time, by what, and over what. */
export interface Comparison {
  /** The size, a number with a least and a greatest value, over which they are compared unless told otherwise. */
  readonly over: string;
  /** The kernel's name of the function whose calls are timed; the longest counts. */
  readonly measures: string;
  /** The variants, two or more. The first is what the others are compared with. */
  readonly variants: Readonly<Record<string, ClosedForm>>;
}

/** What a variant should take, by a formula that knows nothing of the model. */
export interface ClosedForm {
  /** A few words: the title of its column. */
  readonly about: string;
  /** Nanoseconds. A pure function of the sizes. */
  readonly of: (given: Readonly<Record<string, Given>>) => number;
}

/**
 * Checks a scenario and gives it back: what a model file exports.
 *
 * @throws TypeError when it is incomplete or contradicts itself: a name that is not `subsystem/question`, no variant, an
 * expectation that is no verdict, a size that is not among `given` or out of its range, a comparison of what there is not
 */
export function scenario(definition: Scenario): Scenario {
  const { name, variants, given } = definition;
  if (!/^[a-z0-9-]+\/[a-z0-9-]+$/.test(name))
    throw new TypeError(`expected a scenario name like subsystem/question, got ${JSON.stringify(name)}`);
  if (Object.keys(variants).length === 0) throw new TypeError(`${name}: expected at least one variant`);
  for (const [size, spec] of Object.entries(given)) assertSpec(`${name}: ${size}`, spec);
  for (const [key, variant] of Object.entries(variants)) assertVariant(`${name}@${key}`, key, variant, given);
  assertComparison(definition);
  return definition;
}

/** Which sizes a scenario takes: its defaults, or the smaller ones of the suite. */
export type Size = 'default' | 'suite';

/**
 * The sizes of a variant.
 *
 * @param changed - sizes that differ from what the scenario and the variant say
 * @throws TypeError for a variant or a size that the scenario does not have, and for a value it does not allow
 */
export function givenOf(
  { name, given, variants }: Scenario,
  variant: string,
  size: Size = 'default',
  changed: Readonly<Record<string, Given>> = {},
): Readonly<Record<string, Given>> {
  if (!Object.hasOwn(variants, variant))
    throw new TypeError(`${name}: expected a variant of ${Object.keys(variants).join(', ')}, got ${variant}`);
  for (const [key, value] of Object.entries(changed)) {
    if (!Object.hasOwn(given, key))
      throw new TypeError(`${name}: expected a size of ${Object.keys(given).join(', ')}, got ${key}`);
    assertAllowed(`${name}: ${key}`, value, given[key]);
  }
  const isSuite = size === 'suite';
  const sizes = Object.entries(given).map(([key, spec]) => [key, (isSuite ? spec.suite : undefined) ?? spec.default]);
  const { given: always, suite } = variants[variant];
  return { ...(Object.fromEntries(sizes) as Record<string, Given>), ...always, ...(isSuite && suite), ...changed };
}

function assertSpec(what: string, spec: GivenSpec): void {
  assertAllowed(`${what}, default`, spec.default, spec);
  if (spec.suite !== undefined) assertAllowed(`${what}, suite`, spec.suite, spec);
}

function assertVariant(what: string, key: string, variant: Variant, given: Scenario['given']): void {
  if (!/^[A-Za-z0-9._-]+$/.test(key)) throw new TypeError(`${what}: expected a variant name without blanks`);
  const { expect, rule } = variant;
  if (expect !== 'holds' && !VIOLATION_KINDS.includes(expect))
    throw new TypeError(`${what}: expected holds or a violation kind, got ${JSON.stringify(expect)}`);
  if (expect === 'holds' && rule !== undefined)
    throw new TypeError(`${what}: expected no rule where nothing is broken, got ${rule}`);
  for (const [size, value] of [...Object.entries(variant.given ?? {}), ...Object.entries(variant.suite ?? {})]) {
    const spec = given[size] as GivenSpec | undefined;
    if (spec === undefined) throw new TypeError(`${what}: expected one of the scenario's sizes, got ${size}`);
    assertAllowed(`${what}: ${size}`, value, spec);
  }
}

function assertComparison({ name, given, variants, comparison }: Scenario): void {
  if (comparison === undefined) return;
  const { over, variants: compared } = comparison;
  const spec = given[over] as GivenSpec | undefined;
  if (spec?.min === undefined || spec.max === undefined)
    throw new TypeError(`${name}: expected a comparison over a size with min and max, got ${over}`);
  const unknown = Object.keys(compared).find((variant) => !Object.hasOwn(variants, variant));
  if (unknown !== undefined) throw new TypeError(`${name}: expected variants to compare, got ${unknown}`);
  if (Object.keys(compared).length < 2) throw new TypeError(`${name}: expected at least two variants to compare`);
}

function assertAllowed(what: string, value: Given, { default: standard, min, max, oneOf }: GivenSpec): void {
  if (typeof value !== typeof standard) throw new TypeError(`${what}: expected a ${typeof standard}, got ${value}`);
  if (typeof value === 'number' && !(value >= (min ?? -Infinity) && value <= (max ?? Infinity)))
    throw new TypeError(`${what}: expected ${min ?? -Infinity} to ${max ?? Infinity}, got ${value}`);
  if (typeof value === 'string' && oneOf !== undefined && !oneOf.includes(value))
    throw new TypeError(`${what}: expected one of ${oneOf.join(', ')}, got ${value}`);
}
