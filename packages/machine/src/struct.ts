/**
 * Structs in model memory. A struct is a definition; a view is a typed handle, (struct, address), that holds no data:
 * its fields are cells, which requests read and write. Views are interned, so `===` compares pointers.
 */
import { textOf } from './text.js';
import { ArrayType, ScalarType } from './types.js';

/** A typed pointer: what kfuncs and requests take as an argument and may return. */
export interface Handle {
  /** Address of its first word, at least 1. */
  readonly $address: number;
  /** The struct it is a view of. */
  readonly $struct: AnyStruct;
}

/** One scalar in model memory: an address and how its words are read. It holds no value. */
export class Cell<T> {
  /** Address of its first word. */
  readonly address: number;
  /** How the words become a value, and who guards them. */
  readonly type: ScalarType<T>;
  /** The request last made to read it, so that the next one need not be made. */
  lastRead: unknown;

  /**
   * Cells come from views and layouts; only a package that lays out memory of its own makes one.
   *
   * @param address - word address, at least 1
   */
  constructor(address: number, type: ScalarType<T>) {
    this.address = address;
    this.type = type;
  }
}

/** A cell, whatever its type. A `Cell<number>` is no `Cell<unknown>`, for that could be written with anything. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
export type AnyCell = Cell<any>;

/** What a field of a struct may be. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any scalar, whatever its value
export type FieldType = ScalarType<any> | ArrayType<any> | AnyStruct;
/** The fields of a struct by name, in memory order. */
export type Fields = Readonly<Record<string, FieldType>>;

/** What a field looks like in a view: a {@link Cell}, an array of them, or the view of an embedded struct. */
export type FieldView<F> =
  F extends ScalarType<infer T>
    ? Cell<T>
    : F extends ArrayType<infer E>
      ? readonly FieldView<E>[]
      : F extends Struct<infer G>
        ? View<G>
        : never;

/** A handle with one property for each field. Nothing in it can be assigned: fields change through requests. */
export type View<F extends Fields> = Handle & { readonly [K in keyof F]: FieldView<F[K]> };
/** The view of a struct: `ViewOf<typeof Npu>`. */
export type ViewOf<S> = S extends Struct<infer F> ? View<F> : never;
/** Any struct, for code that does not care about the fields. */
export interface AnyStruct {
  /** The kernel's name, as traces print it. */
  readonly name: string;
  /** Words it takes. */
  readonly size: number;
  /** Types by field name, in memory order. */
  readonly fields: Fields;
  /** Words between its start and each field. */
  readonly offsets: ReadonlyMap<string, number>;
  /** The view at a word address; always the same object for the same address. */
  at(address: number): Handle;
}

/** Words a field takes: 1 or 2 for a scalar, the sum of its parts for an array or a struct. */
export function sizeOf(type: FieldType): number {
  if (type instanceof ScalarType) return type.words;
  if (type instanceof ArrayType) return type.length * sizeOf(type.element as FieldType);
  return type.size;
}

/**
 * The cell, array of cells or view of `type` at `address`.
 *
 * @param address - word address, at least 1
 */
export function viewAt<F extends FieldType>(type: F, address: number): FieldView<F>;
export function viewAt(type: FieldType, address: number): unknown {
  if (type instanceof ScalarType) return new Cell(address, type as ScalarType<unknown>);
  if (type instanceof ArrayType) {
    const element = type.element as FieldType;
    const size = sizeOf(element);
    return Object.freeze(Array.from({ length: type.length }, (_, i) => viewAt(element, address + i * size)));
  }
  return type.at(address);
}

/** A struct definition: named fields, in memory order. */
export class Struct<F extends Fields> implements AnyStruct {
  /** The kernel's name, as traces print it. */
  readonly name: string;
  /** Types by field name, in memory order. */
  readonly fields: F;
  /** Words it takes, at least 1. */
  readonly size: number;
  /** Words between its start and each field. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly #views = new Map<number, View<F>>();

  /**
   * @param name - the kernel's name, as traces print it
   * @param fields - types by field name, in memory order
   * @throws TypeError when a field's name starts with `$`, or when the fields together take no word
   */
  constructor(name: string, fields: F) {
    assertDefinition(name, fields);
    const offsets = new Map<string, number>();
    let size = 0;
    for (const [field, type] of Object.entries(fields)) {
      assertFieldType(name, field, type);
      if (field.startsWith('$'))
        throw new TypeError(`struct ${name}: field names starting with $ are taken, got ${field}`);
      offsets.set(field, size);
      size += sizeOf(type);
    }
    if (size === 0)
      throw new TypeError(`struct ${name}: expected at least one word, for objects are told apart by address`);
    this.name = name;
    this.fields = fields;
    this.size = size;
    this.offsets = offsets;
  }

  /**
   * The view of this struct at `address`; always the same object for the same address.
   *
   * @param address - word address, at least 1 (0 is NULL)
   * @throws RangeError when `address` is no word address
   */
  at(address: number): View<F> {
    let view = this.#views.get(address);
    if (view === undefined) {
      if (!Number.isInteger(address) || address < 1)
        throw new RangeError(`struct ${this.name}: expected a word address >= 1, got ${address}`);
      view = this.#make(address);
      this.#views.set(address, view);
    }
    return view;
  }

  #make(address: number): View<F> {
    const view: Record<string, unknown> = {};
    Object.defineProperty(view, '$address', { value: address });
    Object.defineProperty(view, '$struct', { value: this });
    for (const [field, type] of Object.entries(this.fields))
      Object.defineProperty(view, field, {
        value: viewAt(type, address + (this.offsets.get(field) as number)),
        enumerable: true,
      });
    return Object.freeze(view) as View<F>;
  }
}

/** @throws TypeError for what can be no struct: callers need not be type-checked */
function assertDefinition(name: unknown, fields: unknown): void {
  if (typeof name !== 'string')
    throw new TypeError(`struct: expected a name, then the fields, got ${textOf(name)} first`);
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new TypeError(`struct ${name}: expected an object of types by field name, got ${textOf(fields)}`);
}

function assertFieldType(name: string, field: string, type: unknown): void {
  if (type instanceof ScalarType || type instanceof ArrayType || type instanceof Struct) return;
  const hint = type === undefined ? '; is its import spelt right?' : '';
  throw new TypeError(`struct ${name}: expected a type for ${field}, got ${textOf(type)}${hint}`);
}

/**
 * Defines a struct.
 *
 * @param name - the kernel's name, as traces print it
 * @param fields - types by field name, in memory order; names may not start with `$`
 * @throws TypeError when a name does, or when the fields together take no word
 */
export function struct<const F extends Fields>(name: string, fields: F): Struct<F> {
  return new Struct(name, fields);
}

/** Whether `value` is a view of some struct. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && '$address' in value;
}
