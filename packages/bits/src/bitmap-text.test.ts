import { describe, expect, test } from 'vitest';
import { Bitmap, bitmapFromBigint, bitmapListString, bitmapParse, bitmapParselist, bitmapString } from './index.js';

const LIST = [
  [8, '', ''],
  [8, '0', '0'],
  [8, '0-3,7', '0-3,7'],
  [8, ' 7 0-2\t3 , ,', '0-3,7'],
  [8, 'all', '0-7'],
  [8, 'ALL:1/2', '0,2,4,6'],
  [8, '2-N', '2-7'],
  [64, '0-63:0/4', ''],
  [64, '0-31:4/8', '0-3,8-11,16-19,24-27'],
  [64, 'N-N', '63'],
  [64, '1\n2', '1'],
  [64, '3-3,5-4294967295', 'ERANGE'],
  [64, '4294967296', 'EOVERFLOW'],
  [64, '64', 'ERANGE'],
  [64, '3-2', 'EINVAL'],
  [64, '-1', 'EINVAL'],
  [64, '1-', 'EINVAL'],
  [64, '0-31:4', 'EINVAL'],
  [64, '0-31:9/8', 'EINVAL'],
  [64, '0-31:4/0', 'EINVAL'],
  [64, '3:1/2', 'EINVAL'],
  [64, '0x3', 'EINVAL'],
  [64, 'n', 'EINVAL'],
  [0, '', ''],
  [0, 'all', 'ERANGE'],
] as const;

describe('a list', () => {
  test.each(LIST)('of %d bits, %j, is %j', (nbits, text, expected) => {
    const map = new Bitmap(nbits);
    const result = bitmapParselist(text, map);
    expect(result.ok ? bitmapListString(map) : result.errno).toBe(expected);
  });

  test('keeps the items before the one in error', () => {
    const map = new Bitmap(8);
    expect(bitmapParselist('1,5-6,x', map)).toEqual({ ok: false, errno: 'EINVAL' });
    expect(bitmapListString(map)).toBe('1,5-6');
  });
});

const HEX = [
  [8, '', '00'],
  [8, 'ff', 'ff'],
  [8, ' 0aB \n1', 'ab'],
  [9, '1ff', '1ff'],
  [33, '1,80000000', '1,80000000'],
  [33, '1 80000000', '1,80000000'],
  [33, '1z80000000', '1,80000000'],
  [64, '1,1', '00000001,00000001'],
  [64, '1,00', '00000001,00000000'],
  [33, '2,0', 'EOVERFLOW'],
  [32, '0,1', 'EOVERFLOW'],
  [64, '123456789', 'EOVERFLOW'],
  [8, '100', 'EOVERFLOW'],
  [8, '0x1', 'EINVAL'],
  [8, 'g', 'EINVAL'],
  [0, '', ''],
  [0, '0', 'EOVERFLOW'],
] as const;

describe('hexadecimal chunks', () => {
  test.each(HEX)('of %d bits, %j, are %j', (nbits, text, expected) => {
    const map = new Bitmap(nbits);
    const result = bitmapParse(text, map);
    expect(result.ok ? bitmapString(map) : result.errno).toBe(expected);
  });

  test('in error change nothing', () => {
    const map = new Bitmap(40);
    bitmapFromBigint(map, 0x12_3456_789an);
    expect(bitmapParse('x1,00000000', map)).toEqual({ ok: false, errno: 'EINVAL' });
    expect(bitmapString(map)).toBe('12,3456789a');
  });
});
