/** Relations as bits against the same as sets of pairs, in one word a row and in several. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventSpace, type Bits } from './index.js';

const spaces = fc.oneof(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 33, max: 70 }));
const pairsOf = (size: number): fc.Arbitrary<[number, number][]> =>
  size === 0
    ? fc.constant([])
    : fc.array(fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })), { maxLength: 3 * size });
const two = spaces.chain((size) => fc.tuple(fc.constant(size), pairsOf(size), pairsOf(size)));

function relation(space: EventSpace, pairs: readonly (readonly [number, number])[]): Bits {
  const made = space.relation();
  for (const [a, b] of pairs) space.add(made, a, b);
  return made;
}

const key = (pairs: Iterable<readonly [number, number]>): string[] => [...new Set([...pairs].map(String))].sort();

test('composition, inversion and closure are those of sets of pairs', () => {
  fc.assert(
    fc.property(two, ([size, left, right]) => {
      const space = new EventSpace(size);
      const out = space.relation();
      space.compose(out, relation(space, left), relation(space, right));
      const composed = left.flatMap(([a, b]) =>
        right.filter(([c]) => c === b).map(([, d]): [number, number] => [a, d]),
      );
      expect(key(space.pairs(out))).toEqual(key(composed));
      space.invert(out, relation(space, left));
      expect(key(space.pairs(out))).toEqual(key(left.map(([a, b]): [number, number] => [b, a])));
      const closed = relation(space, left);
      space.close(closed);
      let all = new Set(left.map(String));
      for (;;) {
        const more = new Set(all);
        for (const one of all)
          for (const [c, d] of left) {
            const [a, b] = one.split(',').map(Number);
            if (b === c) more.add(`${a},${d}`);
          }
        if (more.size === all.size) break;
        all = more;
      }
      expect(key(space.pairs(closed))).toEqual([...all].sort());
      expect(space.isReflexiveSomewhere(closed)).toBe([...all].some((one) => one.split(',')[0] === one.split(',')[1]));
    }),
    { numRuns: 300 },
  );
});

test('restriction, identity, product and image', () => {
  fc.assert(
    fc.property(two, fc.infiniteStream(fc.boolean()), ([size, pairs], coin) => {
      const space = new EventSpace(size);
      const from = space.set();
      const to = space.set();
      for (let e = 0; e < size; e++) {
        if (coin.next().value === true) space.include(from, e);
        if (coin.next().value === true) space.include(to, e);
      }
      const cut = relation(space, pairs);
      space.restrict(cut, from, to);
      expect(key(space.pairs(cut))).toEqual(
        key(pairs.filter(([a, b]) => space.includes(from, a) && space.includes(to, b))),
      );
      const image = space.set();
      space.image(image, from, relation(space, pairs));
      for (let e = 0; e < size; e++)
        expect(space.includes(image, e)).toBe(pairs.some(([a, b]) => b === e && space.includes(from, a)));
      const product = space.relation();
      space.addProduct(product, from, to);
      space.addIdentity(product, from);
      space.removeIdentity(product);
      for (let a = 0; a < size; a++)
        for (let b = 0; b < size; b++)
          expect(space.has(product, a, b)).toBe(a !== b && space.includes(from, a) && space.includes(to, b));
    }),
    { numRuns: 100 },
  );
});

test('a space of events has a whole number of them', () => {
  expect(() => new EventSpace(-1)).toThrow('at least 0; got -1');
  expect(() => new EventSpace(1.5)).toThrow('got 1.5');
});
