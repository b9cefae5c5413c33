/** The values that a state holds, by name: what invariants are given. A value is read from memory where it is asked for. */
import { strictNames } from './given.js';
import { ModelError } from './kernel-bug.js';
import type { MemoryReader } from './memory.js';
import { Cell, isHandle, type AnyStruct, type Handle } from './struct.js';

/**
 * What something of a state is where its value is asked for: a cell its value, a view an object of values by field, a pointer
 * that of what it points to, an array an array of these. Anything else is what it is.
 */
export type Values<T> =
  T extends Cell<infer V>
    ? Pointee<V>
    : T extends Handle
      ? { readonly [K in Exclude<keyof T, keyof Handle>]: Values<T[K]> }
      : T extends readonly (infer E)[]
        ? readonly Values<E>[]
        : T;
type Pointee<V> = V extends Handle ? Values<V> : V;

/** Memory, and the values of a state by name. */
export type NamedMemory<P> = MemoryReader & { readonly [K in Exclude<keyof P, keyof MemoryReader>]: Values<P[K]> };

/** A function of memory as a system has it, of one that is given the names of a state too. */
export type Named = <R>(ask: (memory: never) => R) => (memory: MemoryReader) => R;

/**
 * Gives functions of memory the names of a state.
 *
 * @param state - objects of one layout, by name
 */
export function namesOf(state: object): Named {
  let current: MemoryReader | undefined;
  const now = (): MemoryReader => {
    if (current === undefined)
      throw new ModelError(
        'a value of the state is asked for outside of the function that was given it; copy it there',
      );
    return current;
  };
  const reader = readerOf(now);
  const named: object = { get: <T>(cell: Cell<T>): T => now().get(cell) };
  for (const [name, thing] of Object.entries(state)) if (name !== 'get') define(named, name, reader(thing));
  strictNames(named, 'the state');
  return (ask) => (memory) => {
    const before = current;
    current = memory;
    try {
      return ask(named as never);
    } finally {
      current = before;
    }
  };
}

type Getter = () => unknown;

/** How each thing of a state is read. */
function readerOf(now: () => MemoryReader): (thing: unknown) => Getter {
  const views = new Map<AnyStruct, Map<number, object>>();
  const viewOf = (handle: Handle): object => {
    const known = views.get(handle.$struct) ?? new Map<number, object>();
    views.set(handle.$struct, known);
    const view = known.get(handle.$address) ?? {};
    if (known.has(handle.$address)) return view;
    known.set(handle.$address, view);
    for (const [field, thing] of Object.entries(handle)) define(view, field, reader(thing));
    return strictNames(view, handle.$struct.name);
  };
  const reader = (thing: unknown): Getter => {
    if (thing instanceof Cell)
      return () => {
        const value: unknown = now().get(thing);
        return isHandle(value) ? viewOf(value) : value;
      };
    if (isHandle(thing)) return () => viewOf(thing);
    if (!Array.isArray(thing)) return () => thing;
    let elements: unknown[] | undefined;
    return () => {
      if (elements !== undefined) return elements;
      elements = [];
      for (const [i, element] of (thing as readonly unknown[]).entries()) define(elements, String(i), reader(element));
      return elements;
    };
  };
  return reader;
}

function define(owner: object, name: string, get: Getter): void {
  Object.defineProperty(owner, name, { get, enumerable: true });
}
