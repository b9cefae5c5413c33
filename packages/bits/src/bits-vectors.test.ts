/** Replays `bits.jsonl.gz`: what the kernel's macros and functions answered on a little-endian 64-bit host. */
import { expect, test } from 'vitest';
import * as bits from './index.js';
import { readCases } from '@shootdown/tooling-vectors';

type Input = string | number;

interface Case {
  id: number;
  fn: string;
  in: Input[];
  out: string | number | boolean;
}

/** What a case means by a number in hexadecimal, and for a function that takes numbers, one that fits. */
const wide = (input: Input): bigint => BigInt(input);
const narrow = (input: Input): number => Number(input);

type Answer = number | bigint | boolean;
type Replay = (...inputs: Input[]) => Answer;

const places =
  (fn: (...places: number[]) => Answer): Replay =>
  (...inputs) =>
    fn(...inputs.map(narrow));
const words64 =
  (fn: (...words: bigint[]) => Answer): Replay =>
  (...inputs) =>
    fn(...inputs.map(wide));
const wordAndPlace =
  (fn: (word: bigint, place: number) => Answer): Replay =>
  (word, place) =>
    fn(wide(word), narrow(place));

const replays: Record<string, Replay> = {
  PPC_BIT: places(bits.ppcBit),
  PPC_BIT32: places(bits.ppcBit32),
  PPC_BIT8: places(bits.ppcBit8),
  PPC_BITLSHIFT: places(bits.ppcBitlshift),
  PPC_BITLSHIFT32: places(bits.ppcBitlshift32),
  PPC_BITLSHIFT8: places(bits.ppcBitlshift8),
  PPC_BITMASK: places(bits.ppcBitmask),
  PPC_BITMASK32: places(bits.ppcBitmask32),
  PPC_BITMASK8: places(bits.ppcBitmask8),
  PPC_BITEXTRACT: (value, bit, dst) => bits.ppcBitextract(wide(value), narrow(bit), narrow(dst)),
  BIT: places(bits.bit),
  BIT_ULL: places(bits.bitUll),
  BIT_MASK: places(bits.bitMask),
  BIT_WORD: places(bits.bitWord),
  GENMASK: places(bits.genmask),
  GENMASK_ULL: places(bits.genmaskUll),
  GENMASK_U64: places(bits.genmaskU64),
  GENMASK_U32: places(bits.genmaskU32),
  GENMASK_U16: places(bits.genmaskU16),
  GENMASK_U8: places(bits.genmaskU8),
  FIELD_PREP64: words64(bits.fieldPrep),
  FIELD_GET64: words64(bits.fieldGet),
  FIELD_FIT64: words64(bits.fieldFit),
  FIELD_MAX64: words64(bits.fieldMax),
  FIELD_MODIFY64: words64(bits.fieldModify),
  FIELD_PREP32: (mask, value) => bits.fieldPrep32(narrow(mask), wide(value)),
  FIELD_GET32: places(bits.fieldGet32),
  FIELD_FIT32: (mask, value) => bits.fieldFit32(narrow(mask), wide(value)),
  FIELD_MAX32: places(bits.fieldMax32),
  FIELD_MODIFY32: (mask, word, value) => bits.fieldModify32(narrow(mask), narrow(word), wide(value)),
  FIELD_PREP16: (mask, value) => bits.fieldPrep16(narrow(mask), wide(value)),
  FIELD_GET16: places(bits.fieldGet16),
  FIELD_FIT16: (mask, value) => bits.fieldFit16(narrow(mask), wide(value)),
  FIELD_MAX16: places(bits.fieldMax16),
  FIELD_MODIFY16: (mask, word, value) => bits.fieldModify16(narrow(mask), narrow(word), wide(value)),
  FIELD_PREP8: (mask, value) => bits.fieldPrep8(narrow(mask), wide(value)),
  FIELD_GET8: places(bits.fieldGet8),
  FIELD_FIT8: (mask, value) => bits.fieldFit8(narrow(mask), wide(value)),
  FIELD_MAX8: places(bits.fieldMax8),
  FIELD_MODIFY8: (mask, word, value) => bits.fieldModify8(narrow(mask), narrow(word), wide(value)),
  field_prep64: words64(bits.fieldPrepRuntime),
  field_get64: words64(bits.fieldGetRuntime),
  field_prep32: places(bits.fieldPrepRuntime32),
  field_get32: places(bits.fieldGetRuntime32),
  cpu_to_be64: (value) => bits.cpuToBe64(wide(value), 'little'),
  cpu_to_be32: (value) => bits.cpuToBe32(narrow(value), 'little'),
  cpu_to_be16: (value) => bits.cpuToBe16(narrow(value), 'little'),
  hweight64: words64(bits.hweight64),
  hweight32: places(bits.hweight32),
  hweight16: places(bits.hweight16),
  hweight8: places(bits.hweight8),
  hweight_long: words64(bits.hweightLong),
  ffs: places(bits.ffs),
  fls: places(bits.fls),
  fls64: words64(bits.fls64),
  fls_long: words64(bits.flsLong),
  ffz: words64(bits.ffz),
  __ffs: words64(bits.ffsFrom0),
  __fls: words64(bits.flsFrom0),
  __ffs64: words64(bits.ffs64From0),
  rol64: wordAndPlace(bits.rol64),
  ror64: wordAndPlace(bits.ror64),
  rol32: places(bits.rol32),
  ror32: places(bits.ror32),
  rol16: places(bits.rol16),
  ror16: places(bits.ror16),
  rol8: places(bits.rol8),
  ror8: places(bits.ror8),
  sign_extend64: (value, signBit) => BigInt.asUintN(64, bits.signExtend64(wide(value), narrow(signBit))),
  sign_extend32: (value, signBit) => bits.signExtend32(narrow(value), narrow(signBit)) >>> 0,
  get_count_order: places(bits.getCountOrder),
  get_count_order_long: words64(bits.getCountOrderLong),
};

const shown = (answer: Answer, like: unknown): string | number | boolean =>
  typeof like === 'string' && typeof answer !== 'boolean' ? `0x${answer.toString(16)}` : (answer as number | boolean);

/** The cases in which the public API answers otherwise than the kernel, a sentence each. */
function differences(cases: readonly Case[]): string[] {
  return cases.flatMap((one) => {
    if (!Object.hasOwn(replays, one.fn)) return [`case ${one.id}: expected a function of this package, got ${one.fn}`];
    const got = shown(replays[one.fn](...one.in), one.out);
    return got === one.out ? [] : [`case ${one.id}: expected ${one.fn}(${one.in.join(', ')}) = ${one.out}, got ${got}`];
  });
}

test('vectors of single words', ({ skip }) => {
  const cases = readCases<Case>(new URL('../vectors/bits.jsonl.gz', import.meta.url), skip);
  expect(cases.length).toBeGreaterThan(0);
  expect(differences(cases)).toEqual([]);
  console.log(`vectors bits: ${cases.length} cases, ${cases.length} operations`);
});

test('a replay of vectors notices a wrong answer and an unknown function', () => {
  const wrong = { id: 7, fn: 'BIT', in: [3], out: '0x9' };
  const unknown = { id: 8, fn: 'toString', in: [3], out: 1 };
  expect(differences([wrong, unknown])).toEqual([
    'case 7: expected BIT(3) = 0x9, got 0x8',
    'case 8: expected a function of this package, got toString',
  ]);
});
