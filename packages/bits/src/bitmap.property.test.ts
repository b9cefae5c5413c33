/** Every bitmap function against a naive twin, an array of booleans. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as bits from './index.js';
import { ArrayWords, Bitmap } from './index.js';

type Twin = readonly boolean[];

/** The tail has ones and zeros, which nobody may see. */
function bitmapOf(twin: Twin): Bitmap {
  const map = new Bitmap(twin.length, new Uint32Array(bits.bitsToU32(twin.length)).fill(0xcccc_cccc));
  twin.forEach((isSet, bit) => (isSet ? bits.setBit(bit, map) : bits.clearBit(bit, map)));
  return map;
}

const twinOf = (map: Bitmap): Twin => Array.from({ length: map.nbits }, (_, bit) => bits.testBit(bit, map));

/** Runs, so that whole words of ones and zeros and areas come up. */
const twinOfSize = (size: number): fc.Arbitrary<Twin> =>
  fc
    .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { minLength: size, maxLength: size })
    .map((runs) => runs.flatMap(([isSet, length]) => Array.from({ length }, () => isSet)).slice(0, size));

const size = fc.oneof(fc.integer({ min: 0, max: 140 }), fc.constantFrom(0, 1, 31, 32, 33, 63, 64, 65, 96));
const oneTwin = size.chain(twinOfSize);
const threeTwins = size.chain((nbits) => fc.tuple(twinOfSize(nbits), twinOfSize(nbits), twinOfSize(nbits)));

const place = (at: number, twin: Twin): number => (at < 0 ? twin.length : at);
const first = (twin: Twin, wanted: (isSet: boolean, bit: number) => boolean): number =>
  place(twin.findIndex(wanted), twin);
const count = (twin: Twin): number => twin.filter(Boolean).length;

/** `fill` puts its answer into a map full of ones, tail bits too; the tail must come out clear. */
function result(nbits: number, fill: (dst: Bitmap) => unknown): Twin {
  const words = new Uint32Array(bits.bitsToU32(nbits)).fill(0xffff_ffff);
  const dst = new Bitmap(nbits, words);
  fill(dst);
  if (nbits % 32 !== 0) expect(words[words.length - 1] >>> (nbits % 32)).toBe(0);
  return twinOf(dst);
}

test('combining is what it is bit by bit', () => {
  fc.assert(
    fc.property(threeTwins, ([a, b, c]) => {
      const [mapA, mapB, mapC] = [bitmapOf(a), bitmapOf(b), bitmapOf(c)];
      const by = (combine: (bit: number) => boolean): Twin => a.map((_, bit) => combine(bit));
      const into = (fill: (dst: Bitmap) => unknown): Twin => result(a.length, fill);
      expect(into((dst) => bits.bitmapZero(dst))).toEqual(by(() => false));
      expect(into((dst) => bits.bitmapFill(dst))).toEqual(by(() => true));
      expect(into((dst) => bits.bitmapCopy(dst, mapA))).toEqual(a);
      expect(into((dst) => bits.bitmapAnd(dst, mapA, mapB))).toEqual(by((i) => a[i] && b[i]));
      expect(into((dst) => bits.bitmapAndnot(dst, mapA, mapB))).toEqual(by((i) => a[i] && !b[i]));
      expect(into((dst) => bits.bitmapOr(dst, mapA, mapB))).toEqual(by((i) => a[i] || b[i]));
      expect(into((dst) => bits.bitmapXor(dst, mapA, mapB))).toEqual(by((i) => a[i] !== b[i]));
      expect(into((dst) => bits.bitmapComplement(dst, mapA))).toEqual(by((i) => !a[i]));
      expect(into((dst) => bits.bitmapReplace(dst, mapA, mapB, mapC))).toEqual(by((i) => (c[i] ? b[i] : a[i])));
      expect(bits.bitmapAnd(new Bitmap(a.length), mapA, mapB)).toBe(a.some((isSet, i) => isSet && b[i]));
      expect(bits.bitmapAndnot(new Bitmap(a.length), mapA, mapB)).toBe(a.some((isSet, i) => isSet && !b[i]));
    }),
  );
});

test('comparing and counting are what they are bit by bit', () => {
  fc.assert(
    fc.property(threeTwins, ([a, b, c]) => {
      const [mapA, mapB, mapC] = [bitmapOf(a), bitmapOf(b), bitmapOf(c)];
      expect(bits.bitmapEqual(mapA, mapB)).toBe(a.every((isSet, i) => isSet === b[i]));
      expect(bits.bitmapEqual(mapA, bitmapOf(a))).toBe(true);
      expect(bits.bitmapOrEqual(mapA, mapB, mapC)).toBe(c.every((isSet, i) => isSet === (a[i] || b[i])));
      expect(bits.bitmapOrEqual(mapA, mapB, bitmapOf(a.map((isSet, i) => isSet || b[i])))).toBe(true);
      expect(bits.bitmapIntersects(mapA, mapB)).toBe(a.some((isSet, i) => isSet && b[i]));
      expect(bits.bitmapSubset(mapA, mapB)).toBe(a.every((isSet, i) => !isSet || b[i]));
      expect(bits.bitmapEmpty(mapA)).toBe(!a.includes(true));
      expect(bits.bitmapFull(mapA)).toBe(!a.includes(false));
      expect(bits.bitmapWeight(mapA)).toBe(count(a));
      expect(bits.bitmapWeightAnd(mapA, mapB)).toBe(count(a.map((isSet, i) => isSet && b[i])));
      expect(bits.bitmapWeightAndnot(mapA, mapB)).toBe(count(a.map((isSet, i) => isSet && !b[i])));
    }),
  );
});

test('finding is what a walk over the bits finds', () => {
  fc.assert(
    fc.property(threeTwins, fc.nat(160), ([a, b], offset) => {
      const [mapA, mapB] = [bitmapOf(a), bitmapOf(b)];
      const nth = a.flatMap((isSet, i) => (isSet ? [i] : []))[offset % 50] ?? a.length;
      const next = first(a, (isSet, i) => i >= offset && isSet);
      expect(bits.findFirstBit(mapA)).toBe(first(a, (isSet) => isSet));
      expect(bits.findFirstZeroBit(mapA)).toBe(first(a, (isSet) => !isSet));
      expect(bits.findFirstAndBit(mapA, mapB)).toBe(first(a, (isSet, i) => isSet && b[i]));
      expect(bits.findLastBit(mapA)).toBe(place(a.lastIndexOf(true), a));
      expect(bits.findNextBit(mapA, offset)).toBe(next);
      expect(bits.findNextZeroBit(mapA, offset)).toBe(first(a, (isSet, i) => i >= offset && !isSet));
      expect(bits.findNextAndBit(mapA, mapB, offset)).toBe(first(a, (isSet, i) => i >= offset && isSet && b[i]));
      expect(bits.findNextAndnotBit(mapA, mapB, offset)).toBe(first(a, (isSet, i) => i >= offset && isSet && !b[i]));
      expect(bits.findNextBitWrap(mapA, offset)).toBe(next < a.length ? next : first(a, (isSet) => isSet));
      expect(bits.findNthBit(mapA, offset % 50)).toBe(nth);
    }),
  );
});

test('an area found is the first that is aligned and clear', () => {
  const wanted = fc.record({
    start: fc.nat(150),
    nr: fc.nat(40),
    alignMask: fc.constantFrom(0, 1, 3, 7, 31),
    alignOffset: fc.nat(40),
  });
  fc.assert(
    fc.property(oneTwin, wanted, (twin, area) => {
      const { start, nr, alignMask, alignOffset } = area;
      const isClear = (from: number): boolean =>
        from + nr <= twin.length && !twin.slice(from, from + nr).includes(true);
      const isAligned = (bit: number): boolean => (bit + alignOffset) % (alignMask + 1) === 0;
      const areas = twin.flatMap((_, bit) => (bit >= start && isAligned(bit) && isClear(bit) ? [bit] : []));
      const found = bits.findNextZeroAreaOff(bitmapOf(twin), area);
      if (nr === 0) expect(isAligned(found)).toBe(true);
      else if (areas.length > 0) expect(found).toBe(areas[0]);
      else expect(found).toBeGreaterThan(twin.length - nr);
      const plain = { ...area, alignOffset: 0 };
      expect(bits.findNextZeroArea(bitmapOf(twin), area)).toBe(bits.findNextZeroAreaOff(bitmapOf(twin), plain));
    }),
  );
});

test('setting, clearing and shifting change the bits they mean and no others', () => {
  fc.assert(
    fc.property(oneTwin, fc.nat(), fc.nat(), (twin, x, y) => {
      const start = x % (twin.length + 1);
      const len = y % (twin.length - start + 1);
      const isMeant = (bit: number): boolean => bit >= start && bit < start + len;
      const changed = (change: (map: Bitmap) => void): Twin => {
        const map = bitmapOf(twin);
        change(map);
        return twinOf(map);
      };
      expect(changed((map) => bits.bitmapSet(map, start, len))).toEqual(twin.map((was, i) => was || isMeant(i)));
      expect(changed((map) => bits.bitmapClear(map, start, len))).toEqual(twin.map((was, i) => was && !isMeant(i)));
      const up = twin.map((_, i) => i >= start && twin[i - start]);
      const down = twin.map((_, i) => i + start < twin.length && twin[i + start]);
      expect(changed((map) => bits.bitmapShiftLeft(map, map, start))).toEqual(up);
      expect(changed((map) => bits.bitmapShiftRight(map, map, start))).toEqual(down);
      expect(result(twin.length, (dst) => bits.bitmapShiftLeft(dst, bitmapOf(twin), start))).toEqual(up);
      expect(result(twin.length, (dst) => bits.bitmapShiftRight(dst, bitmapOf(twin), start))).toEqual(down);
    }),
  );
});

test('one bit at a time', () => {
  const one = oneTwin.filter((twin) => twin.length > 0);
  fc.assert(
    fc.property(one, fc.nat(), (twin, x) => {
      const nr = x % twin.length;
      const after = (change: (nr: number, map: Bitmap) => unknown): readonly [unknown, Twin] => {
        const map = bitmapOf(twin);
        const answer = change(nr, map);
        return [answer, twinOf(map)];
      };
      const set = twin.with(nr, true);
      const clear = twin.with(nr, false);
      const changed = twin.with(nr, !twin[nr]);
      expect(after(bits.setBit)).toEqual([undefined, set]);
      expect(after(bits.clearBit)).toEqual([undefined, clear]);
      expect(after(bits.changeBit)).toEqual([undefined, changed]);
      expect(after(bits.testAndSetBit)).toEqual([twin[nr], set]);
      expect(after(bits.testAndClearBit)).toEqual([twin[nr], clear]);
      expect(after(bits.testAndChangeBit)).toEqual([twin[nr], changed]);
    }),
  );
});

test('walks visit what is there', () => {
  fc.assert(
    fc.property(oneTwin, (twin) => {
      const map = bitmapOf(twin);
      const wanted = (isWanted: boolean): number[] => twin.flatMap((isSet, i) => (isSet === isWanted ? [i] : []));
      expect([...bits.eachSetBit(map)]).toEqual(wanted(true));
      expect([...bits.eachClearBit(map)]).toEqual(wanted(false));
      const runs = [...bits.eachSetBitrange(map)];
      const inRuns = runs.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
      expect(inRuns).toEqual(wanted(true));
      expect(runs.some(({ start, end }) => twin[start - 1] || twin[end])).toBe(false);
    }),
  );
});

test('list, chunks and number say the same bits again', () => {
  fc.assert(
    fc.property(oneTwin, (twin) => {
      const map = bitmapOf(twin);
      const into = (fill: (dst: Bitmap) => unknown): Twin => result(twin.length, fill);
      expect(into((dst) => bits.bitmapParselist(bits.bitmapListString(map), dst))).toEqual(twin);
      expect(into((dst) => bits.bitmapParse(bits.bitmapString(map), dst))).toEqual(twin);
      expect(into((dst) => bits.bitmapFromBigint(dst, bits.bitmapToBigint(map)))).toEqual(twin);
    }),
  );
});

test('bits behind the size are neither seen nor, by areas and single bits, changed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 95 }), fc.nat(), (nbits, x) => {
      const words = new Int32Array(4).fill(-1);
      const map = new Bitmap(nbits, new ArrayWords(words));
      bits.bitmapClear(map, 0, nbits);
      expect(bits.bitmapEmpty(map)).toBe(true);
      expect(bits.findNextBit(map, x % nbits)).toBe(nbits);
      expect(bits.findLastBit(map)).toBe(nbits);
      expect(bits.bitmapToBigint(map)).toBe(0n);
      bits.setBit(x % nbits, map);
      expect(bits.bitmapWeight(map)).toBe(1);
      expect(bits.bitmapWeight(new Bitmap(128, words))).toBe(128 - nbits + 1);
    }),
  );
});
