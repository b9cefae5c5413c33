/**
 * What the machine knows of each word of model memory: its guard, its slot, whether the specification owns it.
 * Guards are resolved by name: a field beside the guarded one, a field of a struct around it, an object of the layout.
 */
import { sizeOf, type AnyStruct, type FieldType } from './struct.js';
import { ArrayType, ScalarType, type LockClass } from './types.js';

/** Bit of {@link LayoutImage.flags}: the word has a guard. */
export const WORD_GUARDED = 1;
/** Bit of {@link LayoutImage.flags}: only writes of the word need its guard. */
export const WORD_GUARDS_WRITES_ONLY = 2;
/** Bit of {@link LayoutImage.flags}: the word lies in a slot of a slab, and is not the specification's. */
export const WORD_IN_SLOT = 4;
/** Bit of {@link LayoutImage.flags}: the word belongs to the specification. */
export const WORD_GHOST = 8;
/** Bit of {@link LayoutImage.flags}: the guard has a readers word behind its holder word; a reader may read. */
export const WORD_GUARD_SHARED = 16;

/** What the machine needs to know of each word, indexed by address. */
export interface LayoutImage {
  /** Words, including word 0. */
  readonly size: number;
  /** The `WORD_` bits. */
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
  /** Address of the holder word. */
  readonly address: number;
  /** Whether its holder may sleep. */
  readonly lock: LockClass;
  /** Whether its readers' word follows. */
  readonly shared: boolean;
}

/** A named object and where it lies. */
export interface Region {
  /** As traces print it. */
  readonly name: string;
  /** Address of its first word. */
  readonly address: number;
  /** What it is. */
  readonly type: FieldType;
  /** Words it takes. */
  readonly size: number;
  /** Address of the slot's state word, 0 where it is not in a slab. */
  readonly stateAddress: number;
}

/** A struct around a field, and where it starts. */
type Around = readonly (readonly [AnyStruct, number])[];

interface Scalar {
  readonly type: ScalarType<unknown>;
  readonly address: number;
  /** The structs around it, outermost first. */
  readonly around: Around;
  readonly stateAddress: number;
}

/**
 * The image of these objects.
 *
 * @param regions - in address order
 * @param size - words, including word 0
 * @param nameOf - names a word, for errors
 * @throws Error when a guard names no lock
 */
export function buildImage(regions: readonly Region[], size: number, nameOf: (address: number) => string): LayoutImage {
  const scalars = regions.flatMap((region) => scalarsOf(region.type, region.address, [], region.stateAddress));
  const byName = new Map(regions.map((region) => [region.name, region]));
  const locks = scalars.flatMap((scalar, i) => lockPlaces(scalar, scalars[i + 1]));
  const shared = new Set(locks.filter((lock) => lock.shared).map((lock) => lock.address));
  const words = { flags: new Uint8Array(size), guard: new Int32Array(size), slot: new Int32Array(size) };
  for (const scalar of scalars) {
    const guard = guardOf(scalar, byName, nameOf);
    const flags = flagsOf(scalar) | (shared.has(guard) ? WORD_GUARD_SHARED : 0);
    const end = scalar.address + scalar.type.words;
    words.flags.fill(flags, scalar.address, end);
    words.guard.fill(guard, scalar.address, end);
    words.slot.fill(scalar.stateAddress, scalar.address, end);
  }
  return { size, ...words, locks };
}

function scalarsOf(type: FieldType, address: number, around: Around, stateAddress: number): Scalar[] {
  if (type instanceof ScalarType) return [{ type: type as ScalarType<unknown>, address, around, stateAddress }];
  if (type instanceof ArrayType) {
    const element = type.element as FieldType;
    const size = sizeOf(element);
    return Array.from({ length: type.length }, (_, i) =>
      scalarsOf(element, address + i * size, around, stateAddress),
    ).flat();
  }
  const inner: Around = [...around, [type, address]];
  return [...type.offsets].flatMap(([field, offset]) =>
    scalarsOf(type.fields[field], address + offset, inner, stateAddress),
  );
}

/** @param next - the scalar behind it */
function lockPlaces({ type, address, around }: Scalar, next: Scalar | undefined): LockPlace[] {
  if (type.lock === undefined) return [];
  const isBeside = next?.address === address + 1 && next.around.at(-1)?.[1] === around.at(-1)?.[1];
  return [{ address, lock: type.lock, shared: isBeside && around.length > 0 && next.type.isReaders }];
}

function flagsOf({ type, stateAddress }: Scalar): number {
  let flags = 0;
  if (type.isGhost) flags |= WORD_GHOST;
  else if (stateAddress !== 0) flags |= WORD_IN_SLOT;
  if (type.guard !== undefined) flags |= WORD_GUARDED;
  if (type.guard?.writesOnly === true) flags |= WORD_GUARDS_WRITES_ONLY;
  return flags;
}

/** Address of the guard's holder word, 0 where there is no guard. */
function guardOf(
  { type, address, around }: Scalar,
  byName: ReadonlyMap<string, Region>,
  nameOf: (address: number) => string,
): number {
  if (type.guard === undefined) return 0;
  const holder = lockNamed(type.guard.lock, around, byName);
  if (holder !== undefined) return holder;
  const how = type.guard.writesOnly ? 'writesGuardedBy' : 'guardedBy';
  throw new Error(
    `${nameOf(address)}: ${how}('${type.guard.lock}') names no lock beside it, around it or in the layout`,
  );
}

function lockNamed(name: string, around: Around, byName: ReadonlyMap<string, Region>): number | undefined {
  for (const [type, address] of [...around].reverse()) {
    const offset = type.offsets.get(name);
    if (offset !== undefined) return lockIn(type.fields[name], address + offset);
  }
  const region = byName.get(name);
  return region === undefined ? undefined : lockIn(region.type, region.address);
}

/** Address of the first lock word of a field. */
function lockIn(type: FieldType, address: number): number | undefined {
  if (type instanceof ScalarType) return type.lock === undefined ? undefined : address;
  if (type instanceof ArrayType) return undefined;
  for (const [field, offset] of type.offsets) {
    const holder = lockIn(type.fields[field], address + offset);
    if (holder !== undefined) return holder;
  }
  return undefined;
}
