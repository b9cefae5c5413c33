/** From a scenario to the system of one of its variants. */
import { suggestion } from './close-matches.js';
import { strictGiven } from './given.js';
import type { Mutation } from './mutation.js';
import type { Given, Scenario, Setup, Size, Variant } from './scenario.js';
import { VARIANT, assertAllowed } from './scenario-shape.js';
import type { System } from './system.js';
import { assertSystem } from './system-shape.js';
import { textOf } from './text.js';

/** The mutations of a variant. */
export function mutationsOf(variants: Scenario['variants'], variant: string): readonly Mutation[] | undefined {
  return Object.hasOwn(variants, variant) ? variants[variant].mutations : undefined;
}

/**
 * The system with mutations, those that it has already but once.
 *
 * @param more - of the variant, or of whoever builds it
 */
export function mutated(system: System, more: readonly Mutation[] | undefined): System {
  if (more === undefined) return system;
  const { mutations = [] } = system;
  return { ...system, mutations: [...mutations, ...more.filter((one) => !mutations.includes(one))] };
}

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
