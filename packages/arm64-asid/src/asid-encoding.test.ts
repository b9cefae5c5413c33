import { describe, expect, test } from 'vitest';
import { TTBR_CNP_BIT, getCpuAsidBits, ttbrValues, verifyCpuAsidBits } from './index.js';

/** ID_AA64MMFR0_EL1 with ASIDBITS, bits 7 to 4, and ones everywhere else. */
const mmfr0 = (asidBits: bigint): bigint => (0xffff_ffff_ffff_ff0fn | (asidBits << 4n)) & 0xffff_ffff_ffff_ffffn;

describe('how many bits an ASID has', () => {
  test.each([
    { field: 0n, bits: 8, isKnown: true },
    { field: 2n, bits: 16, isKnown: true },
    { field: 1n, bits: 8, isKnown: false },
    { field: 3n, bits: 8, isKnown: false },
    { field: 15n, bits: 8, isKnown: false },
  ])('ASIDBITS $field: $bits, known: $isKnown', ({ field, bits, isKnown }) => {
    expect(getCpuAsidBits(mmfr0(field))).toEqual({ bits, isKnown });
  });

  test.each([
    { field: 0n, boot: 8, joins: true },
    { field: 0n, boot: 16, joins: false },
    { field: 2n, boot: 8, joins: true },
    { field: 2n, boot: 16, joins: true },
    { field: 7n, boot: 16, joins: false },
  ])('a CPU with ASIDBITS $field joins one with $boot bits: $joins', ({ field, boot, joins }) => {
    expect(verifyCpuAsidBits(mmfr0(field), boot)).toBe(joins);
  });
});

describe('the registers of a switch', () => {
  const PGD = 0x8123_4567_8fc0n;
  const TTBR1 = 0xabcd_0000_4000_1001n;

  test.each([
    { asid: 0x1234, hasCnp: false, ttbr0: PGD, ttbr1: 0x1234_0000_4000_1001n },
    { asid: 0x1234, hasCnp: true, ttbr0: PGD | TTBR_CNP_BIT, ttbr1: 0x1234_0000_4000_1001n },
    { asid: 0xffff, hasCnp: false, ttbr0: PGD, ttbr1: 0xffff_0000_4000_1001n },
    { asid: 0, hasCnp: true, ttbr0: PGD, ttbr1: 0x0000_0000_4000_1001n },
  ])('ASID $asid, CnP $hasCnp', ({ asid, hasCnp, ttbr0, ttbr1 }) => {
    expect(ttbrValues(PGD, TTBR1, asid, hasCnp)).toEqual({ ttbr0, ttbr1 });
  });

  test.each([
    { pgd: PGD + 1n, asid: 1 },
    { pgd: 1n << 48n, asid: 1 },
    { pgd: -64n, asid: 1 },
    { pgd: PGD, asid: 0x1_0000 },
    { pgd: PGD, asid: -1 },
  ])('$pgd and ASID $asid do not fit', ({ pgd, asid }) => {
    expect(() => ttbrValues(pgd, TTBR1, asid, false)).toThrow(RangeError);
  });
});
