/**
 * Masks of neighbouring ones in the kernel's own numbering: bit 0 is the least significant, the higher bit comes first.
 * What the compiler refuses for constants, reversed bits and bits outside the type, is a RangeError here.
 */

/**
 * The 64-bit word with ones in bits `high` down to `low`, both included (63 >= high >= low >= 0).
 *
 * @throws TypeError when a bit is not an integer
 * @throws RangeError when the bits are reversed or outside the type
 * @source include/linux/bits.h GENMASK v7.0
 */
export function genmask(high: number, low: number): bigint {
  return ones('genmask', high, low, 63);
}

/**
 * As {@link genmask}: `unsigned long long` has 64 bits too.
 *
 * @source include/linux/bits.h GENMASK_ULL v7.0
 */
export function genmaskUll(high: number, low: number): bigint {
  return ones('genmaskUll', high, low, 63);
}

/**
 * As {@link genmask}, for a u128: bits 0 to 127.
 *
 * @source include/linux/bits.h GENMASK_U128 v7.0
 */
export function genmaskU128(high: number, low: number): bigint {
  return ones('genmaskU128', high, low, 127);
}

/**
 * As {@link genmask}, for a u64.
 *
 * @source include/linux/bits.h GENMASK_U64 v7.0
 */
export function genmaskU64(high: number, low: number): bigint {
  return ones('genmaskU64', high, low, 63);
}

/**
 * As {@link genmask}, for a u32: bits 0 to 31.
 *
 * @source include/linux/bits.h GENMASK_U32 v7.0
 */
export function genmaskU32(high: number, low: number): number {
  return Number(ones('genmaskU32', high, low, 31));
}

/**
 * As {@link genmask}, for a u16: bits 0 to 15.
 *
 * @source include/linux/bits.h GENMASK_U16 v7.0
 */
export function genmaskU16(high: number, low: number): number {
  return Number(ones('genmaskU16', high, low, 15));
}

/**
 * As {@link genmask}, for a u8: bits 0 to 7.
 *
 * @source include/linux/bits.h GENMASK_U8 v7.0
 */
export function genmaskU8(high: number, low: number): number {
  return Number(ones('genmaskU8', high, low, 7));
}

function ones(subject: string, high: number, low: number, top: number): bigint {
  if (!Number.isInteger(high) || !Number.isInteger(low)) {
    throw new TypeError(`${subject}: expected integers as high and low, got ${String(high)}..${String(low)}`);
  }
  if (high > top || low > high || low < 0) {
    throw new RangeError(`${subject}: expected ${top} >= high >= low >= 0, got ${high}..${low}`);
  }
  return ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
}
