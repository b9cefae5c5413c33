import fc from 'fast-check';
import { checkSync, type SearchOptions, type SearchResult } from '@shootdown/explore';
import {
  KernelBug,
  Layout,
  Memory,
  WouldBlock,
  kfunc,
  ptr,
  readOnce,
  runDirect,
  struct,
  u32,
  waitFor,
  writeOnce,
  type Kthread,
  type Request,
  type System,
  type Thread,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { containerOf } from './container-of.js';
import { declareThreads } from './contexts.js';
import { domainOf } from './internal/grace-period.js';
import { mutexLock, mutexT, mutexUnlock } from './mutex.js';
import { RcuHead } from './rcu-head.js';
import {
  callRcu,
  defineRcu,
  kfreeRcu,
  rcuAccessPointer,
  rcuAssignPointer,
  rcuBarrier,
  rcuCallbacks,
  rcuDereference,
  rcuDereferenceProtected,
  rcuReadLock,
  rcuReadLockHeld,
  rcuReadUnlock,
  synchronizeRcu,
} from './rcu.js';
import { kfree } from './slab.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';
import {
  callSrcu,
  defineSrcu,
  noReaderLeft,
  srcuBarrier,
  srcuCallbacks,
  srcuDereference,
  srcuReadLock,
  srcuReadLockHeld,
  srcuReadUnlock,
  synchronizeSrcu,
  type SrcuStruct,
} from './srcu.js';

type Body = () => Kthread<void>;
const THREADS = 5;

function threadsOf(bodies: readonly Body[]): Thread[] {
  return bodies.map((body, i) => ({ name: `T${i}`, run: kfunc(`body${i}`, body) }));
}

function check(
  layout: Layout,
  bodies: readonly Body[],
  more: Partial<System> & { extra?: Thread[] } = {},
  options: SearchOptions = {},
): SearchResult {
  const { extra = [], ...system } = more;
  return checkSync({ layout, threads: [...threadsOf(bodies), ...extra], ...system }, { checkPurity: true, ...options });
}

const outcome = ({ verdict, violation }: SearchResult): string => violation?.name ?? verdict;

const Thing = struct('thing', { value: u32, rcu: RcuHead });

/** A thing that readers find by a pointer, and two domains. */
function world() {
  const layout = new Layout();
  const things = layout.slab('thing', Thing, 1);
  const found = layout.one(
    'found',
    ptr(() => Thing),
  );
  const srcu = defineSrcu(layout, 'srcu', THREADS);
  const other = defineSrcu(layout, 'other', THREADS);
  defineRcu(layout, THREADS);
  const init = (memory: Memory): void => {
    memory.set(things.states[0], 1);
    memory.set(found, things.slots[0]);
  };
  return { layout, found, srcu, other, init };
}

describe('an object is not freed under its readers', () => {
  type Reading = 'srcu' | 'rcu' | 'not at all';
  type Waiting = 'srcu' | 'rcu' | 'other' | 'not at all' | 'before unlinking';

  /** `readers` readers look at the thing; a writer unlinks it, waits, and frees it. */
  const freeing = (reading: Reading, waiting: Waiting, readers = 2): string => {
    const { layout, found, srcu, other, init } = world();
    const reader: Body = function* () {
      const idx = reading === 'srcu' ? yield* srcuReadLock(srcu) : 0;
      if (reading === 'rcu') yield* rcuReadLock();
      const thing = yield* readOnce(found);
      if (thing !== null) yield* readOnce(thing.value);
      if (reading === 'srcu') yield* srcuReadUnlock(srcu, idx);
      if (reading === 'rcu') yield* rcuReadUnlock();
    };
    const wait: Body = function* () {
      if (waiting === 'srcu' || waiting === 'before unlinking') yield* synchronizeSrcu(srcu);
      if (waiting === 'other') yield* synchronizeSrcu(other);
      if (waiting === 'rcu') yield* synchronizeRcu();
    };
    const writer: Body = function* () {
      const thing = yield* readOnce(found);
      if (waiting === 'before unlinking') yield* wait();
      yield* writeOnce(found, null);
      if (waiting !== 'before unlinking') yield* wait();
      yield* kfree(thing);
    };
    return outcome(check(layout, [...Array.from({ length: readers }, () => reader), writer], { init }));
  };

  test('after synchronize_srcu', () => {
    expect(freeing('srcu', 'srcu', 3)).toBe('holds');
  });

  test('after synchronize_rcu', () => {
    expect(freeing('rcu', 'rcu', 3)).toBe('holds');
  });

  test.each<[Reading, Waiting]>([
    ['srcu', 'not at all'],
    ['srcu', 'other'],
    ['srcu', 'rcu'],
    ['srcu', 'before unlinking'],
    ['rcu', 'srcu'],
    ['not at all', 'srcu'],
    ['not at all', 'rcu'],
  ])('twin: readers %s, waiting %s', (reading, waiting) => {
    expect(freeing(reading, waiting, 1)).toBe('use-after-free');
  });

  test('when two wait at once, and a reader begins again and again', () => {
    const { layout, found, srcu, init } = world();
    const reader: Body = function* () {
      for (let i = 0; i < 2; i++) {
        const idx = yield* srcuReadLock(srcu);
        const thing = yield* readOnce(found);
        if (thing !== null) yield* readOnce(thing.value);
        yield* srcuReadUnlock(srcu, idx);
      }
    };
    const writer: Body = function* () {
      const thing = yield* readOnce(found);
      yield* writeOnce(found, null);
      yield* synchronizeSrcu(srcu);
      yield* kfree(thing);
    };
    const bystander: Body = function* () {
      yield* synchronizeSrcu(srcu);
    };
    expect(outcome(check(layout, [reader, reader, writer, bystander], { init }))).toBe('holds');
  });

  test('while an inner reader has ended and the outer has not', () => {
    for (const nests of [true, false]) {
      const { layout, found, srcu, init } = world();
      const reader: Body = function* () {
        const outer = yield* srcuReadLock(srcu);
        const inner = yield* srcuReadLock(srcu);
        const thing = yield* readOnce(found);
        yield* srcuReadUnlock(srcu, inner);
        if (!nests) yield* srcuReadUnlock(srcu, outer);
        if (thing !== null) yield* readOnce(thing.value);
        if (nests) yield* srcuReadUnlock(srcu, outer);
      };
      const writer: Body = function* () {
        const thing = yield* readOnce(found);
        yield* writeOnce(found, null);
        yield* synchronizeSrcu(srcu);
        yield* kfree(thing);
      };
      expect(outcome(check(layout, [reader, writer], { init }))).toBe(nests ? 'holds' : 'use-after-free');
    }
  });
});

test('a grace period does not wait for readers that began after it', () => {
  const { layout, srcu } = world();
  const [inside1, inside2, over] = layout.array('flag', u32, 3);
  const { waits } = domainOf({ layout, thread: 0 }, srcu);
  const early: Body = function* () {
    const idx = yield* srcuReadLock(srcu);
    yield* writeOnce(inside1, 1);
    yield* waitFor(inside2, { equals: 1 });
    yield* srcuReadUnlock(srcu, idx);
  };
  const late: Body = function* () {
    yield* waitFor(waits[2].waits0, { differs: 0 });
    const idx = yield* srcuReadLock(srcu);
    yield* writeOnce(inside2, 1);
    yield* waitFor(over, { equals: 1 });
    yield* srcuReadUnlock(srcu, idx);
  };
  const writer: Body = function* () {
    yield* waitFor(inside1, { equals: 1 });
    yield* synchronizeSrcu(srcu);
    yield* writeOnce(over, 1);
  };
  expect(outcome(check(layout, [early, late, writer]))).toBe('holds');
});

describe('the index of a reader', () => {
  /** A reader that began before the grace period overlaps one that began after; `order` says which ends first. */
  const overlapping = (order: 'old first' | 'new first') => {
    const { layout, srcu } = world();
    const memory = new Memory(layout);
    const as = <T>(thread: number, request: Request<T>): T => {
      memory.thread = thread;
      return runDirect(memory, request);
    };
    const { waits } = domainOf(memory, srcu);
    const old = as(0, srcuReadLock(srcu));
    expect(() => {
      as(1, synchronizeSrcu(srcu));
    }).toThrow(WouldBlock);
    const young = as(0, srcuReadLock(srcu));
    as(0, srcuReadUnlock(srcu, order === 'old first' ? old : young));
    return { differ: old !== young, isOver: memory.get(waits[1].waits0) + memory.get(waits[1].waits1) === 0 };
  };

  test('changes with a grace period, so that even readers of one thread that overlap are told apart', () => {
    expect(overlapping('old first')).toEqual({ differ: true, isOver: true });
    expect(overlapping('new first')).toEqual({ differ: true, isOver: false });
  });

  test('twin: code that unlocks with a constant is found', () => {
    const found = (constant: boolean) => {
      const { layout, srcu } = world();
      const reader: Body = function* () {
        const idx = yield* srcuReadLock(srcu);
        yield* srcuReadUnlock(srcu, constant ? 0 : idx);
      };
      return outcome(
        check(layout, [
          reader,
          reader,
          function* () {
            yield* synchronizeSrcu(srcu);
          },
        ]),
      );
    };
    expect([found(false), found(true)]).toEqual(['holds', 'srcu-index']);
  });
});

test('it waits for those that began before it and for no others, in any order of events', () => {
  const event = fc.record({ op: fc.constantFrom('lock', 'unlock', 'synchronize'), thread: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 60, size: 'max' }), (events) => {
      const { layout, srcu } = world();
      const memory = new Memory(layout);
      const nested: { idx: number; id: number }[][] = [[], [], [], []];
      const waiting = new Map<number, Set<number>>();
      let ids = 0;
      const as = <T>(thread: number, request: Request<T>): T => {
        memory.thread = thread;
        return runDirect(memory, request);
      };
      const blocks = (thread: number): boolean => {
        const { waits0, waits1 } = domainOf(memory, srcu).waits[thread];
        return memory.get(waits0) + memory.get(waits1) > 0;
      };
      for (const { op, thread } of events) {
        const mine = nested[thread];
        if (waiting.has(thread)) {
          expect(blocks(thread)).toBe(waiting.get(thread)?.size !== 0);
          if (waiting.get(thread)?.size === 0) waiting.delete(thread);
        } else if (op === 'lock') {
          mine.push({ idx: as(thread, srcuReadLock(srcu)), id: ids++ });
        } else if (op === 'unlock' && mine.length > 0) {
          const { idx, id } = mine.pop()!;
          as(thread, srcuReadUnlock(srcu, idx));
          for (const readers of waiting.values()) readers.delete(id);
        } else if (op === 'synchronize' && mine.length === 0) {
          const before = new Set(nested.flat().map(({ id }) => id));
          let blocked = false;
          try {
            as(thread, synchronizeSrcu(srcu));
          } catch (error) {
            if (!(error instanceof WouldBlock)) throw error;
            blocked = true;
          }
          expect(blocked).toBe(before.size > 0);
          if (blocked) waiting.set(thread, before);
        }
      }
    }),
  );
});

describe('a callback', () => {
  type How = 'call_srcu' | 'call_rcu' | 'kfree_rcu' | 'at once';
  const freeing = (how: How, barrier: boolean, runs = true): SearchResult => {
    const { layout, found, srcu, init } = world();
    const free = kfunc('free_thing', function* (head: RcuHead) {
      yield* kfree(containerOf(head, Thing, 'rcu'));
    });
    const usesRcu = how.endsWith('_rcu');
    const reader: Body = function* () {
      const idx = usesRcu ? 0 : yield* srcuReadLock(srcu);
      if (usesRcu) yield* rcuReadLock();
      const thing = usesRcu ? yield* rcuDereference(found) : yield* srcuDereference(found, srcu);
      if (thing !== null) yield* readOnce(thing.value);
      if (usesRcu) yield* rcuReadUnlock();
      else yield* srcuReadUnlock(srcu, idx);
    };
    const writer: Body = function* () {
      const thing = (yield* rcuDereferenceProtected(found))!;
      yield* rcuAssignPointer(found, null);
      if (how === 'call_srcu') yield* callSrcu(srcu, thing.rcu, free);
      else if (how === 'call_rcu') yield* callRcu(thing.rcu, free);
      else if (how === 'kfree_rcu') yield* kfreeRcu(thing.rcu);
      else yield* free(thing.rcu);
      if (barrier) yield* usesRcu ? rcuBarrier() : srcuBarrier(srcu);
    };
    const callbacks = usesRcu ? rcuCallbacks() : srcuCallbacks(srcu);
    return check(
      layout,
      [reader, reader, writer],
      { init, extra: runs ? [callbacks] : [] },
      { only: ['use-after-free', 'leak', 'deadlock', 'double-free'] },
    );
  };

  test.each(['call_srcu', 'call_rcu', 'kfree_rcu'] as const)(
    'of %s runs when no reader is left, and before the end of a barrier',
    (how) => {
      expect(outcome(freeing(how, true))).toBe('holds');
    },
  );

  test('twin: run at once it frees under a reader', () => {
    expect(outcome(freeing('at once', false))).toBe('use-after-free');
  });

  test('that nobody waits for has run at the end', () => {
    expect(outcome(freeing('call_srcu', false))).toBe('holds');
  });

  test('twin: that nobody runs is left at the end', () => {
    expect(outcome(freeing('call_srcu', false, false))).toBe('leak');
  });

  const ordered = (barrier: boolean) => {
    const { layout, srcu } = world();
    const heads = layout.array('head', RcuHead, 2);
    const log = layout.one('log', u32);
    const seen = layout.one('seen', u32);
    const note = kfunc('note', function* (head: RcuHead) {
      yield* writeOnce(log, (yield* readOnce(log)) * 10 + heads.indexOf(head) + 1);
    });
    const reader: Body = function* () {
      const idx = yield* srcuReadLock(srcu);
      yield* srcuReadUnlock(srcu, idx);
    };
    const writer: Body = function* () {
      for (const head of heads) yield* callSrcu(srcu, head, note);
      if (barrier) yield* srcuBarrier(srcu);
      yield* writeOnce(seen, yield* readOnce(log));
    };
    return outcome(
      check(layout, [reader, writer], {
        extra: [srcuCallbacks(srcu)],
        finals: { 'all-run-in-order': (memory) => memory.get(seen) === 12 },
      }),
    );
  };

  test('runs after those queued before it; a barrier waits for all', () => {
    expect(ordered(true)).toBe('holds');
    expect(ordered(false)).toBe('all-run-in-order');
  });

  test('is given the subsystem whose function it is', () => {
    const { layout, srcu } = world();
    const head = layout.one('head', RcuHead);
    const driver = layout.subsystem('driver', { frees: layout.one('frees', u32) });
    const count = kfunc('count', function* (of: typeof driver, _head: RcuHead) {
      yield* writeOnce(of.frees, (yield* readOnce(of.frees)) + 1);
    });
    expect(
      outcome(
        check(
          layout,
          [
            function* () {
              yield* callSrcu(srcu, head, count, driver);
              yield* srcuBarrier(srcu);
            },
          ],
          { extra: [srcuCallbacks(srcu)], finals: { 'ran-once': (memory) => memory.get(driver.frees) === 1 } },
        ),
      ),
    ).toBe('holds');
  });

  test('queued twice is reported', () => {
    const { layout, srcu } = world();
    const head = layout.one('head', RcuHead);
    const nothing = kfunc('nothing', function* () {});
    expect(
      outcome(
        check(layout, [
          function* () {
            yield* callSrcu(srcu, head, nothing);
            yield* callSrcu(srcu, head, nothing);
          },
        ]),
      ),
    ).toBe('rcu-head-queued');
  });

  test('may queue itself again, for its head is free when it runs', () => {
    const { layout, srcu } = world();
    const head = layout.one('head', RcuHead);
    const runs = layout.one('runs', u32);
    const again = kfunc('again', function* (mine: RcuHead): Kthread<void> {
      const count = (yield* readOnce(runs)) + 1;
      yield* writeOnce(runs, count);
      if (count < 3) yield* callSrcu(srcu, mine, again);
    });
    expect(
      outcome(
        check(
          layout,
          [
            function* () {
              yield* callSrcu(srcu, head, again);
              yield* waitFor(runs, { equals: 3 });
            },
          ],
          { extra: [srcuCallbacks(srcu)] },
        ),
      ),
    ).toBe('holds');
  });

  test('of RCU must not sleep, of SRCU may', () => {
    const sleeping = (rcu: boolean) => {
      const { layout, srcu } = world();
      const head = layout.one('head', RcuHead);
      const mutex = layout.one('mutex', mutexT);
      const sleep = kfunc('sleep', function* () {
        yield* mutexLock(mutex);
        yield* mutexUnlock(mutex);
      });
      return outcome(
        check(
          layout,
          [
            function* () {
              if (rcu) yield* callRcu(head, sleep);
              else yield* callSrcu(srcu, head, sleep);
              if (rcu) yield* rcuBarrier();
              else yield* srcuBarrier(srcu);
            },
          ],
          { extra: [rcu ? rcuCallbacks() : srcuCallbacks(srcu)] },
        ),
      );
    };
    expect([sleeping(true), sleeping(false)]).toEqual(['sleep-in-atomic', 'holds']);
  });
});

describe('rules of readers', () => {
  const broken = (body: (w: ReturnType<typeof world>) => Kthread<void>, more: { final?: boolean } = {}): string => {
    const w = world();
    return outcome(
      check(
        w.layout,
        [() => body(w)],
        more.final === true ? { finals: { 'reader-left': noReaderLeft(w.layout, w.srcu) } } : {},
      ),
    );
  };

  test('waiting inside a reader of the same domain is reported, of another domain it is not', () => {
    const inside = (wait: (srcu: SrcuStruct, other: SrcuStruct) => Request<void>) =>
      broken(function* ({ srcu, other }) {
        const idx = yield* srcuReadLock(srcu);
        yield* wait(srcu, other);
        yield* srcuReadUnlock(srcu, idx);
      });
    expect(inside((srcu) => synchronizeSrcu(srcu))).toBe('synchronize-in-reader');
    expect(inside((_, other) => synchronizeSrcu(other))).toBe('holds');
    expect(inside(() => synchronizeRcu())).toBe('holds');
    expect(
      broken(function* () {
        yield* rcuReadLock();
        yield* synchronizeRcu();
      }),
    ).toBe('synchronize-in-reader');
  });

  test('it is a deadlock too', () => {
    const { layout, srcu } = world();
    const body: Body = function* () {
      const idx = yield* srcuReadLock(srcu);
      yield* synchronizeSrcu(srcu);
      yield* srcuReadUnlock(srcu, idx);
    };
    expect(outcome(check(layout, [body], {}, { only: ['deadlock'] }))).toBe('deadlock');
  });

  test('an index that was not given, or given to another thread, is reported', () => {
    expect(
      broken(function* ({ srcu }) {
        const idx = yield* srcuReadLock(srcu);
        yield* srcuReadUnlock(srcu, 1 - idx);
      }),
    ).toBe('srcu-index');
    const { layout, srcu } = world();
    const memory = new Memory(layout);
    const idx = runDirect(memory, srcuReadLock(srcu));
    memory.thread = 1;
    expect(() => {
      runDirect(memory, srcuReadUnlock(srcu, idx));
    }).toThrow(KernelBug);
    expect(
      broken(function* () {
        yield* rcuReadUnlock();
      }),
    ).toBe('rcu-unbalanced');
  });

  test('a thread that ends as a reader is found', () => {
    const leaves = (unlocks: boolean) =>
      broken(
        function* ({ srcu }) {
          const idx = yield* srcuReadLock(srcu);
          if (unlocks) yield* srcuReadUnlock(srcu, idx);
        },
        { final: true },
      );
    expect([leaves(true), leaves(false)]).toEqual(['holds', 'reader-left']);
  });

  test('a reader of RCU must not sleep, of SRCU may', () => {
    const sleeping = (rcu: boolean) => {
      const { layout, srcu } = world();
      const mutex = layout.one('mutex', mutexT);
      return outcome(
        check(layout, [
          function* () {
            const idx = rcu ? 0 : yield* srcuReadLock(srcu);
            if (rcu) yield* rcuReadLock();
            yield* mutexLock(mutex);
            yield* mutexUnlock(mutex);
            if (rcu) yield* rcuReadUnlock();
            else yield* srcuReadUnlock(srcu, idx);
          },
        ]),
      );
    };
    expect([sleeping(true), sleeping(false)]).toEqual(['sleep-in-atomic', 'holds']);
  });

  test('waiting under a spin lock is reported', () => {
    for (const wait of [
      (srcu: SrcuStruct) => synchronizeSrcu(srcu),
      () => synchronizeRcu(),
      (srcu: SrcuStruct) => srcuBarrier(srcu),
      () => rcuBarrier(),
    ]) {
      const { layout, srcu } = world();
      const lock = layout.one('lock', spinlockT);
      expect(
        outcome(
          check(layout, [
            function* () {
              yield* spinLock(lock);
              yield* wait(srcu);
              yield* spinUnlock(lock);
            },
          ]),
        ),
      ).toBe('sleep-in-atomic');
    }
  });

  test('following a pointer outside a reader is reported, looking at it is not', () => {
    expect(
      broken(function* ({ found }) {
        yield* rcuDereference(found);
      }),
    ).toBe('suspicious-dereference');
    expect(
      broken(function* ({ found, other, srcu }) {
        const idx = yield* srcuReadLock(other);
        yield* srcuDereference(found, srcu);
        yield* srcuReadUnlock(other, idx);
      }),
    ).toBe('suspicious-dereference');
    expect(
      broken(function* ({ found }) {
        yield* rcuAccessPointer(found);
      }),
    ).toBe('holds');
  });

  test('being a reader can be asked', () => {
    const { layout, srcu } = world();
    const memory = new Memory(layout);
    const held = () => [runDirect(memory, srcuReadLockHeld(srcu)), runDirect(memory, rcuReadLockHeld())];
    expect(held()).toEqual([false, false]);
    const idx = runDirect(memory, srcuReadLock(srcu));
    runDirect(memory, rcuReadLock());
    runDirect(memory, rcuReadLock());
    expect(held()).toEqual([true, true]);
    runDirect(memory, srcuReadUnlock(srcu, idx));
    runDirect(memory, rcuReadUnlock());
    expect(held()).toEqual([false, true]);
  });

  test('a thread too many, or no RCU at all, is told', () => {
    const layout = new Layout();
    const srcu = defineSrcu(layout, 'srcu', 1);
    declareThreads(layout, [{}]);
    const memory = new Memory(layout);
    memory.thread = 1;
    expect(() => runDirect(memory, srcuReadLock(srcu))).toThrow('srcu was placed for 1 threads, and thread 1 uses it');
    expect(() => {
      runDirect(memory, rcuReadLock());
    }).toThrow('call defineRcu(layout, threads) first');
    expect(() => {
      defineRcu(world().layout, 1);
    }).toThrow('expected one RCU a layout');
  });
});

test('readers that are declared to be alike are searched once, with the same answer', () => {
  const searching = (symmetry: boolean, waits: boolean) => {
    const { layout, found, srcu, init } = world();
    const reader = kfunc('reader', function* () {
      const idx = yield* srcuReadLock(srcu);
      const thing = yield* readOnce(found);
      if (thing !== null) yield* readOnce(thing.value);
      yield* srcuReadUnlock(srcu, idx);
    });
    const writer = kfunc('writer', function* () {
      const thing = yield* readOnce(found);
      yield* writeOnce(found, null);
      if (waits) yield* synchronizeSrcu(srcu);
      yield* kfree(thing);
    });
    return checkSync(
      {
        layout,
        init,
        threads: [
          ...[0, 1, 2].map((i) => ({ name: `reader${i}`, run: () => reader() })),
          { name: 'writer', run: () => writer() },
        ],
        symmetries: [{ name: 'readers', size: 3, threads: [[0, 1, 2]] }],
      },
      { symmetry },
    );
  };
  const [reduced, full] = [searching(true, true), searching(false, true)];
  expect([reduced.verdict, full.verdict]).toEqual(['holds', 'holds']);
  expect(reduced.states).toBeLessThan(full.states / 2);
  expect(searching(true, false).violation?.kind).toBe('use-after-free');
});
