import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_SLOTS, VisitedTable, assertRoom, maskOf, slotOf } from './visited.js';
import { TableFull } from '../base/resources.js';

const half = fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer());

describe('VisitedTable', () => {
  it('answers as a Set does, but for the one fingerprint (0, 0), which is taken for (1, 0)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 400 }), (pairs) => {
        const table = new VisitedTable(2 ** 20, 2);
        const set = new Set<string>();
        for (const [h0, h1] of pairs) {
          const key = h0 === 0 && h1 === 0 ? '1,0' : `${h0},${h1}`;
          expect(table.add(h0, h1)).toBe(!set.has(key));
          set.add(key);
          expect(table.size).toBe(set.size);
        }
      }),
      { seed: 1 },
    );
  });

  it('keeps everything through many growths, also fingerprints that share their low bits', () => {
    const table = new VisitedTable(2 ** 26, 4);
    for (let i = 1; i <= 5_000; i++) expect(table.add(i << 16, i)).toBe(true);
    for (let i = 1; i <= 5_000; i++) expect(table.add(i << 16, i)).toBe(false);
    expect(table.size).toBe(5_000);
  });

  it('throws rather than take more than its bound', () => {
    const table = new VisitedTable(2 ** 16, 4);
    const fill = (): void => {
      for (let i = 1; i < 1_000_000; i++) table.add(Math.imul(i, 0x9e3779b1), i);
    };
    expect(fill).toThrow(TableFull);
    expect(table.bytes).toBeLessThanOrEqual(2 ** 16);
  });
});

describe('the mask of a table', () => {
  it('keeps every hash within it, up to the largest table there is', () => {
    for (let slots = 2; slots <= MOST_SLOTS; slots *= 2)
      for (const lo of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)])
        for (const hi of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
          const slot = slotOf(lo, hi, maskOf(slots));
          expect([slots, slot >= 0 && slot < slots]).toEqual([slots, true]);
          expect([slots, (slots - 1 + 1) & maskOf(slots)]).toEqual([slots, 0]);
        }
  });

  it('is none beyond that', () => {
    expect(() => maskOf(2 * MOST_SLOTS)).toThrow(TableFull);
  });

  it('is not asked for where the table would not fit, and the message says how much it needs', () => {
    expect(() => {
      assertRoom(2 ** 33, 2 ** 33);
    }).toThrow('the visited table needs 8192 MiB, of 8192 MiB allowed');
  });
});
