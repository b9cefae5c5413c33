/**
 * Arguments and results that travel through requests, interned to small integers: equal values have equal numbers, and
 * a 64-bit content hash that does not depend on the order in which they were met.
 */
import { Cell, isHandle, type Handle } from './struct.js';

/** What may be an argument or a result of a request or a kfunc: primitives, handles, cells, and flat tuples of these. */
export type Value = Scalar | readonly Scalar[];
/** A value that is not a tuple. */
export type Scalar = number | bigint | boolean | string | null | undefined | Handle | Cell<unknown>;

/** The number of `undefined` in every table. */
export const UNDEFINED_ID = 0;

/** Finalizer of MurmurHash3, the mixing step of every hash here. */
export function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two independent 32-bit hashes of a string. */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b) ^ (b >>> 13);
  }
  return [mix(a ^ text.length), mix(b + text.length)];
}

/** Interned {@link Value}s. */
export class ValueTable {
  readonly #ids = new Map<unknown, number>();
  readonly #texts = new Map<string, number>();
  readonly #values: Value[] = [];
  readonly #h0: number[] = [];
  readonly #h1: number[] = [];

  constructor() {
    for (const value of [undefined, null, false, true]) this.intern(value);
  }

  /** How many values were met. */
  get size(): number {
    return this.#values.length;
  }

  /**
   * The number of `value`.
   *
   * @throws TypeError when it is an object other than a handle or a flat tuple
   */
  intern(value: unknown): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const isTuple = Array.isArray(value);
    const text = isTuple ? tupleText(value as readonly unknown[]) : describe(value).join('');
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.#add((isTuple ? Object.freeze([...(value as readonly unknown[])]) : value) as Value, text);
      this.#texts.set(text, id);
    }
    if (!isTuple) this.#ids.set(value, id);
    return id;
  }

  /** The value whose number is `id`; tuples come frozen. */
  valueOf(id: number): Value {
    return this.#values[id] as Value;
  }

  /** First half of the content hash. */
  hash0(id: number): number {
    return this.#h0[id] as number;
  }

  /** Second half of the content hash. */
  hash1(id: number): number {
    return this.#h1[id] as number;
  }

  #add(value: Value, text: string): number {
    const [a, b] = hashText(text);
    this.#h0.push(a);
    this.#h1.push(b);
    return this.#values.push(value) - 1;
  }
}

function tupleText(tuple: readonly unknown[]): string {
  const elements = tuple.map((element) => {
    const [tag, text] = describe(element);
    return `${tag}${text.length}:${text}`;
  });
  return `[${elements.join('')}]`;
}

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
      throw new TypeError(
        `expected a number, bigint, boolean, string, null, undefined, a handle or a flat tuple of these, got ${nameOf(value)}; ` +
          'put shared data into a struct and pass its view',
      );
  }
}

function nameOf(value: unknown): string {
  return typeof value === 'function' ? `the function ${value.name || '(anonymous)'}` : Object.prototype.toString.call(value);
}
