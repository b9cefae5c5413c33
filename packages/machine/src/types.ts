/**
 * Types of fields in model memory. A scalar takes one 32-bit word, a u64 two (low word first); nothing is packed.
 * 32-bit and narrower values are `number`, 64-bit ones `bigint`, pointers are views or `null`.
 */
import { misfit } from './misfit.js';

/** How a field is guarded. */
export interface Guard {
  /** Name of the lock. */
  readonly lock: string;
  /** Whether only writes need it. */
  readonly writesOnly: boolean;
}

/**
 * What holding a lock means: a `spin` lock's holder must not sleep, a `sleep` lock's may; a `token` is no lock that anybody
 * takes, but says to whom something belongs, so that it can guard fields.
 */
export type LockClass = 'spin' | 'sleep' | 'token';

/** What a {@link ScalarType} is made of. */
export interface ScalarSpec<T> {
  /** As error messages and traces print it. */
  readonly name: string;
  /** 32-bit words it takes. */
  readonly words: 1 | 2;
  /** The value of a low and a high word, both signed; the high word is 0 where there is none. */
  readonly decode: (lo: number, hi: number) => T;
  /** The low word of a value that fits, as a signed 32-bit integer. */
  readonly low: (value: T) => number;
  /** The high word; 0 by default. */
  readonly high?: ((value: T) => number) | undefined;
  /** Whether a value is one of the type; total, for callers without a compiler pass anything. */
  readonly fits: (value: T) => boolean;
  /** Mask of the value in its low word, to which an addition wraps; all bits by default. */
  readonly mask?: number | undefined;
  readonly guard?: Guard | undefined;
  readonly isGhost?: boolean | undefined;
  readonly membership?: Membership | undefined;
  readonly lock?: LockClass | undefined;
  readonly threads?: ThreadNaming | undefined;
  readonly isReaders?: boolean | undefined;
  readonly target?: (() => { at(address: number): unknown }) | undefined;
  readonly print?: Printer<T> | undefined;
}

/**
 * How a trace prints a value; `undefined` for as it prints others.
 *
 * @param nameOf - the path of the object at an address, such as `npu[1].usage`
 */
export type Printer<T> = (value: T, nameOf: (address: number) => string) => string | undefined;

/** How a word names threads: by number plus one, 0 being none, or by one bit for each. */
export type ThreadNaming = 'number' | 'bits';

/** How the values of a field name members of a scalarset. */
export interface Membership {
  /** Name of the scalarset. */
  readonly set: string;
  /** The value that names each member, as (low word, high word). */
  readonly words: readonly (readonly [number, number])[];
}

/** A type that fits one request: how a JavaScript value becomes one or two 32-bit words and back. */
export class ScalarType<T> {
  /** Only for the compiler: what a cell of this type holds. */
  declare readonly __value: T;
  /** As error messages and traces print it. */
  readonly name: string;
  /** 32-bit words it takes. */
  readonly words: 1 | 2;
  /** The value of a low and a high word. */
  readonly decode: (lo: number, hi: number) => T;
  /** The low word of a value that fits, signed. */
  readonly low: (value: T) => number;
  /** The high word of a value that fits, signed; 0 where the type has one word. */
  readonly high: (value: T) => number;
  /** Whether a value is one of the type. */
  readonly fits: (value: T) => boolean;
  /** Mask of the value in its low word; an addition wraps to it. */
  readonly mask: number;
  /** The lock that an access needs, if any. */
  readonly guard: Guard | undefined;
  /** Whether only the specification sees it. */
  readonly isGhost: boolean;
  /** Set where values name members of a scalarset, so that a search knows how they change when members change places. */
  readonly membership: Membership | undefined;
  /** Set on words whose value is the holder of a lock; a holder of a `spin` lock must not sleep. */
  readonly lock: LockClass | undefined;
  /** Set on words that name threads, so that a search knows how they change when threads change places. */
  readonly threads: ThreadNaming | undefined;
  /** Set on the word of a lock's readers, which lies behind the holder word. */
  readonly isReaders: boolean;
  /** Set where values are views of a struct, by the address of their first word, or `null`: that struct. */
  readonly target: (() => { at(address: number): unknown }) | undefined;
  /** Set where a trace prints values in a notation of their own. */
  readonly print: Printer<T> | undefined;

  readonly #spec: ScalarSpec<T>;

  /** @param spec - the parts; those left out get their defaults */
  constructor(spec: ScalarSpec<T>) {
    this.#spec = spec;
    this.name = spec.name;
    this.words = spec.words;
    this.decode = spec.decode;
    this.low = spec.low;
    this.high = spec.high ?? (() => 0);
    this.fits = spec.fits;
    this.mask = spec.mask ?? -1;
    this.guard = spec.guard;
    this.isGhost = spec.isGhost ?? false;
    this.membership = spec.membership;
    this.lock = spec.lock;
    this.threads = spec.threads;
    this.isReaders = spec.isReaders ?? false;
    this.target = spec.target;
    this.print = spec.print;
  }

  /**
   * The same type, its values printed in a notation of their own: a set of bits in hexadecimal, a page table entry by its parts.
   *
   * @param print - a pure function; what it returns stands in counterexamples
   */
  printedBy(print: Printer<T>): ScalarType<T> {
    return new ScalarType({ ...this.#spec, print });
  }

  /**
   * The same type, to be touched only while holding `lock`. The machine checks it on every access.
   *
   * @param lock - name of a field beside it, of a field of an enclosing struct, or of an object of the layout, the first
   * of these that there is; closing the layout throws when it is no lock
   */
  guardedBy(lock: string): ScalarType<T> {
    return new ScalarType({ ...this.#spec, guard: { lock, writesOnly: false } });
  }

  /** As {@link ScalarType.guardedBy}, but reading without the lock is allowed. */
  writesGuardedBy(lock: string): ScalarType<T> {
    return new ScalarType({ ...this.#spec, guard: { lock, writesOnly: true } });
  }

  /**
   * The same type for a variable that only the specification sees: threads write it, invariants read it. An access is
   * no step of the thread, and none in freed memory is reported.
   */
  ghost(): ScalarType<T> {
    return new ScalarType({ ...this.#spec, isGhost: true });
  }

  /**
   * The same type for values that name members of a scalarset; others, such as "none", stay what they are when members
   * change places.
   *
   * @param set - name of the scalarset
   * @param values - what names each member, in their order
   * @throws RangeError when a value does not fit the type
   */
  memberOf(set: string, values: readonly T[]): ScalarType<T> {
    const words = values.map((value) => {
      if (!this.fits(value)) throw new RangeError(`memberOf ${set}: ${misfit(this, value)}`);
      return [this.low(value), this.high(value)] as const;
    });
    return new ScalarType({ ...this.#spec, membership: { set, words } });
  }
}

function unsigned(bits: 8 | 16 | 32): ScalarType<number> {
  const max = 2 ** bits - 1;
  return new ScalarType({
    name: `u${bits}`,
    words: 1,
    decode: (lo) => lo >>> 0,
    low: (value) => value | 0,
    fits: (value) => Number.isInteger(value) && value >= 0 && value <= max,
    mask: bits === 32 ? -1 : max,
  });
}

/** Unsigned 8-bit integer, 0 to 255. */
export const u8: ScalarType<number> = unsigned(8);
/** Unsigned 16-bit integer, 0 to 65535. */
export const u16: ScalarType<number> = unsigned(16);
/** Unsigned 32-bit integer, 0 to 2^32 - 1, a `number`. */
export const u32: ScalarType<number> = unsigned(32);
/** Signed 32-bit integer, -2^31 to 2^31 - 1. */
export const i32: ScalarType<number> = new ScalarType({
  name: 'i32',
  words: 1,
  decode: (lo) => lo,
  low: (value) => value | 0,
  fits: (value) => typeof value === 'number' && (value | 0) === value,
});
/** One 64-bit value, and the same memory as words. */
const wide = new BigUint64Array(1);
const halves = new Int32Array(wide.buffer);
wide[0] = 1n;
const [LOW_HALF, HIGH_HALF] = halves[0] === 1 ? [0, 1] : [1, 0];

/** Unsigned 64-bit integer, 0 to 2^64 - 1, a `bigint`. */
export const u64: ScalarType<bigint> = new ScalarType({
  name: 'u64',
  words: 2,
  decode: (lo, hi) => {
    halves[LOW_HALF] = lo;
    halves[HIGH_HALF] = hi;
    return wide[0];
  },
  low: (value) => {
    wide[0] = value;
    return halves[LOW_HALF];
  },
  high: (value) => {
    wide[0] = value;
    return halves[HIGH_HALF];
  },
  fits: (value) => typeof value === 'bigint' && BigInt.asUintN(64, value) === value,
});
/** A boolean, in memory 0 or 1. */
export const bool: ScalarType<boolean> = new ScalarType({
  name: 'bool',
  words: 1,
  decode: (lo) => lo !== 0,
  low: (value) => (value ? 1 : 0),
  fits: (value) => typeof value === 'boolean',
  mask: 1,
});
function lockWord(lock: LockClass): ScalarType<number> {
  return new ScalarType({
    name: `${lock} lock`,
    words: 1,
    decode: (lo) => lo,
    low: (value) => value | 0,
    fits: (value) => typeof value === 'number' && (value | 0) === value && value >= 0,
    lock,
  });
}

/** The holder of a lock that is spun on: 0 when free, else thread number plus one. */
export const spinLockWord: ScalarType<number> = lockWord('spin');
/** The holder of a lock that is slept on: 0 when free, else thread number plus one. */
export const sleepLockWord: ScalarType<number> = lockWord('sleep');
/** The owner of something: 0 for nobody, else thread number plus one. Fields may be guarded by it as by a lock. */
export const ownerWord: ScalarType<number> = lockWord('token');

function naming(name: string, threads: ThreadNaming, isReaders = false): ScalarType<number> {
  const { decode, low, fits } = u32;
  return new ScalarType({ name, words: 1, decode, low, fits, threads, isReaders });
}

/** A thread: its number plus one, or 0 for none. */
export const threadNumber: ScalarType<number> = naming('thread', 'number');
/** A set of threads: one bit for each, thread 0 the lowest. */
export const threadBits: ScalarType<number> = naming('threads', 'bits');
/**
 * The threads that hold a lock as readers: one bit for each, thread 0 the lowest. As the field behind the holder word of a
 * lock it makes that a reader-writer lock: fields guarded by it may be read by readers too.
 */
export const readersWord: ScalarType<number> = naming('readers', 'bits', true);

/**
 * A pointer to a struct, or `null`. It holds only views of that struct.
 *
 * @param target - a function that returns the struct, so that structs may refer to each other. Where a struct refers to
 * itself, the compiler needs the view spelt out: `ptr((): { at(address: number): NodeView } => Node)`, with an interface
 * `NodeView` that extends `Handle` and has `readonly next: Cell<NodeView | null>`.
 */
export function ptr<V extends { readonly $address: number }>(
  target: () => { at(address: number): V },
): ScalarType<V | null> {
  return new ScalarType<V | null>({
    name: 'ptr',
    words: 1,
    decode: (lo) => (lo === 0 ? null : target().at(lo)),
    low: (value) => (value === null ? 0 : value.$address),
    fits: (value) => value === null || pointsTo(target(), value),
    target,
  });
}

function pointsTo(target: { at(address: number): unknown }, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('$address' in value)) return false;
  return typeof value.$address === 'number' && target.at(value.$address) === value;
}

/** A fixed number of elements one after the other. */
export class ArrayType<E> {
  /** Type of each element. */
  readonly element: E;
  /** Number of elements. */
  readonly length: number;

  /**
   * @param element - a scalar type, an array type or a struct
   * @param length - number of elements, at least 0
   * @throws RangeError when `length` is not a whole number or negative
   */
  constructor(element: E, length: number) {
    if (!Number.isInteger(length) || length < 0) throw new RangeError(`expected an array length >= 0, got ${length}`);
    this.element = element;
    this.length = length;
  }
}

/**
 * An array field.
 *
 * @param element - a scalar type, an array type or a struct
 * @param length - number of elements, at least 0
 * @throws RangeError when `length` is not a whole number or negative
 */
export function array<E>(element: E, length: number): ArrayType<E> {
  return new ArrayType(element, length);
}
