/** What the entries of this package say about arguments that make no sense. */

/** `value` as messages show it: integers of more than one digit in hexadecimal. */
export function hex(value: number | bigint): string {
  const isShown = typeof value === 'bigint' || Number.isInteger(value);
  if (!isShown || value < 0 || value < 10) return String(value);
  return `0x${value.toString(16)}`;
}

/**
 * Throws unless `value` is an integer of 0..`max`.
 *
 * @param name - with its article, as in `a bit`
 */
export function checkIndex(subject: string, name: string, value: number, max: number): void {
  if (!Number.isInteger(value)) throw new TypeError(`${subject}: expected an integer as ${name}, got ${String(value)}`);
  if (value < 0 || value > max) throw new RangeError(`${subject}: expected ${name} of 0..${max}, got ${value}`);
}

/** Throws unless `value` is an integer that `bits` (at most 32) bits can hold. */
export function checkUint(subject: string, name: string, value: number, bits: number): void {
  if (!Number.isInteger(value)) throw new TypeError(`${subject}: expected an integer as ${name}, got ${String(value)}`);
  const max = 2 ** bits - 1;
  if (value < 0 || value > max)
    throw new RangeError(`${subject}: expected ${name} of 0..${hex(max)}, got ${hex(value)}`);
}

/** Throws unless `value` is a bigint that 64 bits can hold. */
export function checkU64(subject: string, name: string, value: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`${subject}: expected a bigint as ${name}, got ${String(value)}`);
  if (BigInt.asUintN(64, value) !== value) {
    throw new RangeError(`${subject}: expected ${name} of 0..0xffffffffffffffff, got ${hex(value)}`);
  }
}

/** Throws unless `mask` is a bigint of 64 bits, not zero, with its ones side by side. */
export function checkMask64(subject: string, mask: bigint): void {
  checkU64(subject, 'a mask', mask);
  if (mask === 0n || ((mask + (mask & -mask)) & mask) !== 0n) throw badMask(subject, mask);
}

/** Throws unless `mask` is an integer of `bits` (at most 32) bits, not zero, with its ones side by side. */
export function checkMask(subject: string, mask: number, bits: number): void {
  checkUint(subject, 'a mask', mask, bits);
  if (mask === 0 || ((mask + ((mask & -mask) >>> 0)) & mask) !== 0) throw badMask(subject, mask);
}

function badMask(subject: string, mask: number | bigint): RangeError {
  return new RangeError(`${subject}: expected a mask of contiguous ones, got ${hex(mask)}`);
}
