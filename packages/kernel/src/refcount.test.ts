import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import {
  KernelBug,
  Layout,
  Memory,
  kfunc,
  ptr,
  readOnce,
  runDirect,
  struct,
  u32,
  writeOnce,
  type Request,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { containerOf } from './container-of.js';
import { Kref, krefGet, krefGetUnlessZero, krefInit, krefPut, krefRead } from './kref.js';
import * as refcounts from './refcount.js';
import { kfree, kzalloc } from './slab.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

const {
  REFCOUNT_SATURATED,
  REFCOUNT_SATURATED_V4_19,
  refcountAdd,
  refcountAddNotZero,
  refcountDec,
  refcountDecAndTest,
  refcountInc,
  refcountIncNotZero,
  refcountRead,
  refcountSubAndTest,
  refcountT,
  useRefcounts,
} = refcounts;

type Call = (r: refcounts.Refcount) => Request<boolean | undefined>;

/** The value afterwards, the answer, and the rule that was broken. */
function outcome(start: number, call: Call, rules: refcounts.RefcountRules): readonly unknown[] {
  const layout = new Layout();
  const r = layout.one('r', refcountT);
  useRefcounts(layout, rules);
  const memory = new Memory(layout);
  memory.set(r, start);
  let answer: unknown;
  let rule: string | undefined;
  try {
    answer = runDirect(memory, call(r));
  } catch (error) {
    if (!(error instanceof KernelBug) || error.kind !== 'refcount') throw error;
    ({ rule } = error);
  }
  return [memory.get(r), rule ?? answer];
}

const inc = refcountInc as Call;
const dec = refcountDec as Call;
const MAX = 2 ** 31 - 1;

describe('refcount_t since v5.4', () => {
  test.each<[string, number, Call, number, unknown]>([
    ['inc of 1', 1, inc, 2, undefined],
    ['inc of 0', 0, inc, REFCOUNT_SATURATED, 'add-on-zero'],
    ['inc of INT_MAX', MAX, inc, REFCOUNT_SATURATED, 'saturated'],
    ['inc of a saturated one', REFCOUNT_SATURATED, inc, REFCOUNT_SATURATED, 'saturated'],
    ['add of 5', 2, (r) => refcountAdd(5, r) as Request<undefined>, 7, undefined],
    ['inc_not_zero of 0', 0, refcountIncNotZero, 0, false],
    ['inc_not_zero of 1', 1, refcountIncNotZero, 2, true],
    ['inc_not_zero of INT_MAX', MAX, refcountIncNotZero, REFCOUNT_SATURATED, 'saturated'],
    ['add_not_zero of 3', 3, (r) => refcountAddNotZero(4, r), 7, true],
    ['dec_and_test of 2', 2, refcountDecAndTest, 1, false],
    ['dec_and_test of 1', 1, refcountDecAndTest, 0, true],
    ['dec_and_test of 0', 0, refcountDecAndTest, REFCOUNT_SATURATED, 'underflow'],
    ['dec_and_test of a saturated one', REFCOUNT_SATURATED, refcountDecAndTest, REFCOUNT_SATURATED, 'underflow'],
    ['sub_and_test of all', 4, (r) => refcountSubAndTest(4, r), 0, true],
    ['sub_and_test of too much', 4, (r) => refcountSubAndTest(5, r), REFCOUNT_SATURATED, 'underflow'],
    ['dec of 2', 2, dec, 1, undefined],
    ['dec of 1', 1, dec, REFCOUNT_SATURATED, 'decrement-to-zero'],
    ['dec of 0', 0, dec, REFCOUNT_SATURATED, 'decrement-to-zero'],
  ])('%s', (_, start, call, now, answer) => {
    expect(outcome(start, call, 'v5.4')).toEqual([now, answer]);
  });

  test('saturates half way between the lowest number and zero', () => {
    expect(REFCOUNT_SATURATED >>> 0).toBe(0xc000_0000);
  });
});

describe('refcount_t before v5.4', () => {
  test.each<[string, number, Call, number, unknown]>([
    ['inc of 1', 1, inc, 2, undefined],
    ['inc of 0', 0, inc, 0, 'add-on-zero'],
    ['inc of INT_MAX', MAX, inc, -(2 ** 31), undefined],
    ['inc of UINT_MAX - 1', -2, inc, REFCOUNT_SATURATED_V4_19, 'saturated'],
    ['inc of UINT_MAX', -1, inc, REFCOUNT_SATURATED_V4_19, undefined],
    ['add beyond UINT_MAX', -3, (r) => refcountAdd(9, r) as Request<undefined>, -1, 'saturated'],
    ['inc_not_zero of 0', 0, refcountIncNotZero, 0, false],
    ['dec_and_test of 1', 1, refcountDecAndTest, 0, true],
    ['dec_and_test of 0', 0, refcountDecAndTest, 0, 'underflow'],
    ['dec_and_test of UINT_MAX', -1, refcountDecAndTest, -1, false],
    ['dec of 1', 1, dec, 0, 'decrement-to-zero'],
  ])('%s', (_, start, call, now, answer) => {
    expect(outcome(start, call, 'v4.19')).toEqual([now, answer]);
  });
});

test('gets and puts in any order that keeps a reference agree with a number', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (gets) => {
      const layout = new Layout();
      const r = layout.one('r', refcountT);
      const memory = new Memory(layout);
      memory.set(r, 1);
      let count = 1;
      for (const get of gets) {
        if (count === 0) break;
        if (get) runDirect(memory, refcountInc(r));
        else expect(runDirect(memory, refcountDecAndTest(r))).toBe(count === 1);
        count += get ? 1 : -1;
      }
      expect(runDirect(memory, refcountRead(r))).toBe(count);
    }),
  );
});

describe('kref', () => {
  const Thing = struct('thing', { value: u32, kref: Kref });
  type Lookup = 'locked' | 'kref_get' | 'unlocked' | 'recursive';

  /** One thread looks the thing up and takes a reference, another drops the last one; `how` is the lookup. */
  function lookup(how: Lookup): System {
    const layout = new Layout();
    const things = layout.slab('thing', Thing, 1);
    const lock = layout.one('lock', spinlockT);
    const found = layout.one(
      'found',
      ptr(() => Thing),
    );
    const release = kfunc('release', function* (kref: Kref) {
      const thing = containerOf(kref, Thing, 'kref');
      if (how === 'recursive') yield* spinLock(lock);
      yield* writeOnce(found, null);
      if (how !== 'locked' && how !== 'recursive') yield* kfree(thing);
    });
    const getter = kfunc('getter', function* () {
      if (how === 'locked') yield* spinLock(lock);
      const thing = yield* readOnce(found);
      let mine = thing !== null;
      if (thing !== null && how === 'kref_get') yield* krefGet(thing.kref);
      else if (thing !== null) mine = yield* krefGetUnlessZero(thing.kref);
      if (how === 'locked') yield* spinUnlock(lock);
      if (thing === null || !mine) return;
      yield* readOnce(thing.value);
      yield* put(thing.kref);
    });
    const put = kfunc('put', function* (kref: Kref) {
      if (how === 'locked' || how === 'recursive') yield* spinLock(lock);
      const last = yield* krefPut(kref, release);
      if (how === 'locked' || how === 'recursive') yield* spinUnlock(lock);
      if (last && how === 'locked') yield* kfree(containerOf(kref, Thing, 'kref'));
    });
    const setUp = kfunc('set_up', function* () {
      const thing = (yield* kzalloc(things))!;
      yield* krefInit(thing.kref);
      yield* writeOnce(found, thing);
      yield* put(thing.kref);
    });
    return {
      layout,
      threads: [
        { name: 'putter', run: () => setUp() },
        { name: 'getter', run: () => getter() },
      ],
    };
  }

  test('a lookup under the lock of the last put finds a live thing or none', () => {
    expect(checkSync(lookup('locked')).verdict).toBe('holds');
  });

  test('twin: kref_get without the lock revives the dead', () => {
    expect(checkSync(lookup('kref_get'), { only: ['refcount'] }).violation).toMatchObject({
      kind: 'refcount',
      name: 'add-on-zero',
    });
  });

  test('twin: kref_get_unless_zero needs memory that is still there', () => {
    expect(checkSync(lookup('unlocked')).violation?.kind).toBe('use-after-free');
  });

  test('release runs under the caller’s lock', () => {
    expect(checkSync(lookup('recursive')).violation).toMatchObject({ kind: 'lock-misuse', name: 'recursive-lock' });
  });

  test('counts', () => {
    const layout = new Layout();
    const thing = layout.one('thing', Thing);
    const memory = new Memory(layout);
    const released: number[] = [];
    const release = kfunc('release', function* (kref: Kref) {
      yield* writeOnce(containerOf(kref, Thing, 'kref').value, 1);
    });
    runDirect(memory, krefInit(thing.kref));
    runDirect(memory, krefGet(thing.kref));
    expect(runDirect(memory, krefRead(thing.kref))).toBe(2);
    expect(runDirect(memory, krefPut(thing.kref, release))).toBe(false);
    expect(runDirect(memory, krefGetUnlessZero(thing.kref))).toBe(true);
    expect(runDirect(memory, krefPut(thing.kref, release))).toBe(false);
    expect(runDirect(memory, krefPut(thing.kref, release))).toBe(true);
    expect(memory.get(thing.value)).toBe(1);
    expect(released).toEqual([]);
  });
});
