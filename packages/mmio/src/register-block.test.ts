import { field, ppcField, ppcField32 } from '@shootdown/bits';
import { describe, expect, test } from 'vitest';
import { registerBlock, type RegisterSpec } from './index.js';

const block = (registers: Record<string, RegisterSpec>): unknown =>
  registerBlock({ name: 'DEV', byteOrder: 'big', size: 0x20, registers });

test('a block is the table it was declared by', () => {
  const LAUNCH = { PID: ppcField(19, 38) };
  const { registers } = registerBlock({
    name: 'ATSD',
    byteOrder: 'big',
    size: 0x20,
    registers: { LAUNCH: { offset: 0, width: 64, fields: LAUNCH }, AVA: { offset: 8, width: 64 } },
  });
  expect(registers.LAUNCH.fields).toBe(LAUNCH);
  expect(registers.AVA.offset).toBe(8);
});

test('registers of every width fit side by side', () => {
  expect(
    block({
      a: { offset: 0, width: 8 },
      b: { offset: 1, width: 8 },
      c: { offset: 2, width: 16 },
      d: { offset: 4, width: 32 },
      e: { offset: 8, width: 64 },
      last: { offset: 0x1f, width: 8 },
    }),
  ).toHaveProperty('size', 0x20);
});

describe('is refused', () => {
  test.each([
    [{ a: { offset: 4, width: 64 } }, 'DEV.a: expected an offset that is a multiple of 8, got 4'],
    [{ a: { offset: -8, width: 64 } }, 'DEV.a: expected an offset that is a multiple of 8, got -8'],
    [{ a: { offset: 0.5, width: 8 } }, 'DEV.a: expected an offset that is a multiple of 1, got 0.5'],
    [{ a: { offset: 0x20, width: 8 } }, 'DEV.a: expected to lie within 32 bytes, got 32 to 33'],
    [{ a: { offset: 0, width: 64 }, b: { offset: 4, width: 32 } }, 'DEV.b: expected bytes of its own, overlaps a'],
    [{ a: { offset: 4, width: 32 }, b: { offset: 0, width: 64 } }, 'DEV.b: expected bytes of its own, overlaps a'],
    [
      { a: { offset: 0, width: 16, fields: { WIDE: ppcField32(0, 0) } } },
      'DEV.a.WIDE: expected a field of a 16-bit register, got mask 0x80000000',
    ],
    [
      { a: { offset: 0, width: 32, fields: { LOW: field(3, 0) } } },
      'DEV.a.LOW: expected a field of a 32-bit register, got mask 0xf',
    ],
    [
      { a: { offset: 0, width: 64, fields: { NARROW: ppcField32(31, 31) } } },
      'DEV.a.NARROW: expected a field of a 64-bit register, got mask 0x1',
    ],
  ] as [Record<string, RegisterSpec>, string][])('%#: $1', (registers, message) => {
    expect(() => block(registers)).toThrow(new RangeError(message));
  });
});
