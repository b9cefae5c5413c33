/** Tables of single-word functions in hexadecimal, and what they refuse. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as bits from './index.js';
import { bit, field, field32, genmask, ppcField, ppcField32, type Endian } from './index.js';

const hex = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value);

const TABLE: readonly (readonly [string, () => unknown, string])[] = [
  ['bit(12)', () => bit(12), '0x1000'],
  ['bitU64(63)', () => bits.bitU64(63), '0x8000000000000000'],
  ['bitU32(31)', () => bits.bitU32(31), '0x80000000'],
  ['bitU16(15)', () => bits.bitU16(15), '0x8000'],
  ['bitU8(7)', () => bits.bitU8(7), '0x80'],
  ['genmask(39, 21)', () => genmask(39, 21), '0xffffe00000'],
  ['genmaskU64(63, 0)', () => bits.genmaskU64(63, 0), '0xffffffffffffffff'],
  ['genmaskU128(127, 126)', () => bits.genmaskU128(127, 126), '0xc0000000000000000000000000000000'],
  ['genmaskU128(64, 63)', () => bits.genmaskU128(64, 63), '0x18000000000000000'],
  ['genmaskU32(31, 0)', () => bits.genmaskU32(31, 0), '0xffffffff'],
  ['ppcBit(12)', () => bits.ppcBit(12), '0x8000000000000'],
  ['ppcBitlshift(38)', () => bits.ppcBitlshift(38), '0x19'],
  ['ppcBitlshift32(31)', () => bits.ppcBitlshift32(31), '0x0'],
  ['ppcBitlshift8(0)', () => bits.ppcBitlshift8(0), '0x7'],
  ['ppcBitmask(19, 38)', () => bits.ppcBitmask(19, 38), '0x1ffffe000000'],
  ['ppcBitmask(0, 63)', () => bits.ppcBitmask(0, 63), '0xffffffffffffffff'],
  ['ppcBitextract(ppcBit(5), 5, 15)', () => bits.ppcBitextract(bits.ppcBit(5), 5, 15), '0x8000'],
  ['getfield(0xff00, 0x1234)', () => bits.getfield(0xff00n, 0x1234n), '0x12'],
  ['setfield(0xff00, 0x1234, 0x1ab)', () => bits.setfield(0xff00n, 0x1234n, 0x1abn), '0xab34'],
  ['setfield(0xf0f0, 0xffff, 0x5)', () => bits.setfield(0xf0f0n, 0xffffn, 0x5n), '0xf5f'],
  ['fieldPrep(0xff00, 0x1ab)', () => bits.fieldPrep(0xff00n, 0x1abn), '0xab00'],
  ['fieldFit(bit(63), 2)', () => bits.fieldFit(bit(63), 2n), 'true'],
  ['fieldFit32(bit 31, 2)', () => bits.fieldFit32(0x8000_0000, 2), 'true'],
  ['fieldFit16(bit 15, 2)', () => bits.fieldFit16(0x8000, 2), 'false'],
  ['fieldFit8(0xf0, 0x10)', () => bits.fieldFit8(0xf0, 0x10), 'false'],
  ['fieldFit8(0xf0, 0x100)', () => bits.fieldFit8(0xf0, 0x100), 'true'],
  ['fieldPrep32(0xff000000, 2^40 + 0x1ab)', () => bits.fieldPrep32(0xff00_0000, 2 ** 40 + 0x1ab), '0xab000000'],
  ['fieldModify(0xff00, 0x1234, 0x1ab)', () => bits.fieldModify(0xff00n, 0x1234n, 0x1abn), '0xab34'],
  ['fieldGetRuntime(0xf0f0, 0x1234)', () => bits.fieldGetRuntime(0xf0f0n, 0x1234n), '0x103'],
  ['fieldPrepRuntime32(0x80000000, 3)', () => bits.fieldPrepRuntime32(0x8000_0000, 3), '0x80000000'],
  ['u8EncodeBits(0x1f, 0x3c)', () => bits.u8EncodeBits(0x1f, 0x3c), '0x3c'],
  ['u16ReplaceBits(0xffff, 0x2, 0xf0)', () => bits.u16ReplaceBits(0xffff, 0x2, 0xf0), '0xff2f'],
  ['u32GetBits(0x89abcdef, 0xff000000)', () => bits.u32GetBits(0x89ab_cdef, 0xff00_0000), '0x89'],
  [
    'u64EncodeBits(0x5, 0xf000000000000000)',
    () => bits.u64EncodeBits(0x5n, 0xf000_0000_0000_0000n),
    '0x5000000000000000',
  ],
  ['be16EncodeBits(0x2, 0x0ff0) on little', () => bits.be16EncodeBits(0x2, 0x0ff0, 'little'), '0x2000'],
  ['be16EncodeBits(0x2, 0x0ff0) on big', () => bits.be16EncodeBits(0x2, 0x0ff0, 'big'), '0x20'],
  ['le32EncodeBits(0x12, 0xff0000) on big', () => bits.le32EncodeBits(0x12, 0xff_0000, 'big'), '0x1200'],
  ['be64EncodeBits(0x1, 0xff) on little', () => bits.be64EncodeBits(0x1n, 0xffn, 'little'), '0x100000000000000'],
  ['swab64(0x0123456789abcdef)', () => bits.swab64(0x0123_4567_89ab_cdefn), '0xefcdab8967452301'],
  ['swab32(0x89abcdef)', () => bits.swab32(0x89ab_cdef), '0xefcdab89'],
  ['swab16(0xabcd)', () => bits.swab16(0xabcd), '0xcdab'],
  ['cpuToLe32(0x89abcdef) on big', () => bits.cpuToLe32(0x89ab_cdef, 'big'), '0xefcdab89'],
  ['signExtend32(0x80, 7)', () => bits.signExtend32(0x80, 7), '0x-80'],
  ['signExtend64(0xff, 7)', () => bits.signExtend64(0xffn, 7), '0x-1'],
  ['ror8(0x1, 9)', () => bits.ror8(0x1, 9), '0x80'],
  ['rol64(2^63 + 1, 64)', () => bits.rol64(0x8000_0000_0000_0001n, 64), '0x8000000000000001'],
  ['rol32(0x80000001, 32)', () => bits.rol32(0x8000_0001, 32), '0x80000001'],
];

test.each(TABLE)('%s is what it is in C', (_, call, expected) => {
  expect(hex(call())).toBe(expected);
});

/** Each refuses its argument with exactly these words. */
const NONSENSE: readonly (readonly [string, () => unknown])[] = [
  ['ppcField: expected msb <= lsb <= 63, got 40..38', () => ppcField(40, 38)],
  ['ppcField32: expected msb <= lsb <= 31, got 0..32', () => ppcField32(0, 32)],
  ['ppcField: expected integers as msb and lsb, got 0.5..3', () => ppcField(0.5, 3)],
  ['field: expected 63 >= high >= low >= 0, got 3..7', () => field(3, 7)],
  ['field: expected a value of 4 bits, got 0x10', () => field(7, 4).prep(0x10)],
  ['field: expected a value of 1 bit, got -1', () => field(7, 7).prep(-1)],
  ['field: expected an integer as a value, got 0.5', () => field(7, 7).prep(0.5)],
  ['field: expected a bigint as a word, got 16', () => field(7, 4).get(16 as never)],
  ['field: expected a word of 0..0xffffffffffffffff, got 0x10000000000000000', () => field(7, 4).get(1n << 64n)],
  ['field32: expected a word of 0..0xffffffff, got -1', () => field32(7, 4).replace(-1, 0)],
  ['bit: expected a bit of 0..63, got 64', () => bit(64)],
  ['bit: expected an integer as a bit, got 1n', () => bit('1n' as never)],
  ['genmask: expected 63 >= high >= low >= 0, got 3..4', () => genmask(3, 4)],
  ['genmaskU8: expected 7 >= high >= low >= 0, got 8..0', () => bits.genmaskU8(8, 0)],
  ['ppcBitmask: expected 0 <= bs <= be <= 63, got 40..38', () => bits.ppcBitmask(40, 38)],
  ['fieldPrep: expected a mask of contiguous ones, got 5', () => bits.fieldPrep(0x5n, 1n)],
  ['fieldPrep: expected a mask of contiguous ones, got 0', () => bits.fieldPrep(0n, 1n)],
  ['fieldPrep: expected a value of 0..0xffffffffffffffff, got -1', () => bits.fieldPrep(0xfn, -1n)],
  ['fieldPrep: expected a bigint as a value, got 1', () => bits.fieldPrep(0xfn, 1 as never)],
  ['fieldGet32: expected a mask of contiguous ones, got 0x80000001', () => bits.fieldGet32(0x8000_0001, 0)],
  ['fieldPrep8: expected a mask of 0..0xff, got 0x100', () => bits.fieldPrep8(0x100, 0)],
  ['fieldPrep8: expected an integer as a value, got NaN', () => bits.fieldPrep8(0xf, NaN)],
  ['getfield: expected a mask with a one in it, got 0', () => bits.getfield(0n, 1n)],
  ['cpuToBe16: expected a value of 0..0xffff, got 0x10000', () => bits.cpuToBe16(0x10000, 'big')],
  ["cpuToBe16: expected a host that is 'little' or 'big', got be", () => bits.cpuToBe16(0, 'be' as Endian)],
  ['ffz: expected a word with a zero in it, got 0xffffffffffffffff', () => bits.ffz(0xffff_ffff_ffff_ffffn)],
  ['ffsFrom0: expected a word with a one in it, got 0', () => bits.ffsFrom0(0n)],
  ['flsFrom0: expected a word with a one in it, got 0', () => bits.flsFrom0(0n)],
  ['hweight8: expected a word of 0..0xff, got 0x100', () => bits.hweight8(0x100)],
  ['rol8: expected a shift of 0..9007199254740991, got -1', () => bits.rol8(1, -1)],
];

test.each(NONSENSE)('nonsense is refused: %s', (message, call) => {
  expect(call).toThrow(message);
});

describe('a table of fields', () => {
  const ATSD_LAUNCH = {
    INVAL_BY_PID: ppcField(12, 12),
    PRS: ppcField(13, 13),
    AP: ppcField(15, 17),
    PID: ppcField(19, 38),
    NO_FLUSH: ppcField(39, 39),
  } as const;
  const { INVAL_BY_PID, PRS, AP, PID, NO_FLUSH } = ATSD_LAUNCH;

  test('has the masks and shifts of the manual', () => {
    expect([PID.mask, PID.shift, PID.width]).toEqual([0x0000_1fff_fe00_0000n, 25, 20]);
    expect([AP.mask, AP.shift, AP.width]).toEqual([0x0001_c000_0000_0000n, 46, 3]);
    expect([NO_FLUSH.mask, NO_FLUSH.shift, NO_FLUSH.width]).toEqual([0x0100_0000n, 24, 1]);
  });

  test('makes launch words', () => {
    const byPid = INVAL_BY_PID.prep(1) | PRS.prep(1) | AP.prep(5);
    expect(byPid | PID.prep(0)).toBe(0x000d_4000_0000_0000n);
    expect(byPid | PID.prep(1) | NO_FLUSH.prep(1)).toBe(0x000d_4000_0300_0000n);
    expect(PID.get(0x000c_1fff_fe00_0000n)).toBe(0xfffffn);
  });

  test('replaces one field and leaves the others', () => {
    expect(PID.replace(0xffff_ffff_ffff_ffffn, 0)).toBe(0xffff_e000_01ff_ffffn);
  });

  test('refuses a PID of more than 20 bits, which a shift would let run into other fields', () => {
    expect(PID.fits(0xfffff) && !PID.fits(0x10_0000) && !PID.fits(-1n) && !PID.fits(0.5)).toBe(true);
    expect(() => PID.prep(0x10_0000n)).toThrow('ppcField: expected a value of 20 bits, got 0x100000');
  });

  test('sees values that FIELD_FIT does not', () => {
    expect([field(63, 63).fits(2n), bits.fieldFit(bit(63), 2n)]).toEqual([false, true]);
  });

  test('agrees with masks in both numberings and sizes', () => {
    const twoOf = (bitsInWord: number): fc.Arbitrary<[number, number]> =>
      fc.tuple(fc.nat(bitsInWord - 1), fc.nat(bitsInWord - 1)).map(([a, b]) => [Math.max(a, b), Math.min(a, b)]);
    fc.assert(
      fc.property(twoOf(64), fc.bigInt(0n, (1n << 64n) - 1n), ([high, low], word) => {
        const lsb0 = field(high, low);
        const msb0 = ppcField(63 - high, 63 - low);
        expect([lsb0.mask, lsb0.shift, lsb0.width]).toEqual([msb0.mask, msb0.shift, msb0.width]);
        expect(lsb0.mask).toBe(genmask(high, low));
        expect(lsb0.get(word)).toBe(bits.fieldGet(lsb0.mask, word));
        expect(msb0.prep(msb0.get(word))).toBe(word & msb0.mask);
        expect(lsb0.replace(0n, lsb0.get(word)) | lsb0.replace(word, 0)).toBe(word);
      }),
    );
    fc.assert(
      fc.property(twoOf(32), fc.nat(0xffff_ffff), ([high, low], word) => {
        const lsb0 = field32(high, low);
        const msb0 = ppcField32(31 - high, 31 - low);
        expect([lsb0.mask, lsb0.shift, lsb0.width]).toEqual([msb0.mask, msb0.shift, msb0.width]);
        expect(lsb0.mask).toBe(bits.genmaskU32(high, low));
        expect(lsb0.get(word)).toBe(bits.fieldGet32(lsb0.mask, word));
        expect(msb0.prep(msb0.get(word))).toBe((word & msb0.mask) >>> 0);
        expect(lsb0.replace(word, lsb0.get(word))).toBe(word);
      }),
    );
  });
});

describe.each<Endian>(['little', 'big'])('on a %s-endian host', (host) => {
  /** The bytes of a stored word, in the order of memory. */
  const stored = (value: bigint): number[] => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, value, host === 'little');
    return [...new Uint8Array(view.buffer)];
  };

  test('a big-endian word has its most significant byte first in memory, a little-endian one last', () => {
    expect(stored(bits.cpuToBe64(0x0102_0304_0506_0708n, host))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(stored(bits.cpuToLe64(0x0102_0304_0506_0708n, host))).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('conversions are undone by their opposites', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (word64) => {
        const word32 = Number(word64 & 0xffff_ffffn);
        const word16 = word32 & 0xffff;
        expect(bits.be64ToCpu(bits.cpuToBe64(word64, host), host)).toBe(word64);
        expect(bits.le64ToCpu(bits.cpuToLe64(word64, host), host)).toBe(word64);
        expect(bits.be32ToCpu(bits.cpuToBe32(word32, host), host)).toBe(word32);
        expect(bits.le32ToCpu(bits.cpuToLe32(word32, host), host)).toBe(word32);
        expect(bits.be16ToCpu(bits.cpuToBe16(word16, host), host)).toBe(word16);
        expect(bits.le16ToCpu(bits.cpuToLe16(word16, host), host)).toBe(word16);
      }),
    );
  });

  const narrow = [
    { name: 'u16', bits: 16, encode: bits.u16EncodeBits, get: bits.u16GetBits, replace: bits.u16ReplaceBits },
    { name: 'u32', bits: 32, encode: bits.u32EncodeBits, get: bits.u32GetBits, replace: bits.u32ReplaceBits },
    { name: 'u8', bits: 8, encode: bits.u8EncodeBits, get: bits.u8GetBits, replace: bits.u8ReplaceBits },
  ];
  test.each(narrow)(
    '$name fields are FIELD_PREP, FIELD_GET and FIELD_MODIFY',
    ({ bits: width, encode, get, replace }) => {
      const word = fc.nat(2 ** width - 1);
      fc.assert(
        fc.property(word, word, fc.nat(width - 1), fc.nat(width - 1), (old, value, a, b) => {
          const { mask } = field32(Math.max(a, b), Math.min(a, b));
          expect(encode(value, mask)).toBe(bits.fieldPrep32(mask, value));
          expect(get(old, mask)).toBe(bits.fieldGet32(mask, old));
          expect(replace(old, value, mask)).toBe(bits.fieldModify32(mask, old, value));
        }),
      );
    },
  );

  const u64 = fc.bigInt(0n, (1n << 64n) - 1n);
  const mask64 = fc.tuple(fc.nat(63), fc.nat(63)).map(([a, b]) => genmask(Math.max(a, b), Math.min(a, b)));

  test('u64, le64 and be64 fields are the same, in other words', () => {
    fc.assert(
      fc.property(u64, u64, mask64, (old, value, mask) => {
        const encoded = bits.fieldPrep(mask, value);
        const got = bits.fieldGet(mask, old);
        const replaced = bits.fieldModify(mask, old, value);
        const { cpuToLe64, cpuToBe64 } = bits;
        expect(bits.u64EncodeBits(value, mask)).toBe(encoded);
        expect(bits.u64GetBits(old, mask)).toBe(got);
        expect(bits.u64ReplaceBits(old, value, mask)).toBe(replaced);
        expect(bits.le64EncodeBits(value, mask, host)).toBe(cpuToLe64(encoded, host));
        expect(bits.le64GetBits(cpuToLe64(old, host), mask, host)).toBe(got);
        expect(bits.le64ReplaceBits(cpuToLe64(old, host), value, mask, host)).toBe(cpuToLe64(replaced, host));
        expect(bits.be64EncodeBits(value, mask, host)).toBe(cpuToBe64(encoded, host));
        expect(bits.be64GetBits(cpuToBe64(old, host), mask, host)).toBe(got);
        expect(bits.be64ReplaceBits(cpuToBe64(old, host), value, mask, host)).toBe(cpuToBe64(replaced, host));
      }),
    );
  });

  test('le32 and be32 fields are u32 fields, in other words', () => {
    const u32 = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(u32, u32, mask64, (old, value, wide) => {
        const mask = Number(wide & 0xffff_ffffn) || 1;
        const [encoded, got] = [bits.u32EncodeBits(value, mask), bits.u32GetBits(old, mask)];
        const replaced = bits.u32ReplaceBits(old, value, mask);
        const { cpuToLe32, cpuToBe32 } = bits;
        expect(bits.le32EncodeBits(value, mask, host)).toBe(cpuToLe32(encoded, host));
        expect(bits.le32GetBits(cpuToLe32(old, host), mask, host)).toBe(got);
        expect(bits.le32ReplaceBits(cpuToLe32(old, host), value, mask, host)).toBe(cpuToLe32(replaced, host));
        expect(bits.be32EncodeBits(value, mask, host)).toBe(cpuToBe32(encoded, host));
        expect(bits.be32GetBits(cpuToBe32(old, host), mask, host)).toBe(got);
        expect(bits.be32ReplaceBits(cpuToBe32(old, host), value, mask, host)).toBe(cpuToBe32(replaced, host));
      }),
    );
  });

  test('le16 and be16 fields are u16 fields, in other words', () => {
    const u16 = fc.nat(0xffff);
    fc.assert(
      fc.property(u16, u16, mask64, (old, value, wide) => {
        const mask = Number(wide & 0xffffn) || 1;
        const [encoded, got] = [bits.u16EncodeBits(value, mask), bits.u16GetBits(old, mask)];
        const replaced = bits.u16ReplaceBits(old, value, mask);
        const { cpuToLe16, cpuToBe16 } = bits;
        expect(bits.le16EncodeBits(value, mask, host)).toBe(cpuToLe16(encoded, host));
        expect(bits.le16GetBits(cpuToLe16(old, host), mask, host)).toBe(got);
        expect(bits.le16ReplaceBits(cpuToLe16(old, host), value, mask, host)).toBe(cpuToLe16(replaced, host));
        expect(bits.be16EncodeBits(value, mask, host)).toBe(cpuToBe16(encoded, host));
        expect(bits.be16GetBits(cpuToBe16(old, host), mask, host)).toBe(got);
        expect(bits.be16ReplaceBits(cpuToBe16(old, host), value, mask, host)).toBe(cpuToBe16(replaced, host));
      }),
    );
  });
});

test('every power of two has its one where every function says', () => {
  for (let place = 0; place < 64; place++) {
    const word = bit(place);
    expect([bits.ffsFrom0(word), bits.flsFrom0(word), bits.ffs64From0(word)]).toEqual([place, place, place]);
    expect([bits.fls64(word), bits.flsLong(word), bits.hweight64(word)]).toEqual([place + 1, place + 1, 1]);
    expect(bits.ppcBit(63 - place)).toBe(word);
    expect(bits.ffz(word - 1n)).toBe(place);
    expect(bits.getCountOrderLong(word)).toBe(place);
    if (place > 0) expect(bits.getCountOrderLong(word + 1n)).toBe(place + 1);
  }
});
