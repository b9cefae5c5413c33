import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  ptr,
  readOnce,
  runDirect,
  sleepLockWord,
  struct,
  u32,
  writeOnce,
  type Request,
  type ViewOf,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { GFP_ATOMIC, GFP_KERNEL, kfree, kzalloc } from './slab.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

const Thing = struct('thing', { value: u32, lock: sleepLockWord });

function pool(capacity: number) {
  const layout = new Layout();
  const things = layout.slab('thing', Thing, capacity);
  const memory = new Memory(layout);
  const run = <T>(request: Request<T>): T => runDirect(memory, request);
  return {
    layout,
    things,
    memory,
    alloc: (choice = 0) => runDirect(memory, kzalloc(things, GFP_KERNEL, { mayFail: choice > 0 }), () => choice),
    run,
  };
}

describe('kzalloc', () => {
  test('takes the lowest slot never used, then the lowest freed one', () => {
    const { things, alloc, run } = pool(3);
    const [a, b] = [alloc(), alloc()];
    expect([a, b]).toEqual([things.slots[0], things.slots[1]]);
    run(kfree(b));
    run(kfree(a));
    expect([alloc(), alloc(), alloc(), alloc()]).toEqual([things.slots[2], things.slots[0], things.slots[1], null]);
  });

  test('answers zeros, whatever the slot held', () => {
    const { alloc, run, memory } = pool(1);
    const a = alloc()!;
    run(writeOnce(a.value, 7));
    run(kfree(a));
    expect(memory.words[a.value.address]).toBe(0);
    expect(run(readOnce(alloc()!.value))).toBe(0);
  });

  test('fails where it may', () => {
    expect(pool(1).alloc(1)).toBeNull();
  });

  test('a search takes both ways of an allocation that may fail', () => {
    const { layout, things } = pool(1);
    const worker = kfunc('worker', function* () {
      yield* writeOnce((yield* kzalloc(things, GFP_KERNEL, { mayFail: true }))!.value, 1);
    });
    const { violation } = checkSync(
      { layout, threads: [{ name: 'T', run: () => worker() }] },
      { only: ['null-dereference'] },
    );
    expect(violation?.kind).toBe('null-dereference');
  });

  test('with GFP_KERNEL may not be called under a spin lock, with GFP_ATOMIC it may', () => {
    const check = (gfp: typeof GFP_KERNEL | typeof GFP_ATOMIC) => {
      const layout = new Layout();
      const things = layout.slab('thing', Thing, 1);
      const lock = layout.one('lock', spinlockT);
      const worker = kfunc('worker', function* () {
        yield* spinLock(lock);
        const thing = yield* kzalloc(things, gfp);
        yield* spinUnlock(lock);
        yield* kfree(thing);
      });
      return checkSync({ layout, threads: [{ name: 'T', run: () => worker() }] });
    };
    expect(check(GFP_ATOMIC).verdict).toBe('holds');
    expect(check(GFP_KERNEL).violation).toMatchObject({
      kind: 'sleep-in-atomic',
      message: 'kzalloc(GFP_KERNEL) may sleep, but the caller holds lock',
    });
  });
});

describe('kfree', () => {
  test('of nothing does nothing', () => {
    pool(1).run(kfree(null));
  });

  test('twice is a double free', () => {
    const { alloc, run } = pool(1);
    const a = alloc();
    run(kfree(a));
    expect(() => run(kfree(a))).toThrow('kfree of thing#0, which was freed already');
  });

  test('of no object of a slab is reported', () => {
    const layout = new Layout();
    const thing = layout.one('global', Thing);
    expect(() => runDirect(new Memory(layout), kfree(thing))).toThrow(
      'kfree of global.value, which is no object of a slab',
    );
  });

  test('of an object whose lock is held is reported', () => {
    const { alloc, run, memory } = pool(1);
    const a = alloc()!;
    memory.set(a.lock, 1);
    expect(() => run(kfree(a))).toThrow('a lock that is held');
  });
});

describe('a published pointer', () => {
  const Box = struct('box', { thing: ptr(() => Thing) });
  const readers = (waits: boolean) => {
    const layout = new Layout();
    const things = layout.slab('thing', Thing, 1);
    const box = layout.one('box', Box);
    const lock = layout.one('lock', spinlockT);
    const reader = kfunc('reader', function* () {
      if (waits) yield* spinLock(lock);
      const thing: ViewOf<typeof Thing> | null = yield* readOnce(box.thing);
      if (thing !== null) yield* readOnce(thing.value);
      if (waits) yield* spinUnlock(lock);
    });
    const freer = kfunc('freer', function* () {
      yield* spinLock(lock);
      const thing = yield* readOnce(box.thing);
      yield* writeOnce(box.thing, null);
      yield* spinUnlock(lock);
      yield* kfree(thing);
    });
    return checkSync({
      layout,
      init: (memory) => {
        memory.set(things.states[0], 1);
        memory.set(box.thing, things.slots[0]);
      },
      threads: [
        { name: 'reader', run: () => reader() },
        { name: 'freer', run: () => freer() },
      ],
    });
  };

  test('may be freed once nobody can have it', () => {
    expect(readers(true).verdict).toBe('holds');
  });

  test('twin: without the reader’s lock it is used after free', () => {
    expect(readers(false).violation).toMatchObject({
      kind: 'use-after-free',
      message: 'read of thing#0.value, which was freed',
    });
  });

  test('twin: an object that nobody frees is a leak', () => {
    const layout = new Layout();
    const things = layout.slab('thing', Thing, 1);
    const worker = kfunc('worker', function* () {
      yield* kzalloc(things);
    });
    expect(checkSync({ layout, threads: [{ name: 'T', run: () => worker() }] }).violation?.kind).toBe('leak');
  });
});
