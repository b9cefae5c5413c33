/** What an allocator is made for, and what all its functions share. */
import type { Bitmap } from '@shootdown/bits';
import type { Memory } from '@shootdown/machine';
import type { AsidEncoding, AsidEra } from './asid-encoding.js';
import type { AsidState } from './asid-state.js';

/** How a rollover takes the CPUs' slots: all in one step, or in the kernel's steps, in the order of their numbers. */
export type FlushSteps = 'at-once' | 'cpu-by-cpu';

/** What an allocator is made for. */
export interface AsidOptions {
  readonly era: AsidEra;
  readonly cpus: number;
  /** Bits of an ASID, 1 to 16; hardware has 8 or 16. */
  readonly asidBits: number;
  /** Size of the bitmap where that is no power of two, for small models; index 0 counts. */
  readonly asids?: number | undefined;
  /** CONFIG_UNMAP_KERNEL_AT_EL0; default false. */
  readonly kptiConfig?: boolean | undefined;
  /** arm64_kernel_unmapped_at_el0(), once CPU capabilities are known; default as configured. */
  readonly kptiCap?: boolean | undefined;
  /** system_supports_cnp(); default false. */
  readonly cnp?: boolean | undefined;
  /** How a rollover takes the CPUs' slots; default `at-once`. */
  readonly flush?: FlushSteps | undefined;
}

/** The options, the macros, the variables, and the bitmaps as `@shootdown/bits` takes them. */
export interface Allocator {
  readonly options: AsidOptions;
  readonly encoding: AsidEncoding;
  readonly state: AsidState;
  readonly kpti: boolean;
  readonly map: (memory: Memory) => Bitmap;
  readonly pinnedMap: (memory: Memory) => Bitmap;
}
