/** What callers of the facade pass as addresses and sequences, checked before anything is changed. */

const MOST = 0xffff_ffff_ffff_ffffn;

/**
 * Checks that a value is a u64.
 *
 * @param what - whose value, as the message begins
 * @throws TypeError for what is no bigint, RangeError for one that is out of range
 */
export function assertU64(what: string, value: bigint): void {
  if (typeof value !== 'bigint')
    throw new TypeError(`${what}: expected a bigint, got ${JSON.stringify(value) ?? 'undefined'}`);
  if (value < 0n || value > MOST) throw new RangeError(`${what}: expected 0 to 2^64 - 1, got ${value}`);
}
