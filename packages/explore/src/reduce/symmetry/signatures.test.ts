import { describe, expect, it } from 'vitest';
import type { Mover, Point } from './orbits.js';
import { MORE, NOTHING, WHO, contributionsOf, type Members } from './signatures.js';

const COUNT = 4;
/** One set of four members, and the exchanges of neighbours. */
const members: Members = {
  ranges: [[0, COUNT]],
  count: COUNT,
  moves: [
    [1, 0, 2, 3],
    [0, 2, 1, 3],
    [0, 1, 3, 2],
  ].map((order) => Int32Array.from(order)),
};
const hashOf = (point: Point): [number, number] => [
  point.reduce((h, n) => Math.imul(h, 31) + n + 1, 7) | 0,
  point.reduce((h, n) => Math.imul(h, 37) + n + 1, 11) | 0,
];
const needs = (start: Point, move: Mover): number => contributionsOf(start, members, move, hashOf)[0].says.needs;
const to = (g: number, member: number): number => members.moves[g][member];
/** The set of members that are the bits of a number. */
const image = (g: number, bits: number): number =>
  [0, 1, 2, 3].reduce((all, member) => all | (((bits >>> member) & 1) << to(g, member)), 0);

describe('what it takes to know a fact', () => {
  it('is nothing where it is about no member, or where it is at one place', () => {
    expect(needs([9, 5], (_, point) => point)).toBe(NOTHING);
    expect(needs([9, 2], (g, [place, member]) => [place, to(g, member)])).toBe(NOTHING);
    expect(needs([9, 0b0101], (g, [place, set]) => [place, image(g, set)])).toBe(NOTHING);
    expect(needs([9, 2, 3], (g, [place, one, other]) => [place, to(g, one), to(g, other)])).toBe(NOTHING);
  });

  it('is nothing where it belongs to one member and is about no other', () => {
    expect(needs([1], (g, [place]) => [to(g, place)])).toBe(NOTHING);
    expect(needs([1, 1], (g, [place, member]) => [to(g, place), to(g, member)])).toBe(NOTHING);
  });

  it('is who goes with whom where it belongs to one member and is about another', () => {
    expect(needs([1, 2], (g, [place, member]) => [to(g, place), to(g, member)])).toBe(WHO);
  });

  it('is more where all members have the same part in it, and it is not the same for all', () => {
    const pairs = (g: number, [place, a, b, c, d]: Point): Point => {
      const [one, other] = [
        [to(g, a), to(g, b)],
        [to(g, c), to(g, d)],
      ].map((pair) => pair.sort());
      return one[0] < other[0] ? [place, ...one, ...other] : [place, ...other, ...one];
    };
    expect(needs([9, 0, 1, 2, 3], pairs)).toBe(MORE);
  });
});
