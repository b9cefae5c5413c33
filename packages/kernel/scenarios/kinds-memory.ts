/** Violations of memory: use after free, double free, leak, reference counts, data race. */
import {
  bool,
  choose,
  kfunc,
  ptr,
  read,
  readOnce,
  slab,
  struct,
  u32,
  waitFor,
  write,
  writeOnce,
  type Scenario,
} from '@shootdown/machine';
import {
  GFP_KERNEL,
  Kref,
  containerOf,
  kfree,
  krefGet,
  krefGetUnlessZero,
  krefInit,
  krefPut,
  kzalloc,
  spinLock,
  spinUnlock,
  spinlockT,
  xchg,
} from '@shootdown/kernel/model';
import { exhibit } from './gallery.js';

const Buffer = struct('buffer', { length: u32 });

const state = { buffer: slab(Buffer, 1), lock: spinlockT, published: ptr(() => Buffer) };

/** A pointer is followed after the object was freed. */
export const useAfterFree: Scenario = exhibit({
  kind: 'use-after-free',
  asks: 'Is a published buffer still there when a reader that found it looks into it?',
  fixed: 'the reader looks into the buffer under the lock that it is taken away under',
  broken: 'the reader lets the lock go before it looks into the buffer',
  state,
  threads: ({ buffer: buffers, lock, published }, isBroken) => ({
    *replace_buffer() {
      const buffer = yield* kzalloc(buffers, GFP_KERNEL);
      if (buffer === null) return;
      yield* spinLock(lock);
      yield* writeOnce(published, buffer);
      yield* spinUnlock(lock);
      yield* spinLock(lock);
      yield* writeOnce(published, null);
      yield* spinUnlock(lock);
      yield* kfree(buffer);
    },
    *read_length() {
      yield* spinLock(lock);
      const buffer = yield* readOnce(published);
      if (isBroken) yield* spinUnlock(lock);
      if (buffer !== null) yield* readOnce(buffer.length);
      if (!isBroken) yield* spinUnlock(lock);
    },
  }),
});

/** Two threads free the same object. */
export const doubleFree: Scenario = exhibit({
  kind: 'double-free',
  asks: 'Is a published buffer freed once, if two threads tear it down?',
  fixed: 'the pointer is taken by xchg, so that one of them gets it',
  broken: 'the pointer is read, then cleared',
  state,
  threads: ({ buffer: buffers, published }, isBroken) => {
    const teardown = kfunc('teardown', function* () {
      if (isBroken) {
        const buffer = yield* readOnce(published);
        yield* writeOnce(published, null);
        yield* kfree(buffer);
      } else yield* kfree(yield* xchg(published, null));
    });
    return {
      *probe() {
        yield* writeOnce(published, yield* kzalloc(buffers, GFP_KERNEL));
        yield* teardown();
      },
      *remove() {
        yield* teardown();
      },
    };
  },
});

/** An error path forgets an object. */
export const leak: Scenario = exhibit({
  kind: 'leak',
  asks: 'Is the buffer freed on every way out of the probe?',
  fixed: 'the error path frees the buffer',
  broken: 'the error path returns at once',
  state,
  threads: ({ buffer: buffers }, isBroken) => ({
    *probe() {
      const buffer = yield* kzalloc(buffers, GFP_KERNEL);
      const isRegistered = (yield* choose(2, 'register_device')) === 1;
      if (!isRegistered && isBroken) return;
      yield* kfree(buffer);
    },
  }),
});

/** A worker of a queue looks away at the wrong moment, and what came meanwhile is never fetched. */
export const leakDaemon: Scenario = exhibit({
  kind: 'leak',
  suffix: '-daemon',
  asks: 'Has a worker freed every buffer that it was given, once nobody gives it more and it rests?',
  fixed: 'the worker notes that it comes, then takes the buffer',
  broken: 'the worker takes the buffer, then notes that it came',
  state: { buffer: slab(Buffer, 2), published: ptr(() => Buffer), pending: u32 },
  threads: ({ buffer: buffers, published, pending }, isBroken) => {
    const replace = kfunc('replace_buffer', function* () {
      const old = yield* xchg(published, yield* kzalloc(buffers, GFP_KERNEL));
      if (old !== null) yield* kfree(old);
      yield* writeOnce(pending, 1);
    });
    const work = kfunc('free_work', function* () {
      yield* waitFor(pending, { equals: 1 });
      if (!isBroken) yield* writeOnce(pending, 0);
      const buffer = yield* xchg(published, null);
      if (buffer !== null) yield* kfree(buffer);
      if (isBroken) yield* writeOnce(pending, 0);
    });
    const submit = function* () {
      yield* replace();
      yield* replace();
    };
    return [
      { name: 'CPU 0', run: submit },
      { name: 'worker', kind: 'daemon', repeat: true, run: work },
    ];
  },
});

const Session = struct('session', { kref: Kref });

/** A reference is taken from a count of zero. */
export const refcount: Scenario = exhibit({
  kind: 'refcount',
  rule: 'add-on-zero',
  asks: 'Can a lookup take a reference of a session whose last one is being put?',
  fixed: 'kref_get_unless_zero',
  broken: 'kref_get, as if the list held a reference',
  state: { session: slab(Session, 1), lock: spinlockT, listed: ptr(() => Session) },
  threads: ({ session: sessions, lock, listed }, isBroken) => {
    const release = kfunc('session_release', function* (kref: Kref) {
      yield* spinLock(lock);
      yield* writeOnce(listed, null);
      yield* spinUnlock(lock);
      yield* kfree(containerOf(kref, Session, 'kref'));
    });
    const get = kfunc('session_get', function* (kref: Kref) {
      if (!isBroken) return yield* krefGetUnlessZero(kref);
      yield* krefGet(kref);
      return true;
    });
    return {
      *session_close() {
        const session = yield* kzalloc(sessions, GFP_KERNEL);
        if (session === null) return;
        yield* krefInit(session.kref);
        yield* spinLock(lock);
        yield* writeOnce(listed, session);
        yield* spinUnlock(lock);
        yield* krefPut(session.kref, release);
      },
      *session_lookup() {
        yield* spinLock(lock);
        const session = yield* readOnce(listed);
        const isMine = session !== null && (yield* get(session.kref));
        yield* spinUnlock(lock);
        if (session !== null && isMine) yield* krefPut(session.kref, release);
      },
    };
  },
});

/** A plain access beside one of another thread. */
export const dataRace: Scenario = exhibit({
  kind: 'data-race',
  asks: 'May the compiler tear, fuse or repeat an access that another thread makes at the same time?',
  fixed: 'both accesses are marked',
  broken: 'both accesses are plain',
  state: { ready: bool, payload: u32 },
  threads: ({ ready, payload }, isBroken) => ({
    *produce() {
      yield* writeOnce(payload, 42);
      yield* isBroken ? write(ready, true) : writeOnce(ready, true);
    },
    *consume() {
      if (yield* isBroken ? read(ready) : readOnce(ready)) yield* readOnce(payload);
    },
  }),
});
