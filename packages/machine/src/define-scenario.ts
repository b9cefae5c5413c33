/** From a scenario as it is written to one that can be built. */
import { mutated, mutationsOf } from './build-scenario.js';
import { placeState, type StateTypes, type World } from './declared-state.js';
import { threadsOf } from './declared-threads.js';
import { isKfunc } from './kfunc.js';
import type { Memory } from './memory.js';
import { namesOf } from './named-values.js';
import type { Comparison, Scenario, Setup, Sizes } from './scenario.js';
import type { Made, ScenarioDefinition, Sections } from './scenario-definition.js';
import { assertDefinition, assertScenario } from './scenario-shape.js';
import type { Invariant, System } from './system.js';

/** Of a scenario that declares none. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- it has no names
type Nothing = Readonly<Record<never, never>>;
type AnyDefinition = ScenarioDefinition<Sizes, string, unknown, StateTypes> & { readonly name: string };
type AnySections = Sections<object, Setup>;

/** The variant of a scenario that declares none. */
const PLAIN: Scenario['variants'] = { plain: { expect: 'holds', about: '' } };

/** A function of a scenario's definition. */
export type WrittenFunction = (...args: never[]) => unknown;

/** The functions that a scenario was written with, by what builds it. */
const written = new WeakMap<Scenario['build'], readonly WrittenFunction[]>();

/**
 * Checks a scenario and completes it: what a model file exports.
 *
 * @throws TypeError when it is incomplete, has a key that means nothing, or contradicts itself: a name that is not
 * `subsystem/question`, no variant, an expectation that is no verdict, a size that is not among `given` or out of its range,
 * a comparison of what there is not
 */
export function scenario<
  const G extends Sizes = Nothing,
  const V extends string = 'plain',
  const C = undefined,
  S extends StateTypes | World = Nothing,
>(definition: ScenarioDefinition<G, V, C, S>): Scenario {
  assertDefinition(definition);
  const given = definition as unknown as AnyDefinition;
  const { name, asks = '', source = '', given: sizes = {}, variants = PLAIN, comparison } = given;
  const made = { name, asks, source, given: sizes, variants, build: builderOf(given, variants) };
  const complete: Scenario = comparison === undefined ? made : { ...made, comparison: comparison as Comparison };
  assertScenario(complete);
  written.set(complete.build, functionsOf(definition));
  return complete;
}

function builderOf(definition: AnyDefinition, variants: Scenario['variants']): Scenario['build'] {
  return (setup) => {
    const code = Object.hasOwn(variants, setup.variant) ? variants[setup.variant].code : undefined;
    const full: Setup = code === undefined ? setup : { ...setup, code };
    const system = definition.build === undefined ? systemOf(definition, full) : definition.build(full);
    return mutated(system, mutationsOf(variants, setup.variant));
  };
}

function systemOf(definition: AnyDefinition, setup: Setup): System {
  const { state = {} } = definition;
  const { layout, placed } = placeState(typeof state === 'function' ? state(setup) : state);
  const { init, threads, invariants, finals, within, ...others } = definition as unknown as AnySections;
  const named = namesOf(placed);
  const make = <T>(section: Made<T, object, Setup>): T =>
    typeof section === 'function' ? (section as (state: object, setup: Setup) => T)(placed, setup) : section;
  const conditions = (section: NonNullable<AnySections['finals']>): Record<string, Invariant> =>
    Object.fromEntries(
      Object.entries(make(section)).map(([name, ask]) => [name, named((now: never) => ask(now, setup))]),
    );
  const { symmetries, mutations = [], monitors, timing } = others;
  const changes = make(mutations);
  return {
    layout,
    threads: threadsOf(make(threads)),
    ...(init !== undefined && {
      init: (memory: Memory) => {
        init(memory, placed, setup);
      },
    }),
    ...(invariants !== undefined && { invariants: conditions(invariants) }),
    ...(finals !== undefined && { finals: conditions(finals) }),
    ...(within !== undefined && { within: named((now: never) => within(now, setup)) }),
    ...(symmetries !== undefined && { symmetries: make(symmetries) }),
    ...(changes.length > 0 && { mutations: changes }),
    ...(monitors !== undefined && { monitors: make(monitors) }),
    ...(timing !== undefined && { timing: make(timing) }),
  };
}

/** Every function of a definition; of a kfunc, its body. */
function functionsOf(definition: object): WrittenFunction[] {
  const inside = (value: unknown): WrittenFunction[] => {
    if (isKfunc(value)) return [value.body];
    if (typeof value === 'function') return [value as WrittenFunction];
    if (typeof value !== 'object' || value === null) return [];
    return Object.values(value).flatMap((one: unknown) => (typeof one === 'function' ? inside(one) : []));
  };
  return Object.values(definition).flatMap(inside);
}

/** The functions that a scenario was written with. */
export function functionsOfScenario({ build }: Pick<Scenario, 'build'>): readonly WrittenFunction[] {
  return written.get(build) ?? [build];
}
