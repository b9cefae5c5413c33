/** What must not compile. */
import * as bits from './index.js';
import { Bitmap, Cpumask, field, field32, genmask, ppcBit } from './index.js';

const map = new Bitmap(8);
const mask = new Cpumask(8);

// @ts-expect-error: a 64-bit mask is a bigint
bits.fieldPrep(0xff, 1n);
// @ts-expect-error: a 32-bit mask is a number
bits.fieldPrep32(genmask(7, 0), 1);
// @ts-expect-error: a bit is a number
ppcBit(12n);
// @ts-expect-error: a word of the other width
field(7, 0).get(0x12);
// @ts-expect-error: a word of the other width
field32(7, 0).get(0x12n);

// @ts-expect-error: the bit comes first
bits.setBit(map, 3);
// @ts-expect-error: words are 32 bits wide
new Bitmap(8, new BigUint64Array(1));

// @ts-expect-error: a CPU is more than a number
bits.cpumaskSetCpu(3, mask);
// @ts-expect-error: none is undefined, and must be asked for
bits.cpumaskClearCpu(bits.cpumaskFirst(mask), mask);

const be = bits.cpuToBe64(1n, 'little');
// @ts-expect-error: the other byte order
bits.le64ToCpu(be, 'little');
// @ts-expect-error: not converted
bits.be64ToCpu(1n, 'little');
// @ts-expect-error: the host's byte order is not guessed
bits.cpuToBe64(1n);

export const bigWord: bits.Be64 = be;
