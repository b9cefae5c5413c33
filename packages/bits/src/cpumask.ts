/**
 * Sets of CPUs: bitmaps that speak of CPU ids. A search that finds nothing answers `undefined`, where the kernel answers
 * some number not below `nr_cpu_ids`.
 */
import { clearBit, setBit, testAndClearBit, testAndSetBit, testBit } from './bitmap-bit.js';
import { findNextAndBit, findNextBit, findNextZeroBit } from './bitmap-find.js';
import { Bitmap } from './bitmap.js';
import type { Brand } from './brand.js';
import { eachSetBit } from './each-bit.js';
import { checkIndex } from './internal/check.js';
import type { WordStorage } from './word-storage.js';

/** Number of a CPU, from 0. */
export type CpuId = Brand<number, 'CpuId'>;

/**
 * The number of a CPU out of an ordinary number.
 *
 * @throws TypeError when `cpu` is not an integer
 * @throws RangeError when `cpu` is negative or too large
 */
export function cpuId(cpu: number): CpuId {
  checkIndex('cpuId', 'a CPU', cpu, 0x7fff_ffff);
  return cpu as CpuId;
}

/** A set of CPUs, each of 0 to `nrCpuIds - 1`. */
export class Cpumask {
  /** The bits: bit i is CPU i. The kernel's `cpumask_bits()`. */
  readonly bits: Bitmap;

  /**
   * @param nrCpuIds - number of CPUs that can be
   * @param storage - where the bits are and stay, as in a {@link Bitmap}; by default new words, all zero
   * @throws TypeError or RangeError as the bitmap does
   * @source include/linux/cpumask.h struct cpumask v7.0
   */
  constructor(nrCpuIds: number, storage?: WordStorage | Uint32Array | Int32Array) {
    this.bits = new Bitmap(nrCpuIds, storage);
  }

  /** Number of CPUs that can be: `nr_cpu_ids`. */
  get nrCpuIds(): number {
    return this.bits.nbits;
  }
}

/**
 * A new set of one CPU.
 *
 * @throws RangeError when `cpu` is not below `nrCpuIds`
 * @source include/linux/cpumask.h cpumask_of v7.0
 */
export function cpumaskOf(cpu: CpuId, nrCpuIds: number): Cpumask {
  const mask = new Cpumask(nrCpuIds);
  setBit(cpu, mask.bits);
  return mask;
}

/**
 * Puts `cpu` into the set. Not atomic: the kernel's `__cpumask_set_cpu`.
 *
 * @throws RangeError when the mask has no such CPU
 * @source include/linux/cpumask.h __cpumask_set_cpu v7.0
 */
export function cpumaskSetCpu(cpu: CpuId, mask: Cpumask): void {
  setBit(cpu, mask.bits);
}

/**
 * Takes `cpu` out of the set. Not atomic: the kernel's `__cpumask_clear_cpu`.
 *
 * @throws RangeError when the mask has no such CPU
 * @source include/linux/cpumask.h __cpumask_clear_cpu v7.0
 */
export function cpumaskClearCpu(cpu: CpuId, mask: Cpumask): void {
  clearBit(cpu, mask.bits);
}

/**
 * Whether `cpu` is in the set.
 *
 * @throws RangeError when the mask has no such CPU
 * @source include/linux/cpumask.h cpumask_test_cpu v7.0
 */
export function cpumaskTestCpu(cpu: CpuId, mask: Cpumask): boolean {
  return testBit(cpu, mask.bits);
}

/**
 * Puts `cpu` into the set and tells whether it was there. Not atomic here.
 *
 * @throws RangeError when the mask has no such CPU
 * @source include/linux/cpumask.h cpumask_test_and_set_cpu v7.0
 */
export function cpumaskTestAndSetCpu(cpu: CpuId, mask: Cpumask): boolean {
  return testAndSetBit(cpu, mask.bits);
}

/**
 * Takes `cpu` out of the set and tells whether it was there. Not atomic here.
 *
 * @throws RangeError when the mask has no such CPU
 * @source include/linux/cpumask.h cpumask_test_and_clear_cpu v7.0
 */
export function cpumaskTestAndClearCpu(cpu: CpuId, mask: Cpumask): boolean {
  return testAndClearBit(cpu, mask.bits);
}

/**
 * The lowest CPU of the set.
 *
 * @source include/linux/cpumask.h cpumask_first v7.0
 */
export function cpumaskFirst(mask: Cpumask): CpuId | undefined {
  return found(mask, findNextBit(mask.bits, 0));
}

/**
 * The lowest CPU not in the set.
 *
 * @source include/linux/cpumask.h cpumask_first_zero v7.0
 */
export function cpumaskFirstZero(mask: Cpumask): CpuId | undefined {
  return found(mask, findNextZeroBit(mask.bits, 0));
}

/**
 * The lowest CPU in both sets.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_first_and v7.0
 */
export function cpumaskFirstAnd(a: Cpumask, b: Cpumask): CpuId | undefined {
  return found(a, findNextAndBit(a.bits, b.bits, 0));
}

/**
 * The lowest CPU of the set above `cpu`, which itself does not count.
 *
 * @source include/linux/cpumask.h cpumask_next v7.0
 */
export function cpumaskNext(cpu: CpuId, mask: Cpumask): CpuId | undefined {
  return found(mask, findNextBit(mask.bits, cpu + 1));
}

/**
 * The lowest CPU above `cpu` that is not in the set.
 *
 * @source include/linux/cpumask.h cpumask_next_zero v7.0
 */
export function cpumaskNextZero(cpu: CpuId, mask: Cpumask): CpuId | undefined {
  return found(mask, findNextZeroBit(mask.bits, cpu + 1));
}

/**
 * The lowest CPU above `cpu` that is in both sets.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/cpumask.h cpumask_next_and v7.0
 */
export function cpumaskNextAnd(cpu: CpuId, a: Cpumask, b: Cpumask): CpuId | undefined {
  return found(a, findNextAndBit(a.bits, b.bits, cpu + 1));
}

/**
 * Some CPU of the set other than `cpu`: the lowest, as in the kernel.
 *
 * @source include/linux/cpumask.h cpumask_any_but v7.0
 */
export function cpumaskAnyBut(mask: Cpumask, cpu: CpuId): CpuId | undefined {
  const first = cpumaskFirst(mask);
  return first === cpu ? cpumaskNext(cpu, mask) : first;
}

/**
 * The CPUs of the set, ascending.
 *
 * @source include/linux/cpumask.h for_each_cpu v7.0
 */
export function eachCpu(mask: Cpumask): Generator<CpuId, void> {
  return eachSetBit(mask.bits) as Generator<CpuId, void>;
}

function found(mask: Cpumask, bit: number): CpuId | undefined {
  return bit < mask.nrCpuIds ? (bit as CpuId) : undefined;
}
