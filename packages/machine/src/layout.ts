/**
 * The map of model memory: which named objects lie where. Word 0 is NULL. The layout is fixed before the first step.
 */
import { beginNumbering } from './identity.js';
import { ModelError } from './kernel-bug.js';
import { buildImage, type LayoutImage, type Region } from './layout-image.js';
import { Slab } from './slab.js';
import {
  Struct,
  sizeOf,
  viewAt,
  type AnyCell,
  type AnyStruct,
  type Cell,
  type FieldType,
  type FieldView,
  type Fields,
  type Handle,
  type View,
} from './struct.js';
import { subsystemOf, type Subsystem } from './subsystem.js';
import { textOf } from './text.js';
import { ArrayType, ScalarType, u8 } from './types.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any scalar, whatever its value
type ScalarOrStruct = ScalarType<any> | AnyStruct;

/** Collects named objects; {@link Layout.image} closes it. */
export class Layout {
  readonly #regions: Region[] = [];
  readonly #names = new Set<string>();
  /** The slabs, in the order of their making. */
  readonly slabs: Slab[] = [];
  /** The arrays made by {@link Layout.perThread}. */
  readonly threadArrays: (readonly (Handle | AnyCell)[])[] = [];
  /** Who is stopped by what, as {@link Layout.stopWhile} said. */
  readonly stops: { readonly thread: number; readonly address: number }[] = [];
  readonly #subsystems = new Map<string, Subsystem>();
  readonly #attachments = new Map<symbol, unknown>();
  #size = 1;
  #image: LayoutImage | undefined;

  /** Stands for the numbering in which the functions and lasting objects of this system are named; absent where none are. */
  readonly numbering: object | undefined = beginNumbering();

  /** Words in use, including word 0. */
  get size(): number {
    return this.#size;
  }

  /**
   * Places one object.
   *
   * @param name - as traces print it; unique
   * @throws Error when the name is taken or the layout is closed
   */
  one<T extends FieldType>(name: string, type: T): FieldView<T> {
    return viewAt(type, this.#place(name, type, 0).address);
  }

  /**
   * Places `length` objects one after the other, printed as `name[i]`.
   *
   * @param length - at least 0
   * @throws RangeError when `length` is not a whole number or negative
   * @throws Error when the name is taken or the layout is closed
   */
  array<T>(name: string, type: ScalarType<T>, length: number): readonly Cell<T>[];
  array<F extends Fields>(name: string, type: Struct<F>, length: number): readonly View<F>[];
  array<T extends FieldType>(name: string, type: T, length: number): readonly FieldView<T>[];
  array(name: string, type: FieldType, length: number): readonly unknown[] {
    const region = this.#place(name, new ArrayType(type, length), 0);
    const size = sizeOf(type);
    return Object.freeze(Array.from({ length }, (_, i) => viewAt(type, region.address + i * size)));
  }

  /**
   * As {@link Layout.array}, where element `i` belongs to thread number `i`, so that a search knows where it goes when
   * threads change places.
   *
   * @param length - number of threads, at least 0
   */
  perThread<T>(name: string, type: ScalarType<T>, length: number): readonly Cell<T>[];
  perThread<F extends Fields>(name: string, type: Struct<F>, length: number): readonly View<F>[];
  perThread<T extends ScalarOrStruct>(name: string, type: T, length: number): readonly FieldView<T>[];
  perThread(name: string, type: ScalarOrStruct, length: number): readonly unknown[] {
    const elements = this.array(name, type as FieldType, length) as readonly (Handle | AnyCell)[];
    this.threadArrays.push(elements);
    return elements;
  }

  /**
   * Places a pool that kzalloc takes objects from.
   *
   * @param name - its slots are printed as `name#i`, their states as `name.state[i]`
   * @param capacity - how many objects may be live at once, at least 1; more is an allocation failure
   * @throws RangeError when `capacity` is not a whole number or less than 1
   * @throws Error when a name is taken or the layout is closed
   */
  slab<F extends Fields>(name: string, struct: Struct<F>, capacity: number): Slab<F> {
    if (!(struct instanceof Struct))
      throw new TypeError(`slab ${name}: expected a struct, made with struct(), got ${textOf(struct)}`);
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`slab ${name}: expected a capacity >= 1, got ${capacity}`);
    const states: readonly Cell<number>[] = this.array(`${name}.state`, u8, capacity);
    const slots = states.map((state, i) => struct.at(this.#place(`${name}#${i}`, struct, state.address).address));
    const slab = new Slab(name, struct, states, slots);
    this.slabs.push(slab);
    return slab;
  }

  /**
   * A thread takes no step while a cell is not zero, for another one runs in its place, as an interrupt handler does on the
   * CPU of what it interrupted. A search obeys it; direct runs and virtual time do not.
   *
   * @param thread - its number
   * @param cell - of one word
   */
  stopWhile(thread: number, { address }: AnyCell): void {
    this.stops.push({ thread, address });
  }

  /**
   * Makes a subsystem: what the functions of a kernel file share and never change, their first argument.
   *
   * @param name - as traces print it; unique
   * @param parts - addresses, options, methods; frozen, with the objects and arrays in them
   * @throws {@link ModelError} when the name is taken, or for a part that can change
   */
  subsystem<T extends object>(name: string, parts: T): T & Subsystem {
    if (this.#subsystems.has(name)) throw new ModelError(`layout: there are two subsystems ${name}`);
    const subsystem = subsystemOf(name, parts);
    this.#subsystems.set(name, subsystem);
    return subsystem;
  }

  /** The subsystem of that name, or `undefined`. */
  subsystemAt(name: string): Subsystem | undefined {
    return this.#subsystems.get(name);
  }

  /** Hangs something a higher layer needs at the layout, found again with {@link Layout.attachment}. */
  attach(key: symbol, value: unknown): void {
    this.#attachments.set(key, value);
  }

  /** What was attached under `key`, or `undefined`. */
  attachment(key: symbol): unknown {
    return this.#attachments.get(key);
  }

  /**
   * Closes the layout and resolves every guard.
   *
   * @throws Error when a field's guard names no lock
   */
  get image(): LayoutImage {
    this.#image ??= buildImage(this.#regions, this.#size, (address) => this.nameOf(address));
    return this.#image;
  }

  /** The path of the word at `address`, such as `npu[1].mmioAtsdUsage`; `NULL` for word 0. */
  nameOf(address: number): string {
    const region = this.#regionAt(address);
    if (region === undefined) return address === 0 ? 'NULL' : `word ${address}`;
    return region.name + pathIn(region.type, address - region.address);
  }

  /** The path of a struct in memory, such as `session#0` or `session#0.kref`; `NULL` for none. */
  nameOfObject({ $address, $struct }: Handle): string {
    const region = this.#regionAt($address);
    if (region === undefined) return this.nameOf($address);
    return region.name + pathIn(region.type, $address - region.address, $struct);
  }

  /** The scalar type of the word at `address` and where the scalar starts, if any object covers it. */
  typeAt(address: number): { readonly type: ScalarType<unknown>; readonly start: number } | undefined {
    const region = this.#regionAt(address);
    return region === undefined ? undefined : scalarAt(region.type, region.address, address);
  }

  /**
   * A cell must be one of this layout: where it lies is such a cell.
   *
   * @param who - accesses it, for the error
   * @throws {@link ModelError} for one of another layout
   */
  assertHas({ address, type }: Pick<AnyCell, 'address' | 'type'>, who: string): void {
    const there = this.typeAt(address);
    if (there?.start === address && there.type.name === type.name) return;
    const what = there === undefined ? 'there is nothing' : `${this.nameOf(address)} is a ${there.type.name}`;
    throw new ModelError(
      `${who}: expected a cell of this system's layout, got a ${type.name} at word ${address}, where ${what}; it is of another ` +
        'Layout: a system has one, which all of its cells come from',
    );
  }

  /** The struct of that name that an object at `address` is of, if one begins there. */
  structAt(address: number, name: string): AnyStruct | undefined {
    const region = this.#regionAt(address);
    return region === undefined ? undefined : structIn(region.type, address - region.address, name);
  }

  #regionAt(address: number): Region | undefined {
    return this.#regions.find((r) => address >= r.address && address < r.address + r.size);
  }

  #place(name: string, type: FieldType, stateAddress: number): Region {
    if (this.#image !== undefined) throw new Error(`layout: ${name} placed after the layout was closed`);
    const element: unknown = type instanceof ArrayType ? type.element : type;
    if (element === undefined || element === null)
      throw new TypeError(`layout: expected a type for ${name}, got ${String(element)}; is its import spelt right?`);
    if (this.#names.has(name)) throw new Error(`layout: expected unique names, got ${name} twice`);
    const region = { name, address: this.#size, type, size: sizeOf(type), stateAddress };
    this.#size += region.size;
    this.#regions.push(region);
    this.#names.add(name);
    return region;
  }
}

/** The path to the word at `offset`, or only to the struct `end` that begins there. */
function pathIn(type: FieldType, offset: number, end?: AnyStruct): string {
  if (type instanceof ScalarType || (type === end && offset === 0)) return '';
  if (type instanceof ArrayType) {
    const element = type.element as FieldType;
    const size = sizeOf(element);
    return `[${Math.floor(offset / size)}]${pathIn(element, offset % size, end)}`;
  }
  let last: readonly [string, number] = ['', 0];
  for (const entry of type.offsets) if (entry[1] <= offset) last = entry;
  return `.${last[0]}${pathIn(type.fields[last[0]], offset - last[1], end)}`;
}

/** The struct called `name` whose object begins at `offset`, from the outermost in. */
function structIn(type: FieldType, offset: number, name: string): AnyStruct | undefined {
  if (type instanceof ScalarType) return undefined;
  if (type instanceof ArrayType) {
    const element = type.element as FieldType;
    return structIn(element, offset % sizeOf(element), name);
  }
  if (offset === 0 && type.name === name) return type;
  let last: readonly [string, number] = ['', 0];
  for (const entry of type.offsets) if (entry[1] <= offset) last = entry;
  return structIn(type.fields[last[0]], offset - last[1], name);
}

function scalarAt(
  type: FieldType,
  start: number,
  address: number,
): { type: ScalarType<unknown>; start: number } | undefined {
  if (type instanceof ScalarType) return { type: type as ScalarType<unknown>, start };
  if (type instanceof ArrayType) {
    const size = sizeOf(type.element as FieldType);
    const index = Math.floor((address - start) / size);
    return scalarAt(type.element as FieldType, start + index * size, address);
  }
  let last: readonly [string, number] = ['', 0];
  for (const entry of type.offsets) if (start + entry[1] <= address) last = entry;
  return scalarAt(type.fields[last[0]], start + last[1], address);
}
