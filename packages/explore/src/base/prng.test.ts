import { describe, expect, it } from 'vitest';
import { Prng } from './prng.js';

describe('Prng', () => {
  it('gives the numbers of xoshiro128** from the state 1, 2, 3, 4, as published implementations do', () => {
    const prng = new Prng([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => prng.next())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('gives each job of a seed numbers of its own', () => {
    const first = new Set<string>();
    for (let job = 0; job < 200_000; job++) {
      const prng = Prng.ofPair(1, job);
      first.add(`${prng.next()} ${prng.next()}`);
    }
    expect(first.size).toBe(200_000);
  });

  it('stays below its bound, and reaches all below it', () => {
    const prng = Prng.ofSeed(7);
    const met = new Set(Array.from({ length: 1000 }, () => prng.below(10)));
    expect([...met].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(prng.below(1)).toBe(0);
  });

  it('refuses a state of zeros, which it would never leave', () => {
    expect(() => new Prng([0, 0, 0, 0])).toThrow(RangeError);
  });
});
