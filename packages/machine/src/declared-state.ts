/** The state of a scenario, declared by name: words, structs, arrays, and whatever places itself in a layout. */
import { strictNames } from './given.js';
import { ModelError } from './kernel-bug.js';
import { Layout } from './layout.js';
import { kindOf } from './shape.js';
import type { Slab } from './slab.js';
import { Struct, type AnyStruct, type Cell, type FieldType, type FieldView, type Fields, type View } from './struct.js';
import { ArrayType, ScalarType } from './types.js';

/** Places something in a layout, under a name: `(layout) => defineSrcu(layout, 'srcu', 2)`. */
export type Placer<T> = (layout: Layout, name: string) => T;

/**
 * What places itself, as {@link slab} makes it. An object, not a {@link Placer}: TypeScript puts off calls of generic functions that
 * return functions until it has looked at the functions beside them, so that these would be given a state without names.
 */
export interface StatePart<T> {
  readonly place: Placer<T>;
}

/** A state by name. Each is placed in memory under its name, in this order. */
export type StateTypes = Readonly<Record<string, FieldType | Placer<unknown> | StatePart<unknown>>>;

/** What is placed already, in a layout of its own. */
export interface World {
  /** What lies where in memory. */
  readonly layout: Layout;
}

/** What a state is where code uses it: cells, views, arrays of them, and what placers answer; a world is what it is. */
export type Placed<S> = S extends World
  ? S
  : {
      readonly [K in keyof S]: S[K] extends FieldType
        ? FieldView<S[K]>
        : S[K] extends Placer<infer T> | StatePart<infer T>
          ? T
          : never;
    };

/** State: a pool that kzalloc takes objects from. */
export function slab<F extends Fields>(type: Struct<F>, capacity: number): StatePart<Slab<F>> {
  return { place: (layout, name) => layout.slab(name, type, capacity) };
}

/** State: an array whose element `i` belongs to thread number `i`; see {@link Layout.perThread}. */
export function perThread<T>(type: ScalarType<T>, length: number): StatePart<readonly Cell<T>[]>;
export function perThread<F extends Fields>(type: Struct<F>, length: number): StatePart<readonly View<F>[]>;
export function perThread(type: ScalarType<unknown> | AnyStruct, length: number): StatePart<readonly unknown[]> {
  return { place: (layout, name) => layout.perThread(name, type, length) };
}

/** A state in memory. */
export interface PlacedState {
  readonly layout: Layout;
  /** What was placed, by name. */
  readonly placed: object;
}

/**
 * Places a state.
 *
 * @throws {@link ModelError} for what can be none
 */
export function placeState(declared: unknown): PlacedState {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared))
    throw new ModelError(`state: expected an object of types by name, got ${kindOf(declared)}`);
  if ('layout' in declared) {
    if (declared.layout instanceof Layout) return { layout: declared.layout, placed: declared };
    throw new ModelError(`state.layout: expected the Layout that the state is in, got ${kindOf(declared.layout)}`);
  }
  const layout = new Layout();
  const placed: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(declared)) placed[name] = placeOne(layout, name, one);
  return { layout, placed: Object.freeze(strictNames(placed, 'the state')) };
}

function placeOne(layout: Layout, name: string, one: unknown): unknown {
  if (name === 'get') throw new ModelError('state.get: the name is taken: invariants read cells by it');
  if (isType(one)) return layout.one(name, one);
  if (typeof one === 'function') return (one as Placer<unknown>)(layout, name);
  if (isPart(one)) return one.place(layout, name);
  const hint = one === undefined ? '; is its import spelt right?' : '';
  throw new ModelError(
    `state.${name}: expected a type, such as u8, a struct or array(u8, 4), got ${kindOf(one)}${hint}`,
  );
}

function isPart(value: unknown): value is StatePart<unknown> {
  return typeof value === 'object' && value !== null && 'place' in value && typeof value.place === 'function';
}

function isType(value: unknown): value is FieldType {
  return value instanceof ScalarType || value instanceof ArrayType || value instanceof Struct;
}
