/**
 * Arguments and results that travel through requests, interned to small integers: equal values have equal numbers, and
 * a 64-bit content hash that does not depend on the order in which they were met.
 */
import { Cell, isHandle, type AnyCell, type Handle } from './struct.js';
import { isSubsystem, type Subsystem } from './subsystem.js';

/**
 * What may be an argument or a result of a request or a kfunc: primitives, handles, cells, subsystems, and flat tuples of
 * these. A tuple travels by value: it is copied and frozen on the way.
 */
export type Value = Scalar | readonly Scalar[];
/** A {@link Value} that is not a tuple. */
export type Scalar = number | bigint | boolean | string | null | undefined | Handle | AnyCell | Subsystem;

/** The number of `undefined` in every {@link ValueTable}; `null`, `false` and `true` follow it in this order. */
export const UNDEFINED_ID = 0;

/**
 * Finalizer of MurmurHash3, the mixing step of every hash here: a bijection of 32-bit integers that maps 0 to 0.
 *
 * @param h - taken modulo 2^32
 * @returns a signed 32-bit integer
 */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two independent 32-bit hashes of a string, signed. The same text has the same hashes in every run. */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) ^ (b >>> 13);
  }
  return [mix(a ^ text.length), mix(b + text.length)];
}

/**
 * `value` as it travels: a tuple becomes a frozen copy, everything else stays what it is.
 *
 * @throws TypeError when it is not a {@link Value}
 */
export function toValue(value: unknown): Value {
  if (!Array.isArray(value)) return assertScalar(value);
  return Object.freeze((value as readonly unknown[]).map(assertScalar));
}

/** Whether a value travels. */
export function isValue(value: unknown): value is Value {
  const isScalar = (one: unknown): boolean =>
    typeof one === 'object'
      ? one === null || one instanceof Cell || isHandle(one) || isSubsystem(one)
      : !['function', 'symbol'].includes(typeof one);
  return Array.isArray(value) ? value.every(isScalar) : isScalar(value);
}

function assertScalar(value: unknown): Scalar {
  switch (typeof value) {
    case 'number':
    case 'bigint':
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
    default:
      if (value === null || value instanceof Cell || isHandle(value) || isSubsystem(value)) return value;
      throw notAValue(value);
  }
}

/** Numbers for {@link Value}s: equal values have equal numbers, in the order in which they were first met. */
export class ValueTable {
  readonly #ids = new Map<unknown, number>();
  readonly #texts = new Map<string, number>();
  readonly #values: Value[] = [];
  readonly #h0: number[] = [];
  readonly #h1: number[] = [];

  /** Makes a table that knows `undefined`, `null`, `false` and `true`. */
  constructor() {
    for (const value of [undefined, null, false, true]) this.intern(value);
  }

  /** How many values were met. */
  get size(): number {
    return this.#values.length;
  }

  /**
   * The number of a value, or of a list of arguments.
   *
   * @param value - a {@link Value}, or an array of them
   * @returns 0 to {@link ValueTable.size} - 1; the same for equal values, tuples being equal element by element
   * @throws TypeError when it is an object other than a handle, a cell or a tuple, a function or a symbol, or when two
   * structs of one name claim the same address
   */
  intern(value: unknown): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const isTuple = Array.isArray(value);
    const text = isTuple ? tupleText(value as readonly unknown[], 1) : describe(value).join('');
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.#add(isTuple ? frozenCopy(value as readonly unknown[]) : (value as Value), text);
      this.#texts.set(text, id);
    } else if (isSubsystem(value)) {
      throw new TypeError(`two subsystems are named ${value.$subsystem}`);
    } else if (isHandle(value)) {
      throw new TypeError(
        `two structs are named ${value.$struct.name} and both have an object at word ${value.$address}`,
      );
    }
    if (!isTuple) this.#ids.set(value, id);
    return id;
  }

  /**
   * The value whose number is `id`; tuples come frozen.
   *
   * @param id - what {@link ValueTable.intern} returned
   */
  valueOf(id: number): Value {
    return this.#values[id];
  }

  /** First half of the content hash of the value whose number is `id`; it does not depend on the order of interning. */
  hash0(id: number): number {
    return this.#h0[id];
  }

  /** Second half of the content hash. */
  hash1(id: number): number {
    return this.#h1[id];
  }

  #add(value: Value, text: string): number {
    const [a, b] = hashText(text);
    this.#h0.push(a);
    this.#h1.push(b);
    return this.#values.push(value === 0 ? 0 : value) - 1;
  }
}

/** `depth` is 1 for a tuple or a list of arguments, 2 for a tuple in such a list. */
function tupleText(tuple: readonly unknown[], depth: 1 | 2): string {
  const elements = tuple.map((element) => {
    if (depth === 1 && Array.isArray(element)) return tupleText(element, 2);
    const [tag, text] = describe(element);
    return `${tag}${text.length}:${text}`;
  });
  return `[${elements.join('')}]`;
}

function frozenCopy(tuple: readonly unknown[]): Value {
  const copy = tuple.map((element: unknown) => (Array.isArray(element) ? frozenCopy(element) : element));
  return Object.freeze(copy) as Value;
}

/** A tag and a text that together no other value has. */
function describe(value: unknown): readonly [string, string] {
  switch (typeof value) {
    case 'number':
      return ['n', String(value)];
    case 'bigint':
      return ['i', String(value)];
    case 'string':
      return ['s', value];
    case 'boolean':
      return ['b', String(value)];
    case 'undefined':
      return ['u', ''];
    default:
      if (value === null) return ['z', ''];
      if (value instanceof Cell) return ['c', `${value.type.name}@${value.address}`];
      if (isHandle(value)) return ['h', `${value.$struct.name}@${value.$address}`];
      if (isSubsystem(value)) return ['m', value.$subsystem];
      throw notAValue(value);
  }
}

function notAValue(value: unknown): TypeError {
  return new TypeError(
    'expected a number, bigint, boolean, string, null, undefined, a handle, a cell, a subsystem or a flat tuple of these, got ' +
      `${nameOf(value)}; put shared data into a struct and pass its view`,
  );
}

function nameOf(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  return Array.isArray(value) ? 'a tuple in a tuple' : Object.prototype.toString.call(value);
}
