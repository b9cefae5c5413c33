import { describe, expect, test } from 'vitest';
import { UndoWords } from '../bench/undo-words.js';
import { IntervalTree, IntervalTree64, intervalTreeWords } from './index.js';

const LARGEST = 0xffff_ffff_ffff_ffffn;

function treeOf(...intervals: [number, number][]): IntervalTree {
  const tree = new IntervalTree();
  for (const [start, last] of intervals) tree.add(start, last);
  return tree;
}

describe('finding, as the small tests of qemu ask it', () => {
  test('an empty tree has no root, no leftmost and no match', () => {
    const tree = new IntervalTree64();
    expect([tree.root, tree.leftmost, tree.iterFirst(0n, LARGEST)]).toEqual([undefined, undefined, undefined]);
    expect([...tree.spans(0n, LARGEST)]).toEqual([{ isHole: true, start: 0n, last: LARGEST }]);
  });

  const pointOne = [
    [0, 9, true],
    [0, 0, false],
    [0, 1, true],
    [1, 1, true],
    [1, 2, true],
    [2, 2, false],
  ] as const;
  test.for(pointOne)('of the point 1, %i..%i finds it: %s', ([start, last, isFound]) => {
    const tree = treeOf([1, 1]);
    expect(tree.iterFirst(start, last)).toBe(isFound ? 0 : undefined);
    expect(tree.iterNext(0, start, last)).toBeUndefined();
  });

  const oneToEight = [
    [0, 9, true],
    [0, 0, false],
    [0, 1, true],
    [1, 1, true],
    [4, 6, true],
    [8, 8, true],
    [9, 9, false],
  ] as const;
  test.for(oneToEight)('of 1..8, %i..%i finds it: %s', ([start, last, isFound]) => {
    expect(treeOf([1, 8]).iterFirst(start, last)).toBe(isFound ? 0 : undefined);
  });

  test('the same point twice is found twice, in order of insertion', () => {
    const tree = treeOf([1, 1], [1, 1]);
    expect([...tree.matches(0, 9)]).toEqual([0, 1]);
    tree.remove(1);
    expect([...tree.matches(0, 9)]).toEqual([0]);
    tree.remove(0);
    expect([tree.root, tree.leftmost, tree.size]).toEqual([undefined, undefined, 0]);
  });

  const around110to190 = [
    [100, 199, true],
    [100, 109, false],
    [100, 110, true],
    [111, 120, true],
    [111, 199, true],
    [190, 199, true],
    [192, 199, false],
    [100, 300, true],
  ] as const;
  test.for(around110to190)(
    'among many below 100 and above 199, %i..%i finds 110..190: %s',
    ([start, last, isFound]) => {
      const tree = new IntervalTree();
      tree.insert(0, 110, 190);
      for (let i = 1; i < 20; i++) tree.insert(i, (i < 10 ? 0 : 200) + ((i * 37) % 90), (i < 10 ? 90 : 290) + (i % 9));
      expect(tree.iterFirst(start, last)).toBe(isFound ? 0 : undefined);
      tree.remove(0);
      expect(tree.iterFirst(100, 199)).toBeUndefined();
    },
  );

  test('of three crowds, all of the middle one is found and nothing between them', () => {
    const tree = new IntervalTree64();
    for (let i = 0; i < 60; i++)
      tree.add(1000n + BigInt((i % 3) * 1000 + i * 13), 1000n + BigInt((i % 3) * 1000 + i * 14));
    expect([...tree.matches(2000n, 2999n)]).toHaveLength(20);
    const gaps: [bigint, bigint][] = [
      [0n, 999n],
      [1900n, 1999n],
      [2900n, 2999n],
      [4000n, LARGEST],
    ];
    for (const [start, last] of gaps) expect(tree.iterFirst(start, last)).toBeUndefined();
  });
});

describe('order and ranges', () => {
  test('equal starts keep the order of insertion, whatever their last', () => {
    expect([...treeOf([5, 9], [5, 5], [4, 4], [5, 7]).matches(0, 10)]).toEqual([2, 0, 1, 3]);
  });

  test('a reversed range finds what spans all of it', () => {
    const tree = treeOf([10, 19], [20, 29]);
    expect([...tree.matches(15, 14)]).toEqual([0]);
    expect([...tree.matches(20, 19)]).toEqual([]);
  });

  test('the last address of all can be inserted, found and told as a span', () => {
    const tree = new IntervalTree64();
    tree.insert(0, LARGEST, LARGEST);
    expect(tree.iterFirst(0n, LARGEST - 1n)).toBeUndefined();
    expect(tree.iterFirst(0n, LARGEST)).toBe(0);
    expect([...tree.spans(LARGEST - 1n, LARGEST)]).toEqual([
      { isHole: true, start: LARGEST - 1n, last: LARGEST - 1n },
      { isHole: false, start: LARGEST, last: LARGEST },
    ]);
  });

  test('intervals that overlap, nest or touch are one span', () => {
    expect([...treeOf([10, 40], [12, 15], [41, 50], [60, 61]).spans(5, 70)]).toEqual([
      { isHole: true, start: 5, last: 9 },
      { isHole: false, start: 10, last: 50 },
      { isHole: true, start: 51, last: 59 },
      { isHole: false, start: 60, last: 61 },
      { isHole: true, start: 62, last: 70 },
    ]);
  });

  test('keys are unsigned and not cut at 32 bits', () => {
    const tree = treeOf([2 ** 31, 2 ** 32 - 1], [2 ** 32, 2 ** 53 - 1], [0, 2 ** 31 - 1]);
    expect([...tree.matches(0, 2 ** 53 - 1)]).toEqual([2, 0, 1]);
    expect([tree.startOf(1), tree.lastOf(1)]).toEqual([2 ** 32, 2 ** 53 - 1]);
  });

  test('a node tells its place', () => {
    const tree = treeOf([20, 25], [10, 40], [30, 31]);
    expect(tree.node(0)).toEqual({
      id: 0,
      start: 20,
      last: 25,
      subtreeLast: 40,
      colour: 'black',
      parent: undefined,
      left: 1,
      right: 2,
    });
  });
});

describe('memory', () => {
  test('a tree of its own grows and keeps its nodes', () => {
    const tree = new IntervalTree({ capacity: 0 });
    for (let i = 0; i < 1000; i++) expect(tree.add(i * 10, i * 10 + 5)).toBe(i);
    expect(tree.capacity).toBeGreaterThanOrEqual(1000);
    expect([...tree.matches(4000, 4010)]).toEqual([400, 401]);
  });

  test('freed ids are given again, and ids below an inserted one are given too', () => {
    const tree = treeOf([0, 0], [1, 1], [2, 2]);
    tree.remove(1);
    expect(tree.add(7, 7)).toBe(1);
    tree.insert(5, 8, 8);
    expect(new Set([tree.add(0, 0), tree.add(0, 0)])).toEqual(new Set([3, 4]));
    expect(tree.add(0, 0)).toBe(6);
  });

  test('a tree over lent words takes up what another one left there', () => {
    const words = new Uint32Array(intervalTreeWords(4));
    const tree = new IntervalTree({ storage: words });
    tree.insert(3, 10, 20);
    expect([...new IntervalTree64({ storage: words }).matches(0n, 100n)]).toEqual([3]);
  });

  test('a tree in part of a buffer touches nothing else', () => {
    const all = new Int32Array(intervalTreeWords(2) + 2).fill(7);
    const part = all.subarray(1, -1).fill(0);
    const tree = new IntervalTree({ storage: part });
    tree.insert(0, 1, 2);
    tree.insert(1, 0, 2 ** 53 - 1);
    tree.remove(0);
    expect([all[0], all.at(-1)]).toEqual([7, 7]);
  });

  test('words that answer unsigned are as good as signed ones', () => {
    const words = new Uint32Array(intervalTreeWords(8));
    const storage = {
      length: words.length,
      get: (i: number) => words[i],
      set: (i: number, value: number) => {
        words[i] = value;
      },
    };
    const tree = new IntervalTree64({ storage });
    const keys = [LARGEST, 0x8000_0000n, 0xffff_ffffn, 0x8000_0000_0000_0000n, 0n, 0xffff_ffff_0000_0000n];
    keys.forEach((key, id) => tree.insert(id, key, key));
    expect([...tree.matches(0n, LARGEST)]).toEqual([4, 1, 2, 3, 5, 0]);
    expect(keys.map((key) => tree.iterFirst(key, key))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a tree emptied again leaves no trace in the words', () => {
    const storage = new UndoWords(intervalTreeWords(3));
    const tree = new IntervalTree({ storage });
    for (const id of [2, 0, 1]) tree.insert(id, id, id);
    for (const id of [0, 2, 1]) tree.remove(id);
    expect(storage.isZero).toBe(true);
  });
});

describe('nonsense is refused and changes nothing', () => {
  const refused: [string, (tree: IntervalTree) => unknown, ErrorConstructor, RegExp][] = [
    ['reversed interval', (tree) => tree.add(5, 4), RangeError, /expected start <= last, got 5\.\.4/],
    ['negative key', (tree) => tree.insert(9, -1, 4), RangeError, /expected start .* 0\.\.2\^53-1, got -1/],
    ['fraction', (tree) => tree.add(1, 1.5), RangeError, /expected last to be an integer/],
    ['key past 2^53', (tree) => tree.iterFirst(0, 2 ** 53), RangeError, /got 9007199254740992/],
    ['NaN', (tree) => tree.iterFirst(NaN, 1), RangeError, /got NaN/],
    ['bigint key', (tree) => tree.add(1n as unknown as number, 2), TypeError, /to be a number, got bigint/],
    ['string key', (tree) => tree.iterNext(0, '1' as unknown as number, 2), TypeError, /got string/],
    ['id in use', (tree) => tree.insert(0, 1, 2), RangeError, /not in the tree, got 0/],
    ['negative id', (tree) => tree.insert(-1, 1, 2), RangeError, /expected an id of 0\.\./],
    ['fractional id', (tree) => tree.insert(0.5, 1, 2), RangeError, /got 0\.5/],
    ['id too large', (tree) => tree.insert(59_652_323, 1, 2), RangeError, /0\.\.59652322, got 59652323/],
    ['removal of nothing', (tree) => tree.remove(4), RangeError, /in the tree, got 4/],
    ['iteration from nothing', (tree) => tree.iterNext(4, 0, 9), RangeError, /in the tree, got 4/],
    ['start of nothing', (tree) => tree.startOf(99), RangeError, /in the tree, got 99/],
    ['node of nothing', (tree) => tree.node(-1), RangeError, /in the tree, got -1/],
    ['reversed spans', (tree) => tree.spans(2, 1), RangeError, /expected start <= last/],
  ];
  test.for(refused)('%s', ([, act, error, message]) => {
    const words = new Int32Array(intervalTreeWords(8));
    const lent = new IntervalTree({ storage: words });
    const owned = treeOf([3, 8], [4, 4]);
    lent.insert(0, 3, 8);
    const before = {
      words: words.slice(),
      capacity: owned.capacity,
      nodes: [owned.node(0), owned.node(1)],
      size: owned.size,
    };
    expect(() => act(owned)).toThrow(error);
    expect(() => act(owned)).toThrow(message);
    expect(() => act(lent)).toThrow();
    expect({ words, capacity: owned.capacity, nodes: [owned.node(0), owned.node(1)], size: owned.size }).toEqual(
      before,
    );
  });

  test('bigint keys outside u64, and numbers where a bigint is due', () => {
    const tree = new IntervalTree64();
    expect(() => tree.add(0n, 2n ** 64n)).toThrow(RangeError);
    expect(() => tree.add(-1n, 0n)).toThrow('expected start in 0..0xffffffffffffffff, got -1');
    expect(() => tree.iterFirst(1 as unknown as bigint, 2n)).toThrow(TypeError);
  });

  test('ids beyond lent words, and add without memory to grow', () => {
    const tree = new IntervalTree({ storage: new Int32Array(intervalTreeWords(2)) });
    expect(tree.capacity).toBe(2);
    expect(() => tree.insert(2, 0, 0)).toThrow('expected an id of 0..1, got 2');
    expect(() => tree.add(0, 0)).toThrow(TypeError);
  });

  test('memory that is none', () => {
    expect(() => new IntervalTree({ storage: new Int32Array(2) })).toThrow('at least 3 words, got 2');
    expect(() => new IntervalTree({ storage: {} as unknown as Int32Array })).toThrow(TypeError);
    expect(() => new IntervalTree({ capacity: -1 })).toThrow(RangeError);
    expect(() => new IntervalTree({ capacity: 1.5 })).toThrow(TypeError);
    expect(() => intervalTreeWords(59_652_324)).toThrow('expected a capacity of 0..59652323');
  });
});
