/** A scenario is data: one question, the code variants it is asked of, and the answer expected for each. */
import { suggestion } from './close-matches.js';
import { strictGiven } from './given.js';
import type { ViolationKind } from './kernel-bug.js';
import type { Mutation } from './mutation.js';
import { VARIANT, assertAllowed, assertScenario } from './scenario-shape.js';
import type { System } from './system.js';
import { assertSystem } from './system-shape.js';
import { textOf } from './text.js';

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
  /** What its code leaves out, or does otherwise, than the code that {@link Scenario.build} makes. */
  readonly mutations?: readonly Mutation[];
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
 * @throws TypeError when it is incomplete, has a key that means nothing, or contradicts itself: a name that is not
 * `subsystem/question`, no variant, an expectation that is no verdict, a size that is not among `given` or out of its range,
 * a comparison of what there is not
 */
export function scenario(definition: Scenario): Scenario {
  assertScenario(definition);
  const { build, variants } = definition;
  if (Object.values(variants).every(({ mutations }) => mutations === undefined)) return definition;
  return { ...definition, build: (setup) => mutated(build(setup), mutationsOf(variants, setup.variant)) };
}

function mutationsOf(variants: Scenario['variants'], variant: string): readonly Mutation[] | undefined {
  return Object.hasOwn(variants, variant) ? variants[variant].mutations : undefined;
}

/** The system with mutations, those that it has already but once. */
function mutated(system: System, more: readonly Mutation[] | undefined): System {
  if (more === undefined) return system;
  const { mutations = [] } = system;
  return { ...system, mutations: [...mutations, ...more.filter((one) => !mutations.includes(one))] };
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
    throw new TypeError(
      `${name} has no variant ${textOf(variant)}; ${suggestion(variant, Object.keys(variants), 'it has')}`,
    );
  if (size !== 'default' && size !== 'suite')
    throw new TypeError(`${name}: expected the size default or suite, got ${textOf(size)}`);
  for (const [key, value] of Object.entries(changed)) {
    if (!Object.hasOwn(given, key))
      throw new TypeError(
        `${name} has no size ${JSON.stringify(key)}; ${suggestion(key, Object.keys(given), 'it has')}`,
      );
    assertAllowed(`${name}: ${key}`, value, given[key]);
  }
  const isSuite = size === 'suite';
  const sizes = Object.entries(given).map(([key, spec]) => [key, (isSuite ? spec.suite : undefined) ?? spec.default]);
  const { given: always, suite } = variants[variant];
  return { ...(Object.fromEntries(sizes) as Record<string, Given>), ...always, ...(isSuite && suite), ...changed };
}

/**
 * The variants of a table that tells, beside each, what its code does differently: only what a variant may have is kept.
 *
 * @param table - by name
 */
export function variantsOf(table: Readonly<Record<string, Variant>>): Readonly<Record<string, Variant>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, row]) => [
      name,
      Object.fromEntries(Object.entries(row).filter(([key]) => Object.hasOwn(VARIANT, key))) as unknown as Variant,
    ]),
  );
}

/**
 * Builds a variant of a scenario, which cannot ask for a size that it does not declare.
 *
 * @param more - what else differs from the code, besides the mutations of the variant
 * @throws {@link ModelError} when it does, and when what it builds is no system
 */
export function buildScenario(
  { build, variants = {} }: Pick<Scenario, 'build'> & Partial<Pick<Scenario, 'variants'>>,
  setup: Setup,
  more?: readonly Mutation[],
): System {
  const system: unknown = build({ ...setup, given: strictGiven(setup.given) });
  assertSystem(system);
  const built = mutated(mutated(system, mutationsOf(variants, setup.variant)), more);
  assertSystem(built);
  return built;
}
