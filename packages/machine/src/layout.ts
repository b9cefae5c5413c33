/**
 * The map of model memory: which named objects lie where, which lock guards each word, which slot of a slab it is in.
 * Word 0 is NULL. The layout is fixed before the first step; a slab has all its slots from the start.
 */
import { Cell, sizeOf, viewAt, type AnyStruct, type FieldType, type FieldView, type Fields, type Struct, type View } from './struct.js';
import { ArrayType, ScalarType, u8, type LockClass } from './types.js';

/** Bits of {@link LayoutImage.flags}. */
export const WORD_GUARDED = 1;
/** Only writes of the word need its guard. */
export const WORD_GUARDS_WRITES_ONLY = 2;
/** The word lies in a slot of a slab. */
export const WORD_IN_SLOT = 4;
/** The word belongs to the specification. */
export const WORD_GHOST = 8;
/** The guard has a readers word behind its holder word. */
export const WORD_GUARD_SHARED = 16;

/** State of a slab slot, the value of its state word. */
export const SLOT_FRESH = 0;
/** The slot is allocated. */
export const SLOT_LIVE = 1;
/** The slot was allocated and freed. */
export const SLOT_FREED = 2;

/** What the machine needs to know of each word, indexed by address. */
export interface LayoutImage {
  readonly size: number;
  readonly flags: Uint8Array;
  /** Address of the lock's holder word, 0 where unguarded. */
  readonly guard: Int32Array;
  /** Address of the slot's state word, 0 outside slabs. */
  readonly slot: Int32Array;
  /** Every lock word, in address order. */
  readonly locks: readonly LockPlace[];
}

/** Where a lock's holder word is. */
export interface LockPlace {
  readonly address: number;
  readonly lock: LockClass;
  /** Whether a word with one bit for each reading thread follows. */
  readonly shared: boolean;
}

/** A pool of equal objects, allocated and freed at run time. */
export class Slab<F extends Fields = Fields> {
  readonly name: string;
  readonly struct: Struct<F>;
  readonly capacity: number;
  /** State of each slot: fresh, live or freed. */
  readonly states: readonly Cell<number>[];
  readonly slots: readonly View<F>[];
  /** Whether objects may still be allocated where every thread has ended; else that is a leak. */
  outlives = false;
  constructor(name: string, struct: Struct<F>, states: readonly Cell<number>[], slots: readonly View<F>[]) {
    this.name = name;
    this.struct = struct;
    this.capacity = slots.length;
    this.states = states;
    this.slots = slots;
  }
}

type MutableImage = LayoutImage & { readonly locks: LockPlace[] };

interface Region {
  readonly name: string;
  readonly address: number;
  readonly type: FieldType;
  readonly size: number;
  readonly stateAddress: number;
}

/** Collects named objects; {@link image} closes it. */
export class Layout {
  readonly #regions: Region[] = [];
  readonly #byName = new Map<string, Region>();
  readonly slabs: Slab[] = [];
  readonly #attachments = new Map<symbol, unknown>();
  #size = 1;
  #image: LayoutImage | undefined;

  /** Words in use, including word 0. */
  get size(): number {
    return this.#size;
  }

  /**
   * Places one object.
   *
   * @param name - as traces print it; unique
   */
  one<T extends FieldType>(name: string, type: T): FieldView<T> {
    return viewAt(type, this.#place(name, type, 0).address);
  }

  /** Places `length` objects one after the other, printed as `name[i]`. */
  array<T extends FieldType>(name: string, type: T, length: number): readonly FieldView<T>[] {
    const region = this.#place(name, new ArrayType(type, length) as unknown as FieldType, 0);
    const size = sizeOf(type);
    return Array.from({ length }, (_, i) => viewAt(type, region.address + i * size));
  }

  /**
   * Places a pool that kzalloc takes objects from.
   *
   * @param capacity - how many objects may be live at once, at least 1; more is an allocation failure
   */
  slab<F extends Fields>(name: string, struct: Struct<F>, capacity: number): Slab<F> {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`slab ${name}: expected a capacity >= 1, got ${capacity}`);
    const states = this.array(`${name}.state`, u8, capacity) as readonly Cell<number>[];
    const slots = states.map((state, i) => struct.at(this.#place(`${name}#${i}`, struct, state.address).address));
    const slab = new Slab(name, struct, states, slots);
    this.slabs.push(slab as unknown as Slab);
    return slab;
  }

  /** Hangs something a higher layer needs at the layout, found again with {@link attachment}. */
  attach(key: symbol, value: unknown): void {
    this.#attachments.set(key, value);
  }

  /** What was attached under `key`, or `undefined`. */
  attachment(key: symbol): unknown {
    return this.#attachments.get(key);
  }

  /** Closes the layout and resolves every guard. */
  get image(): LayoutImage {
    this.#image ??= this.#build();
    return this.#image;
  }

  /** The path of the word at `address`, such as `npu[1].mmioAtsdUsage`. */
  nameOf(address: number): string {
    const region = this.#regions.find((r) => address >= r.address && address < r.address + r.size);
    if (region === undefined) return address === 0 ? 'NULL' : `word ${address}`;
    return region.name + pathIn(region.type, address - region.address);
  }

  /** The scalar type of the word at `address`, if any object covers it. */
  typeAt(address: number): { readonly type: ScalarType<unknown>; readonly start: number } | undefined {
    const region = this.#regions.find((r) => address >= r.address && address < r.address + r.size);
    return region === undefined ? undefined : scalarAt(region.type, region.address, address);
  }

  #place(name: string, type: FieldType, stateAddress: number): Region {
    if (this.#image !== undefined) throw new Error(`layout: ${name} placed after the layout was closed`);
    if (this.#byName.has(name)) throw new Error(`layout: expected unique names, got ${name} twice`);
    const region = { name, address: this.#size, type, size: sizeOf(type), stateAddress };
    this.#size += region.size;
    this.#regions.push(region);
    this.#byName.set(name, region);
    return region;
  }

  #build(): LayoutImage {
    const image: MutableImage = {
      size: this.#size,
      flags: new Uint8Array(this.#size),
      guard: new Int32Array(this.#size),
      slot: new Int32Array(this.#size),
      locks: [],
    };
    for (const region of this.#regions) this.#mark(image, region, region.type, region.address, []);
    return image;
  }

  #mark(image: MutableImage, region: Region, type: FieldType, address: number, enclosing: readonly (readonly [AnyStruct, number])[]): void {
    if (type instanceof ArrayType) {
      const element = type.element as FieldType;
      for (let i = 0; i < type.length; i++) this.#mark(image, region, element, address + i * sizeOf(element), enclosing);
    } else if (type instanceof ScalarType) {
      this.#markScalar(image, region, type as ScalarType<unknown>, address, enclosing);
    } else {
      const inner = [...enclosing, [type, address] as const];
      for (const [field, offset] of type.offsets) this.#mark(image, region, type.fields[field] as FieldType, address + offset, inner);
    }
  }

  #markScalar(
    image: MutableImage,
    region: Region,
    type: ScalarType<unknown>,
    address: number,
    enclosing: readonly (readonly [AnyStruct, number])[],
  ): void {
    let flags = type.isGhost ? WORD_GHOST : 0;
    let guard = 0;
    if (type.guard !== undefined) {
      const found = this.#findLock(type.guard.lock, enclosing);
      if (found === undefined)
        throw new Error(`${this.nameOf(address)}: guardedBy('${type.guard.lock}') names no lock beside it, around it or in the layout`);
      guard = found.holder;
      flags |= WORD_GUARDED | (type.guard.writesOnly ? WORD_GUARDS_WRITES_ONLY : 0) | (found.shared ? WORD_GUARD_SHARED : 0);
    }
    if (region.stateAddress !== 0) flags |= WORD_IN_SLOT;
    if (type.lock !== undefined) image.locks.push({ address, lock: type.lock, shared: hasReaders(enclosing.at(-1), address) });
    for (let i = 0; i < type.words; i++) {
      image.flags[address + i] = flags;
      image.guard[address + i] = guard;
      image.slot[address + i] = region.stateAddress;
    }
  }

  #findLock(name: string, enclosing: readonly (readonly [AnyStruct, number])[]): { holder: number; shared: boolean } | undefined {
    for (const [type, address] of [...enclosing].reverse()) {
      const offset = type.offsets.get(name);
      if (offset !== undefined) return lockIn(type.fields[name] as FieldType, address + offset);
    }
    const region = this.#byName.get(name);
    return region === undefined ? undefined : lockIn(region.type, region.address);
  }
}

/** The first lock word of a field; the lock is shared if a field named `readers` follows it. */
function lockIn(type: FieldType, address: number): { holder: number; shared: boolean } | undefined {
  if (type instanceof ScalarType) return type.lock !== undefined ? { holder: address, shared: false } : undefined;
  if (type instanceof ArrayType) return undefined;
  for (const [field, offset] of type.offsets) {
    const inner = lockIn(type.fields[field] as FieldType, address + offset);
    if (inner !== undefined) return { holder: inner.holder, shared: inner.shared || type.offsets.get('readers') === offset + 1 };
  }
  return undefined;
}

function hasReaders(around: readonly [AnyStruct, number] | undefined, address: number): boolean {
  return around !== undefined && around[0].offsets.get('readers') === address - around[1] + 1;
}

function pathIn(type: FieldType, offset: number): string {
  if (type instanceof ScalarType) return '';
  if (type instanceof ArrayType) {
    const element = type.element as FieldType;
    const size = sizeOf(element);
    return `[${Math.floor(offset / size)}]${pathIn(element, offset % size)}`;
  }
  let last: readonly [string, number] = ['', 0];
  for (const entry of type.offsets) if (entry[1] <= offset) last = entry;
  return `.${last[0]}${pathIn(type.fields[last[0]] as FieldType, offset - last[1])}`;
}

function scalarAt(type: FieldType, start: number, address: number): { type: ScalarType<unknown>; start: number } | undefined {
  if (type instanceof ScalarType) return { type: type as ScalarType<unknown>, start };
  if (type instanceof ArrayType) {
    const size = sizeOf(type.element as FieldType);
    const index = Math.floor((address - start) / size);
    return scalarAt(type.element as FieldType, start + index * size, address);
  }
  let last: readonly [string, number] = ['', 0];
  for (const entry of type.offsets) if (start + entry[1] <= address) last = entry;
  return scalarAt(type.fields[last[0]] as FieldType, start + last[1], address);
}
