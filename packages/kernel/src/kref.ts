/** `struct kref`: a reference count whose last put calls a release function, in the caller's context and under its locks. */
import {
  kfunc,
  struct,
  type Kfunc,
  type KfuncInfo,
  type Kthread,
  type Request,
  type Struct,
  type ViewOf,
} from '@shootdown/machine';
import {
  refcountDecAndTest,
  refcountInc,
  refcountIncNotZero,
  refcountRead,
  refcountSet,
  refcountT,
} from './refcount.js';

/**
 * A reference count to be embedded in an object.
 *
 * @source include/linux/kref.h struct kref v4.19
 */
export const Kref: Struct<{ readonly refcount: typeof refcountT }> = struct('kref', { refcount: refcountT });
/** A kref in model memory. */
export type Kref = ViewOf<typeof Kref>;
/** Called by the put that drops the last reference. */
export type KrefRelease = Kfunc<[kref: Kref], void>;

/**
 * Gives the object its first reference.
 *
 * @source include/linux/kref.h kref_init() v4.19
 */
export function krefInit(kref: Kref): Request<void> {
  return refcountSet(kref.refcount, 1);
}

/**
 * The number of references.
 *
 * @source include/linux/kref.h kref_read() v4.19
 */
export function krefRead(kref: Kref): Request<number> {
  return refcountRead(kref.refcount);
}

/**
 * Takes another reference; the caller has one, else that is reported as `refcount`.
 *
 * @source include/linux/kref.h kref_get() v4.19
 */
export const krefGet: (kref: Kref) => Request<void> = kfunc('kref_get', function* (kref: Kref) {
  yield* refcountInc(kref.refcount);
});

/**
 * Takes a reference unless there is none left; returns whether it did. What keeps the memory allocated meanwhile is the
 * caller's business: a lock that the last put is made under, or an RCU reader.
 *
 * @source include/linux/kref.h kref_get_unless_zero() v4.19
 */
export const krefGetUnlessZero: (kref: Kref) => Request<boolean> = kfunc(
  'kref_get_unless_zero',
  function* (kref: Kref) {
    return yield* refcountIncNotZero(kref.refcount);
  },
);

const puts = new WeakMap<KfuncInfo, Kfunc<[kref: Kref], boolean>>();

function putOf(release: KrefRelease): Kfunc<[kref: Kref], boolean> {
  let put = puts.get(release);
  if (put === undefined) {
    const body = function* (kref: Kref): Kthread<boolean> {
      if (!(yield* refcountDecAndTest(kref.refcount))) return false;
      yield* release(kref);
      return true;
    };
    put = kfunc('kref_put', body, release.identity);
    puts.set(release, put);
  }
  return put;
}

/**
 * Drops a reference. The last one calls `release` before this returns, in the caller's context: whatever lock the caller
 * holds, `release` runs under it.
 *
 * @returns whether `release` was called; if not, the object may be gone all the same by the time the caller looks
 * @source include/linux/kref.h kref_put() v4.19
 */
export function krefPut(kref: Kref, release: KrefRelease): Request<boolean> {
  return putOf(release)(kref);
}
