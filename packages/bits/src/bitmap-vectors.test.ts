/**
 * Replays `bitmap.jsonl.gz`: what the kernel's bitmap functions answered and left behind. Every case runs over typed arrays
 * and over storage that a caller lends, and ends with a look at the tail bits.
 */
import { expect, test } from 'vitest';
import * as bits from './index.js';
import { Bitmap, type Result, type WordStorage } from './index.js';
import { readCases } from '@shootdown/tooling-vectors';

interface Op {
  op: string;
  dst: number;
  a: number;
  b: number;
  c: number;
  old: number;
  new: number;
  mask: number;
  bit: number;
  start: number;
  len: number;
  off: number;
  n: number;
  nr: number;
  align_mask: number;
  align_offset: number;
  s: string;
  ret?: number | boolean;
  found?: boolean;
  bits?: string;
}

interface Case {
  id: number;
  nbits: number;
  nmaps: number;
  init: string[];
  ops: Op[];
  final: string[];
}

/** Words of one shared buffer, signed, with something else in front. */
class LentWords implements WordStorage {
  readonly #words: Int32Array;

  constructor(readonly length: number) {
    this.#words = new Int32Array(length + 3).fill(0x5a5a5a5a);
  }

  get(index: number): number {
    return this.#words[3 + index];
  }

  set(index: number, value: number): void {
    if (value !== (value | 0)) throw new RangeError(`expected a signed 32-bit value, got ${value}`);
    if (index < 0 || index >= this.length)
      throw new RangeError(`expected a word of 0..${this.length - 1}, got ${index}`);
    this.#words[3 + index] = value;
  }
}

type Memory = 'array' | 'lent';

type Replay = (maps: readonly Bitmap[], op: Op) => unknown;

const ERRNO: Record<string, number> = { EINVAL: -22, ERANGE: -34, EOVERFLOW: -75 };
const codeOf = (result: Result<void, string>): number => (result.ok ? 0 : ERRNO[result.errno]);

const onBit =
  (fn: (bit: number, map: Bitmap) => unknown): Replay =>
  (maps, op) =>
    fn(op.bit, maps[op.dst ?? op.a]);
const into =
  (fn: (dst: Bitmap, a: Bitmap, b: Bitmap) => unknown): Replay =>
  (maps, op) =>
    fn(maps[op.dst], maps[op.a], maps[op.b]);
const of =
  (fn: (a: Bitmap, b: Bitmap, c: Bitmap) => unknown): Replay =>
  (maps, op) =>
    fn(maps[op.a], maps[op.b], maps[op.c]);
const from =
  (fn: (a: Bitmap, offset: number) => unknown): Replay =>
  (maps, op) =>
    fn(maps[op.a], op.off);
const pairFrom =
  (fn: (a: Bitmap, b: Bitmap, offset: number) => unknown): Replay =>
  (maps, op) =>
    fn(maps[op.a], maps[op.b], op.off);

const replays: Record<string, Replay> = {
  set_bit: onBit(bits.setBit),
  clear_bit: onBit(bits.clearBit),
  change_bit: onBit(bits.changeBit),
  test_bit: onBit(bits.testBit),
  test_and_set_bit: onBit(bits.testAndSetBit),
  test_and_clear_bit: onBit(bits.testAndClearBit),
  test_and_change_bit: onBit(bits.testAndChangeBit),
  zero: into(bits.bitmapZero),
  fill: into(bits.bitmapFill),
  copy: into(bits.bitmapCopy),
  complement: into(bits.bitmapComplement),
  and: into(bits.bitmapAnd),
  andnot: into(bits.bitmapAndnot),
  or: into(bits.bitmapOr),
  xor: into(bits.bitmapXor),
  set: (maps, op) => bits.bitmapSet(maps[op.dst], op.start, op.len),
  clear: (maps, op) => bits.bitmapClear(maps[op.dst], op.start, op.len),
  shift_left: (maps, op) => bits.bitmapShiftLeft(maps[op.dst], maps[op.a], op.n),
  shift_right: (maps, op) => bits.bitmapShiftRight(maps[op.dst], maps[op.a], op.n),
  replace: (maps, op) => bits.bitmapReplace(maps[op.dst], maps[op.old], maps[op.new], maps[op.mask]),
  equal: of(bits.bitmapEqual),
  subset: of(bits.bitmapSubset),
  intersects: of(bits.bitmapIntersects),
  or_equal: of(bits.bitmapOrEqual),
  weight: of(bits.bitmapWeight),
  weight_and: of(bits.bitmapWeightAnd),
  weight_andnot: of(bits.bitmapWeightAndnot),
  empty: of(bits.bitmapEmpty),
  full: of(bits.bitmapFull),
  find_first_bit: of(bits.findFirstBit),
  find_first_zero_bit: of(bits.findFirstZeroBit),
  find_first_and_bit: of(bits.findFirstAndBit),
  find_last_bit: of(bits.findLastBit),
  find_next_bit: from(bits.findNextBit),
  find_next_zero_bit: from(bits.findNextZeroBit),
  find_next_bit_wrap: from(bits.findNextBitWrap),
  find_next_and_bit: pairFrom(bits.findNextAndBit),
  find_next_andnot_bit: pairFrom(bits.findNextAndnotBit),
  find_nth_bit: (maps, op) => bits.findNthBit(maps[op.a], op.n),
  find_next_zero_area: (maps, { a, start, nr, align_mask: alignMask }) =>
    bits.findNextZeroArea(maps[a], { start, nr, alignMask }),
  find_next_zero_area_off: (maps, { a, start, nr, align_mask: alignMask, align_offset: alignOffset }) =>
    bits.findNextZeroAreaOff(maps[a], { start, nr, alignMask, alignOffset }),
  parselist: (maps, op) => codeOf(bits.bitmapParselist(op.s, maps[op.dst])),
  parse: (maps, op) => codeOf(bits.bitmapParse(op.s, maps[op.dst])),
  load: (maps, op) => bits.bitmapFromBigint(maps[op.dst], BigInt(op.bits ?? '')),
};

const bitsOf = (map: Bitmap): string => `0x${bits.bitmapToBigint(map).toString(16)}`;

function replay({ nbits, nmaps, init, ops, final }: Case, memory: Memory): void {
  const words = bits.bitsToU32(nbits);
  const maps = Array.from({ length: nmaps }, () => {
    return new Bitmap(nbits, memory === 'array' ? new Uint32Array(words) : new LentWords(words));
  });
  maps.forEach((map, i) => bits.bitmapFromBigint(map, BigInt(init[i])));
  ops.forEach((op, i) => {
    if (!Object.hasOwn(replays, op.op)) throw new Error(`op ${i}: expected a function of this package, got ${op.op}`);
    const answer = replays[op.op](maps, op);
    const said = `op ${i}, ${JSON.stringify(op)}`;
    if (op.ret !== undefined) expect(answer, said).toBe(op.ret);
    if (op.found !== undefined) expect((answer as number) + op.nr <= nbits, said).toBe(op.found);
    if (op.bits !== undefined) expect(bitsOf(maps[op.dst]), said).toBe(op.bits);
  });
  expect(maps.map(bitsOf)).toEqual(final);
  for (const map of maps) if (nbits % 32 !== 0) expect(map.words.get(words - 1) >>> (nbits % 32)).toBe(0);
}

test.for<Memory>(['array', 'lent'])('vectors of bitmaps in %s words', (memory, { skip }) => {
  const cases = readCases<Case>(new URL('../vectors/bitmap.jsonl.gz', import.meta.url), skip);
  expect(cases.length).toBeGreaterThan(0);
  let operations = 0;
  for (const one of cases) {
    try {
      replay(one, memory);
    } catch (error) {
      throw new Error(`case ${one.id} of bitmap.jsonl.gz: ${(error as Error).message}`, { cause: error });
    }
    operations += one.ops.length;
  }
  console.log(`vectors bitmap (${memory} words): ${cases.length} cases, ${operations} operations`);
});

test('a replay of vectors notices a wrong answer, wrong bits and an unknown operation', () => {
  const run = (op: Partial<Op>): void =>
    replay({ id: 0, nbits: 8, nmaps: 1, init: ['0x3'], ops: [op as Op], final: ['0x3'] }, 'array');
  expect(() => run({ op: 'weight', a: 0, ret: 2 })).not.toThrow();
  expect(() => run({ op: 'weight', a: 0, ret: 3 })).toThrow('expected 2 to be 3');
  expect(() => run({ op: 'set_bit', dst: 0, bit: 2, bits: '0x3' })).toThrow("expected '0x7' to be '0x3'");
  expect(() => run({ op: 'set_bit', dst: 0, bit: 2 })).toThrow('to deeply equal');
  expect(() => run({ op: 'scatter', dst: 0 })).toThrow('op 0: expected a function of this package, got scatter');
});
