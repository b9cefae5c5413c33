/** Violations of what a model or a caller promised: invariant, assertion, contract. */
import { Layout, bool, kfunc, readOnce, u32, writeOnce, type Memory, type Scenario } from '@shootdown/machine';
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
import { exhibit, systemOf } from './gallery.js';

/** A condition that the author of a model states of every state. */
export const invariant: Scenario = exhibit({
  kind: 'invariant',
  rule: 'one-owner',
  asks: 'Does the device have one owner at most?',
  fixed: 'the count is looked at and changed under a lock',
  broken: 'the count is looked at, then changed',
  build(isBroken) {
    const layout = new Layout();
    const [lock, owners] = [layout.one('lock', spinlockT), layout.one('owners', atomicT)];
    const open = kfunc('device_open', function* () {
      if (!isBroken) yield* spinLock(lock);
      if ((yield* atomicRead(owners)) === 0) yield* atomicInc(owners);
      if (!isBroken) yield* spinUnlock(lock);
    });
    return {
      layout,
      threads: [0, 1].map((cpu) => ({ name: `CPU ${cpu}`, run: () => open() })),
      invariants: {
        'one-owner': (memory) => memory.get(owners) <= 1 || `the device has ${memory.get(owners)} owners`,
      },
    };
  },
});

/** A condition that the code itself checks. */
export const assertion: Scenario = exhibit({
  kind: 'assertion',
  rule: 'BUG_ON',
  asks: 'Does a queue that was seen running still have a depth when a request is put on it?',
  fixed: 'the request is put on the queue under the lock that it was seen running under',
  broken: 'the lock is let go in between',
  build(isBroken) {
    const layout = new Layout();
    const lock = layout.one('lock', spinlockT);
    const [running, depth] = [layout.one('running', bool), layout.one('depth', u32)];
    const model = systemOf(layout, {
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
    });
    const init = (memory: Memory): void => {
      memory.set(running, true);
      memory.set(depth, 64);
    };
    return { ...model, init };
  },
});

/** A rule that the documentation of a function makes for its callers. */
export const contract: Scenario = exhibit({
  kind: 'contract',
  rule: 'synchronize-in-reader',
  asks: 'Is synchronize_srcu() called outside of the readers it waits for?',
  fixed: 'the reader ends before the filter is replaced',
  broken: 'the filter is replaced inside the reader that found it stale',
  build(isBroken) {
    const layout = new Layout();
    const srcu = defineSrcu(layout, 'filter_srcu', 2);
    const stale = layout.one('stale', u32);
    const replace = kfunc('filter_replace', function* () {
      yield* writeOnce(stale, 0);
      yield* synchronizeSrcu(srcu);
    });
    return systemOf(layout, {
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
    });
  },
});
