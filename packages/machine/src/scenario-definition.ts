/** How a scenario is written: its state by name, and functions that are given that state. */
import { namesOf, type NamedMemory } from './named-values.js';
import { placeState, type Placed, type StateTypes, type World } from './declared-state.js';
import { threadsOf, type Threads } from './declared-threads.js';
import { isKfunc } from './kfunc.js';
import type { Memory } from './memory.js';
import type { Monitors } from './monitor.js';
import type { Mutation } from './mutation.js';
import {
  mutated,
  mutationsOf,
  type ClosedForm,
  type Comparison,
  type Scenario,
  type Setup,
  type Sizes,
  type Variant,
} from './scenario.js';
import { assertDefinition, assertScenario } from './scenario-shape.js';
import type { Invariant, ScalarSet, System, Timing } from './system.js';

/** Something of a system, or a function of the state that makes it. */
type Made<T, P, U> = T | ((state: P, setup: U) => T);
/** A condition: is given memory, in which the values of the state are found by name. Answers as an {@link Invariant} does. */
type Condition<P, U> = (now: NamedMemory<P>, setup: U) => boolean | string;
type Conditions<P, U> = Readonly<Record<string, Condition<P, U>>>;

/** A scenario as it is written. */
export interface ScenarioDefinition<G, V extends string, C, S> extends Sections<Placed<S>, Setup<G, V, C>> {
  /** `subsystem/question`. */
  readonly name: string;
  /** The question, one sentence. */
  readonly asks?: string;
  /** The seed or commit it is from. */
  readonly source?: string;
  /** What may be set, by name. */
  readonly given?: G;
  /** By name; the first is the code as it should be. Without any there is one, `plain`, which is to hold. */
  readonly variants?: Readonly<Record<V, Variant<NoInfer<G>, C>>>;
  /** For a scenario whose systems have a {@link System.timing}: what is to be compared. */
  readonly comparison?: Omit<Comparison, 'variants'> & {
    readonly variants: Partial<Readonly<Record<NoInfer<V>, ClosedForm<NoInfer<G>>>>>;
  };
  /** What lies in memory, by name: types, or what a function of a package has placed in a layout of its own. */
  readonly state?: S | ((setup: Setup<NoInfer<G>, NoInfer<V>, NoInfer<C>>) => S);
  /** Makes the whole system, where a function has it whole: instead of the state and what is made of it. */
  readonly build?: (setup: Setup<NoInfer<G>, NoInfer<V>, NoInfer<C>>) => System;
}

/** What is made of the state: the parts of a {@link System}. */
interface Sections<P, U> {
  /** Fills in the initial state; everything is zero before. */
  readonly init?: (memory: Memory, state: P, setup: U) => void;
  /** What runs: generator functions, by name or in a list. */
  readonly threads?: Made<Threads, P, U>;
  /** Checked in every state. */
  readonly invariants?: Made<Conditions<P, U>, P, U>;
  /** Checked at the end, see {@link System.finals}. */
  readonly finals?: Made<Conditions<P, U>, P, U>;
  /** States outside are not explored, see {@link System.within}. */
  readonly within?: (now: NamedMemory<P>, setup: U) => boolean;
  /** See {@link System.symmetries}. */
  readonly symmetries?: Made<readonly ScalarSet[], P, U>;
  /** What differs from the code, whatever the variant; see {@link System.mutations}. */
  readonly mutations?: Made<readonly Mutation[], P, U>;
  /** What the specification notes of the code while it runs, by name; see {@link System.monitors}. */
  readonly monitors?: Made<Monitors, P, U>;
  /** See {@link System.timing}. */
  readonly timing?: Made<Timing, P, U>;
}

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
