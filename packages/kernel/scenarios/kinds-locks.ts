/** Violations of locking: order, misuse, guards, sleeping in atomic context. */
import { kfunc, read, readOnce, slab, struct, u32, waitFor, write, writeOnce, type Scenario } from '@shootdown/machine';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  kfree,
  kzalloc,
  mutexLock,
  mutexT,
  mutexUnlock,
  spinLock,
  spinTrylock,
  spinUnlock,
  spinlockT,
  xchg,
  type Mutex,
} from '@shootdown/kernel/model';
import { exhibit } from './gallery.js';

/** Takes two mutexes one in the other. */
const nested = kfunc('lock_both', function* (outer: Mutex, inner: Mutex) {
  yield* mutexLock(outer);
  yield* mutexLock(inner);
  yield* mutexUnlock(inner);
  yield* mutexUnlock(outer);
});

/** Two locks in both orders; one thread waits for the other to end, so that nothing ever deadlocks. */
export const lockOrder: Scenario = exhibit({
  kind: 'lock-order',
  asks: 'Is mmap_lock always taken before i_mutex?',
  fixed: 'always mmap_lock first',
  broken: 'the writer takes i_mutex first; today nothing runs beside it, so that it never deadlocks',
  state: { mmap_lock: mutexT, i_mutex: mutexT, faulted: u32 },
  threads: ({ mmap_lock: mmap, i_mutex: inode, faulted }, isBroken) => ({
    *page_fault() {
      yield* nested(mmap, inode);
      yield* writeOnce(faulted, 1);
    },
    *file_write() {
      yield* waitFor(faulted, { equals: 1 });
      yield* isBroken ? nested(inode, mmap) : nested(mmap, inode);
    },
  }),
});

/** Three locks, three paths, one path a run: no run shows a circle, and all of them together do. */
export const lockOrderThree: Scenario = exhibit({
  kind: 'lock-order',
  suffix: '-three',
  asks: 'Is there an order of three locks that every path keeps, if one run takes only one path?',
  fixed: 'the third path takes the locks in the order of the others',
  broken: 'the third path closes the circle',
  state: { a: mutexT, b: mutexT, c: mutexT, chosen: u32 },
  threads: ({ a, b, c, chosen }, isBroken) => {
    const onlyPath = (outer: Mutex, inner: Mutex) =>
      function* () {
        if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);
      };
    return {
      path_ab: onlyPath(a, b),
      path_bc: onlyPath(b, c),
      path_ca: isBroken ? onlyPath(c, a) : onlyPath(a, c),
    };
  },
});

/** A lock is let go by a thread that does not hold it. */
export const lockMisuse: Scenario = exhibit({
  kind: 'lock-misuse',
  rule: 'unlock-by-non-owner',
  asks: 'Does every path let go only what it took?',
  fixed: 'the path on which the trylock failed skips the unlock',
  broken: 'the path on which the trylock failed falls through to the unlock',
  state: { lock: spinlockT },
  threads: ({ lock }, isBroken) => ({
    *update() {
      yield* spinLock(lock);
      yield* spinUnlock(lock);
    },
    *try_update() {
      const got = yield* spinTrylock(lock);
      if (got || isBroken) yield* spinUnlock(lock);
    },
  }),
});

const Stats = struct('stats', { lock: spinlockT, packets: u32.guardedBy('lock') });

/** A field is touched without its lock. */
export const guard: Scenario = exhibit({
  kind: 'guard',
  asks: 'Is every access to a guarded counter made under its lock?',
  fixed: 'the reset takes the lock',
  broken: 'the reset does not',
  state: { stats: Stats, configured: u32 },
  threads: ({ stats, configured }, isBroken) => ({
    *count_packet() {
      yield* spinLock(stats.lock);
      yield* write(stats.packets, (yield* read(stats.packets)) + 1);
      yield* writeOnce(configured, 1);
      yield* spinUnlock(stats.lock);
    },
    *reset_stats() {
      if ((yield* readOnce(configured)) === 0) return;
      if (!isBroken) yield* spinLock(stats.lock);
      yield* write(stats.packets, 0);
      if (!isBroken) yield* spinUnlock(stats.lock);
    },
  }),
});

const Item = struct('item', { value: u32 });

/** A function that may sleep is called under a spin lock. */
export const sleepInAtomic: Scenario = exhibit({
  kind: 'sleep-in-atomic',
  asks: 'May the allocation sleep where it is called?',
  fixed: 'GFP_ATOMIC under the spin lock',
  broken: 'GFP_KERNEL under the spin lock',
  state: { item: slab(Item, 1), table_lock: spinlockT },
  threads: ({ item: items, table_lock: lock }, isBroken) => {
    const grow = kfunc('table_grow', function* () {
      return yield* kzalloc(items, isBroken ? GFP_KERNEL : GFP_ATOMIC);
    });
    return {
      *table_insert() {
        yield* spinLock(lock);
        const item = yield* grow();
        yield* spinUnlock(lock);
        yield* kfree(item);
      },
    };
  },
});
