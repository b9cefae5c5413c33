/** FIELD_* for masks of 32 bits or fewer. What C computes in the mask's type or in `int` is done in numbers here. */
import { checkIndex, checkMask, checkU64, checkUint } from './check.js';
import { lowestBit } from './word.js';

/** What may be put into a narrow field: any unsigned integer, as C converts it to the type of the mask first. */
export type FieldValue = number | bigint;

/** FIELD_PREP in a type of `bits` bits. */
export function prepNarrow(subject: string, bits: number, mask: number, value: FieldValue): number {
  checkMask(subject, mask, bits);
  return ((converted(subject, bits, value) << lowestBit(mask)) & mask) >>> 0;
}

/** FIELD_GET in a type of `bits` bits. */
export function getNarrow(subject: string, bits: number, mask: number, word: number): number {
  checkMask(subject, mask, bits);
  checkUint(subject, 'a word', word, bits);
  return (word & mask) >>> lowestBit(mask);
}

/** FIELD_FIT in a type of `bits` bits. */
export function fitNarrow(subject: string, bits: number, mask: number, value: FieldValue): boolean {
  checkMask(subject, mask, bits);
  return ((converted(subject, bits, value) << lowestBit(mask)) & ~mask) === 0;
}

/** FIELD_MAX in a type of `bits` bits. */
export function maxNarrow(subject: string, bits: number, mask: number): number {
  checkMask(subject, mask, bits);
  return mask >>> lowestBit(mask);
}

/** FIELD_MODIFY in a type of `bits` bits, as a new word. */
export function modifyNarrow(subject: string, bits: number, mask: number, word: number, value: FieldValue): number {
  checkUint(subject, 'a word', word, bits);
  return ((word & ~mask) | prepNarrow(subject, bits, mask, value)) >>> 0;
}

function converted(subject: string, bits: number, value: FieldValue): number {
  if (typeof value === 'bigint') {
    checkU64(subject, 'a value', value);
    return Number(BigInt.asUintN(bits, value));
  }
  checkIndex(subject, 'a value', value, Number.MAX_SAFE_INTEGER);
  return value % 2 ** bits;
}
