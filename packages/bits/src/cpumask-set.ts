/** Sets of CPUs as wholes: algebra, comparison, text. All masks of a call have one size, else RangeError. */
import {
  bitmapAnd,
  bitmapAndnot,
  bitmapCopy,
  bitmapEmpty,
  bitmapEqual,
  bitmapFull,
  bitmapIntersects,
  bitmapOr,
  bitmapSubset,
  bitmapWeight,
  bitmapXor,
} from './bitmap-logic.js';
import { bitmapParse, bitmapString, type HexErrno } from './bitmap-hex.js';
import { bitmapListString, bitmapParselist, type ListErrno } from './bitmap-list.js';
import { bitmapFill, bitmapZero } from './bitmap.js';
import type { Cpumask } from './cpumask.js';
import type { Result } from './result.js';

/**
 * Puts every CPU into the set.
 *
 * @source include/linux/cpumask.h cpumask_setall v7.0
 */
export function cpumaskSetall(dst: Cpumask): void {
  bitmapFill(dst.bits);
}

/**
 * Takes every CPU out of the set.
 *
 * @source include/linux/cpumask.h cpumask_clear v7.0
 */
export function cpumaskClear(dst: Cpumask): void {
  bitmapZero(dst.bits);
}

/**
 * Makes `dst` equal to `src`.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_copy v7.0
 */
export function cpumaskCopy(dst: Cpumask, src: Cpumask): void {
  bitmapCopy(dst.bits, src.bits);
}

/**
 * Makes `dst` the CPUs in both `a` and `b`, and tells whether there are any.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_and v7.0
 */
export function cpumaskAnd(dst: Cpumask, a: Cpumask, b: Cpumask): boolean {
  return bitmapAnd(dst.bits, a.bits, b.bits);
}

/**
 * Makes `dst` the CPUs in `a` and not in `b`, and tells whether there are any.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_andnot v7.0
 */
export function cpumaskAndnot(dst: Cpumask, a: Cpumask, b: Cpumask): boolean {
  return bitmapAndnot(dst.bits, a.bits, b.bits);
}

/**
 * Makes `dst` the CPUs in `a` or `b`.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_or v7.0
 */
export function cpumaskOr(dst: Cpumask, a: Cpumask, b: Cpumask): void {
  bitmapOr(dst.bits, a.bits, b.bits);
}

/**
 * Makes `dst` the CPUs in one of `a` and `b`, not in both.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_xor v7.0
 */
export function cpumaskXor(dst: Cpumask, a: Cpumask, b: Cpumask): void {
  bitmapXor(dst.bits, a.bits, b.bits);
}

/**
 * Whether both sets have the same CPUs.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_equal v7.0
 */
export function cpumaskEqual(a: Cpumask, b: Cpumask): boolean {
  return bitmapEqual(a.bits, b.bits);
}

/**
 * Whether some CPU is in both sets.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_intersects v7.0
 */
export function cpumaskIntersects(a: Cpumask, b: Cpumask): boolean {
  return bitmapIntersects(a.bits, b.bits);
}

/**
 * Whether every CPU of `a` is in `b`.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_subset v7.0
 */
export function cpumaskSubset(a: Cpumask, b: Cpumask): boolean {
  return bitmapSubset(a.bits, b.bits);
}

/**
 * Whether no CPU is in the set.
 *
 * @source include/linux/cpumask.h cpumask_empty v7.0
 */
export function cpumaskEmpty(mask: Cpumask): boolean {
  return bitmapEmpty(mask.bits);
}

/**
 * Whether every CPU is in the set.
 *
 * @source include/linux/cpumask.h cpumask_full v7.0
 */
export function cpumaskFull(mask: Cpumask): boolean {
  return bitmapFull(mask.bits);
}

/**
 * Number of CPUs in the set.
 *
 * @source include/linux/cpumask.h cpumask_weight v7.0
 */
export function cpumaskWeight(mask: Cpumask): number {
  return bitmapWeight(mask.bits);
}

/**
 * The set as hexadecimal chunks, as {@link bitmapString} writes them.
 *
 * @source lib/vsprintf.c bitmap_string v7.0
 */
export function cpumapString(mask: Cpumask): string {
  return bitmapString(mask.bits);
}

/**
 * The set as a list, `0-3,7`, as {@link bitmapListString} writes it.
 *
 * @source lib/vsprintf.c bitmap_list_string v7.0
 */
export function cpulistString(mask: Cpumask): string {
  return bitmapListString(mask.bits);
}

/**
 * Makes `dst` the CPUs that hexadecimal chunks name, as {@link bitmapParse} reads them.
 *
 * @source include/linux/cpumask.h cpumask_parse v7.0
 */
export function cpumaskParse(text: string, dst: Cpumask): Result<void, HexErrno> {
  return bitmapParse(text, dst.bits);
}

/**
 * Makes `dst` the CPUs that a list names, as {@link bitmapParselist} reads it.
 *
 * @source include/linux/cpumask.h cpulist_parse v7.0
 */
export function cpulistParse(text: string, dst: Cpumask): Result<void, ListErrno> {
  return bitmapParselist(text, dst.bits);
}
