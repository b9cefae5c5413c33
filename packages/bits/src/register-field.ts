/**
 * Register layouts as tables: a field is declared once, by its bits, and then read and written by name.
 *
 * Unlike `FIELD_PREP` these fields refuse a value that does not fit, however wide it is.
 */
import { checkU64, checkUint, hex } from './internal/check.js';

/** A field of a register whose words are bigints (64 bits) or numbers (32 bits). */
export interface RegisterField<Word extends number | bigint> {
  /** Ones where the field is. */
  readonly mask: Word;
  /** Distance of the field's least significant bit from that of the word. */
  readonly shift: number;
  /** Number of bits. */
  readonly width: number;
  /**
   * The value of the field in `word`.
   *
   * @throws TypeError or RangeError when `word` is not a word of the register
   */
  readonly get: (word: Word) => Word;
  /**
   * `value` in its place, with zeros around it.
   *
   * @throws TypeError when `value` is not an integer
   * @throws RangeError when `value` does not fit
   */
  readonly prep: (value: Word | number) => Word;
  /**
   * `word` with `value` in the field and the rest as it was.
   *
   * @throws TypeError when an argument is not an integer
   * @throws RangeError when `value` does not fit or `word` is not a word of the register
   */
  readonly replace: (word: Word, value: Word | number) => Word;
  /** Whether `value` is an unsigned integer of at most {@link RegisterField.width} bits. */
  readonly fits: (value: Word | number) => boolean;
}

/**
 * A field of a 64-bit register, bits `high` down to `low` (63 >= high >= low >= 0, 0 is the least significant).
 *
 * @throws TypeError when a bit is not an integer
 * @throws RangeError when the bits are reversed or outside the register
 */
export function field(high: number, low: number): RegisterField<bigint> {
  checkLsb0('field', high, low, 63);
  return field64('field', low, high - low + 1);
}

/** As {@link field}, for a register of 32 bits. */
export function field32(high: number, low: number): RegisterField<number> {
  checkLsb0('field32', high, low, 31);
  return fieldNarrow('field32', low, high - low + 1);
}

/**
 * A field of a 64-bit register in IBM's numbering, bits `msb` to `lsb` (0 <= msb <= lsb <= 63, 0 is the most significant).
 *
 * @throws TypeError when a bit is not an integer
 * @throws RangeError when the bits are reversed or outside the register
 */
export function ppcField(msb: number, lsb: number): RegisterField<bigint> {
  checkMsb0('ppcField', msb, lsb, 63);
  return field64('ppcField', 63 - lsb, lsb - msb + 1);
}

/** As {@link ppcField}, for a register of 32 bits: bit 31 is the least significant. */
export function ppcField32(msb: number, lsb: number): RegisterField<number> {
  checkMsb0('ppcField32', msb, lsb, 31);
  return fieldNarrow('ppcField32', 31 - lsb, lsb - msb + 1);
}

function field64(subject: string, shift: number, width: number): RegisterField<bigint> {
  const distance = BigInt(shift);
  const max = (1n << BigInt(width)) - 1n;
  const mask = max << distance;
  const fits = (value: bigint | number): boolean => isUnsigned(value) && value <= max;
  const prep = (value: bigint | number): bigint => {
    if (!fits(value)) throw misfit(subject, value, width);
    return BigInt(value) << distance;
  };
  const checked = (word: bigint): bigint => {
    checkU64(subject, 'a word', word);
    return word;
  };
  return {
    mask,
    shift,
    width,
    fits,
    prep,
    get: (word) => (checked(word) & mask) >> distance,
    replace: (word, value) => (checked(word) & ~mask) | prep(value),
  };
}

function fieldNarrow(subject: string, shift: number, width: number): RegisterField<number> {
  const max = 2 ** width - 1;
  const mask = (max << shift) >>> 0;
  const fits = (value: number): boolean => typeof value === 'number' && isUnsigned(value) && value <= max;
  const prep = (value: number): number => {
    if (!fits(value)) throw misfit(subject, value, width);
    return (value << shift) >>> 0;
  };
  const checked = (word: number): number => {
    checkUint(subject, 'a word', word, 32);
    return word;
  };
  return {
    mask,
    shift,
    width,
    fits,
    prep,
    get: (word) => (checked(word) & mask) >>> shift,
    replace: (word, value) => ((checked(word) & ~mask) | prep(value)) >>> 0,
  };
}

function isUnsigned(value: number | bigint): boolean {
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && value >= 0;
}

function misfit(subject: string, value: number | bigint, width: number): TypeError | RangeError {
  if (typeof value !== 'bigint' && !Number.isInteger(value)) {
    return new TypeError(`${subject}: expected an integer as a value, got ${String(value)}`);
  }
  return new RangeError(`${subject}: expected a value of ${width} ${width === 1 ? 'bit' : 'bits'}, got ${hex(value)}`);
}

function checkLsb0(subject: string, high: number, low: number, top: number): void {
  checkIntegers(subject, 'high', high, 'low', low);
  if (low < 0 || low > high || high > top) {
    throw new RangeError(`${subject}: expected ${top} >= high >= low >= 0, got ${high}..${low}`);
  }
}

function checkMsb0(subject: string, msb: number, lsb: number, top: number): void {
  checkIntegers(subject, 'msb', msb, 'lsb', lsb);
  if (msb < 0 || msb > lsb || lsb > top) {
    throw new RangeError(`${subject}: expected msb <= lsb <= ${top}, got ${msb}..${lsb}`);
  }
}

function checkIntegers(subject: string, name1: string, bit1: number, name2: string, bit2: number): void {
  if (Number.isInteger(bit1) && Number.isInteger(bit2)) return;
  throw new TypeError(`${subject}: expected integers as ${name1} and ${name2}, got ${String(bit1)}..${String(bit2)}`);
}
