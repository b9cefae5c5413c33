/** The two kinds of keys, and how each becomes the pair of words that trees store. */

/** What a tree does with keys of type `K`. */
export interface Keys<K> {
  /** The key that follows `key`; of the largest key, anything. */
  after(key: K): K;
  /** The key before `key`; of 0, anything. */
  before(key: K): K;
  /** Throws unless `key`, which the caller calls `name`, is a key. */
  check(subject: string, name: string, key: K): void;
  /** Upper 32 bits, signed. */
  high(key: K): number;
  /** Lower 32 bits, signed. */
  low(key: K): number;
  /** The key of two words, signed or unsigned. */
  join(high: number, low: number): K;
}

const WORD = 2 ** 32;

/** Integers from 0 to 2^53 - 1. */
export const numberKeys: Keys<number> = {
  after: (key) => key + 1,
  before: (key) => key - 1,
  check(subject, name, key) {
    if (typeof key !== 'number') throw new TypeError(`${subject}: expected ${name} to be a number, got ${typeof key}`);
    if (!Number.isSafeInteger(key) || key < 0) {
      throw new RangeError(`${subject}: expected ${name} to be an integer in 0..2^53-1, got ${String(key)}`);
    }
  },
  high: (key) => (key / WORD) | 0,
  low: (key) => key | 0,
  join: (high, low) => (high >>> 0) * WORD + (low >>> 0),
};

const LARGEST = 0xffff_ffff_ffff_ffffn;
// Splits a bigint without making another one.
const scratch = new BigUint64Array(1);
const scratchWords = new Int32Array(scratch.buffer);
scratch[0] = 1n;
const LOW = scratchWords[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Integers from 0n to 2^64 - 1. */
export const bigintKeys: Keys<bigint> = {
  after: (key) => key + 1n,
  before: (key) => key - 1n,
  check(subject, name, key) {
    if (typeof key !== 'bigint') throw new TypeError(`${subject}: expected ${name} to be a bigint, got ${typeof key}`);
    if (key < 0n || key > LARGEST) {
      throw new RangeError(`${subject}: expected ${name} in 0..0x${LARGEST.toString(16)}, got ${String(key)}`);
    }
  },
  high(key) {
    scratch[0] = key;
    return scratchWords[HIGH];
  },
  low(key) {
    scratch[0] = key;
    return scratchWords[LOW];
  },
  join(high, low) {
    scratchWords[HIGH] = high;
    scratchWords[LOW] = low;
    return scratch[0];
  },
};
