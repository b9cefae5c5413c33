/**
 * Structs in model memory. A struct is a definition; a view is a typed handle, (struct, address), that holds no data:
 * its fields are cells, which requests read and write. Views are interned, so `===` compares pointers.
 */
import { ArrayType, ScalarType } from './types.js';

/** A typed pointer: what kfuncs and requests take as an argument and may return. */
export interface Handle {
  readonly $address: number;
  readonly $struct: AnyStruct;
}

/** One scalar in model memory: an address and how its words are read. */
export class Cell<T> {
  readonly address: number;
  readonly type: ScalarType<T>;
  constructor(address: number, type: ScalarType<T>) {
    this.address = address;
    this.type = type;
  }
}

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

/** A handle with one property per field. */
export type View<F extends Fields> = Handle & { readonly [K in keyof F]: FieldView<F[K]> };
/** The view of a struct: `ViewOf<typeof Npu>`. */
export type ViewOf<S> = S extends Struct<infer F> ? View<F> : never;
/** Any struct, for code that does not care about the fields. */
export interface AnyStruct {
  readonly name: string;
  readonly size: number;
  readonly fields: Fields;
  readonly offsets: ReadonlyMap<string, number>;
  at(address: number): Handle;
}

/** Words a field takes. */
export function sizeOf(type: FieldType): number {
  if (type instanceof ScalarType) return type.words;
  if (type instanceof ArrayType) return type.length * sizeOf(type.element as FieldType);
  return type.size;
}

/** The cell, array or view of `type` at `address`. */
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
  readonly name: string;
  readonly fields: F;
  readonly size: number;
  readonly offsets: ReadonlyMap<string, number>;
  readonly #views = new Map<number, View<F>>();

  constructor(name: string, fields: F) {
    const offsets = new Map<string, number>();
    let size = 0;
    for (const [field, type] of Object.entries(fields)) {
      if (field.startsWith('$')) throw new TypeError(`struct ${name}: field names starting with $ are taken, got ${field}`);
      offsets.set(field, size);
      size += sizeOf(type);
    }
    this.name = name;
    this.fields = fields;
    this.size = size;
    this.offsets = offsets;
  }

  /**
   * The view of this struct at `address`; always the same object for the same address.
   *
   * @param address - word address, at least 1 (0 is NULL)
   */
  at(address: number): View<F> {
    let view = this.#views.get(address);
    if (view === undefined) {
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
      Object.defineProperty(view, field, { value: viewAt(type, address + (this.offsets.get(field) as number)), enumerable: true });
    return Object.freeze(view) as View<F>;
  }
}

/**
 * Defines a struct.
 *
 * @param name - the kernel's name, as traces print it
 * @param fields - types by field name, in memory order
 */
export function struct<const F extends Fields>(name: string, fields: F): Struct<F> {
  return new Struct(name, fields);
}

/** Whether `value` is a view. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && '$address' in value;
}
