/** Violations of what a model or a caller promised: invariant, assertion, contract. */
import { bool, kfunc, readOnce, times, u32, writeOnce, type Scenario } from '@shootdown/machine';
import {
  atomicInc,
  atomicRead,
  atomicT,
  bugOn,
  defineSrcu,
  spinLock,
  spinUnlock,
  spinlockT,
  srcuReadLock,
  srcuReadUnlock,
  synchronizeSrcu,
} from '@shootdown/kernel/model';
import { exhibit } from './gallery.js';

/** A condition that the author of a model states of every state. */
export const invariant: Scenario = exhibit({
  kind: 'invariant',
  rule: 'one-owner',
  asks: 'Does the device have one owner at most?',
  fixed: 'the count is looked at and changed under a lock',
  broken: 'the count is looked at, then changed',
  state: { lock: spinlockT, owners: atomicT },
  threads: ({ lock, owners }, isBroken) => {
    const open = function* device_open() {
      if (!isBroken) yield* spinLock(lock);
      if ((yield* atomicRead(owners)) === 0) yield* atomicInc(owners);
      if (!isBroken) yield* spinUnlock(lock);
    };
    return times(2, open, { name: 'CPU ' });
  },
  invariants: { 'one-owner': ({ owners }) => owners <= 1 || `the device has ${owners} owners` },
});

/** A condition that the code itself checks. */
export const assertion: Scenario = exhibit({
  kind: 'assertion',
  rule: 'BUG_ON',
  asks: 'Does a queue that was seen running still have a depth when a request is put on it?',
  fixed: 'the request is put on the queue under the lock that it was seen running under',
  broken: 'the lock is let go in between',
  state: { lock: spinlockT, running: bool, depth: u32 },
  init: (memory, { running, depth }) => {
    memory.set(running, true);
    memory.set(depth, 64);
  },
  threads: ({ lock, running, depth }, isBroken) => ({
    *queue_request() {
      yield* spinLock(lock);
      const isRunning = yield* readOnce(running);
      if (isBroken) yield* spinUnlock(lock);
      if (isRunning) bugOn((yield* readOnce(depth)) === 0, 'a running queue has no depth');
      if (!isBroken) yield* spinUnlock(lock);
    },
    *queue_exit() {
      yield* spinLock(lock);
      yield* writeOnce(running, false);
      yield* writeOnce(depth, 0);
      yield* spinUnlock(lock);
    },
  }),
});

/** A rule that the documentation of a function makes for its callers. */
export const contract: Scenario = exhibit({
  kind: 'contract',
  rule: 'synchronize-in-reader',
  asks: 'Is synchronize_srcu() called outside of the readers it waits for?',
  fixed: 'the reader ends before the filter is replaced',
  broken: 'the filter is replaced inside the reader that found it stale',
  state: { filter_srcu: (layout, name) => defineSrcu(layout, name, 2), stale: u32 },
  threads: ({ filter_srcu: srcu, stale }, isBroken) => {
    const replace = kfunc('filter_replace', function* () {
      yield* writeOnce(stale, 0);
      yield* synchronizeSrcu(srcu);
    });
    return {
      *filter_run() {
        const idx = yield* srcuReadLock(srcu);
        const isStale = (yield* readOnce(stale)) === 1;
        if (isStale && isBroken) yield* replace();
        yield* srcuReadUnlock(srcu, idx);
        if (isStale && !isBroken) yield* replace();
      },
      *filter_expire() {
        yield* writeOnce(stale, 1);
      },
    };
  },
});
