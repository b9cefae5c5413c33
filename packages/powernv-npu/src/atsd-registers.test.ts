import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATSD_BLOCK, ATSD_LAUNCH, AP_64K, launchWord } from './atsd-registers.js';

describe('the launch word', () => {
  test.each([
    { target: 'pid', pid: 0, flush: true, word: 0x000d400000000000n },
    { target: 'pid', pid: 1, flush: true, word: 0x000d400002000000n },
    { target: 'pid', pid: 1, flush: false, word: 0x000d400003000000n },
    { target: 'va', pid: 1, flush: true, word: 0x0005400002000000n },
    { target: 'va', pid: 1, flush: false, word: 0x0005400003000000n },
  ] as const)('by $target, pid $pid, flush $flush', ({ target, pid, flush, word }) => {
    expect(launchWord(target, pid, { flush })).toBe(word);
    expect(launchWord(target, pid, { flush, ap: AP_64K })).toBe(word);
  });

  test('gives every field back', () => {
    const target = fc.constantFrom('va' as const, 'pid' as const);
    const pid = fc.nat({ max: 0xfffff });
    const ap = fc.nat({ max: 7 });
    fc.assert(
      fc.property(target, pid, ap, fc.boolean(), (what, context, size, flush) => {
        const word = launchWord(what, context, { flush, ap: size });
        expect(ATSD_LAUNCH.RADIX.get(word)).toBe(0n);
        expect(ATSD_LAUNCH.RIC.get(word)).toBe(0n);
        expect(ATSD_LAUNCH.IS.get(word)).toBe(what === 'pid' ? 1n : 0n);
        expect(ATSD_LAUNCH.PRS.get(word)).toBe(1n);
        expect(ATSD_LAUNCH.AP.get(word)).toBe(BigInt(size));
        expect(ATSD_LAUNCH.PID.get(word)).toBe(BigInt(context));
        expect(ATSD_LAUNCH.NO_FLUSH.get(word)).toBe(flush ? 0n : 1n);
      }),
    );
  });

  test('the widest pid stays out of the bit above it', () => {
    expect(launchWord('pid', 0xfffff, { flush: true, ap: 0 })).toBe(0x000c1ffffe000000n);
  });

  test.each([
    [0x100000, RangeError],
    [-1, RangeError],
    [1.5, TypeError],
  ])('refuses pid %s', (pid, error) => {
    expect(() => launchWord('pid', pid, { flush: true })).toThrow(error);
  });

  test.each([8, -1])('refuses page size encoding %s', (ap) => {
    expect(() => launchWord('va', 1, { flush: true, ap })).toThrow(RangeError);
  });
});

test.each([
  ['RADIX', 0x8000000000000000n],
  ['RIC', 0x6000000000000000n],
  ['IS', 0x0018000000000000n],
  ['PRS', 0x0004000000000000n],
  ['AP', 0x0001c00000000000n],
  ['PID', 0x00001ffffe000000n],
  ['NO_FLUSH', 0x0000000001000000n],
] as const)('the mask of %s', (name, mask) => {
  expect(ATSD_LAUNCH[name].mask).toBe(mask);
});

test('the registers are 64-bit words, one after the other', () => {
  const { LAUNCH, AVA, STAT } = ATSD_BLOCK.registers;
  expect([LAUNCH.offset, AVA.offset, STAT.offset]).toEqual([0, 8, 16]);
});
