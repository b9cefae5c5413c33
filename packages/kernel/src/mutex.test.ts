import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  readOnce,
  runDirect,
  u32,
  writeOnce,
  type Kthread,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { EINTR } from './errno.js';
import { lockdepAssertHeld, lockdepAssertHeldWrite } from './lockdep.js';
import { mutexLock, mutexLockInterruptible, mutexT, mutexTrylock, mutexUnlock, type Mutex } from './mutex.js';
import {
  RwSemaphore,
  downRead,
  downReadKillable,
  downReadTrylock,
  downWrite,
  downWriteKillable,
  downWriteTrylock,
  downgradeWrite,
  upRead,
  upWrite,
} from './rwsem.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

type Body = () => Kthread<void>;

/** What a search of these bodies, one thread each, finds: `holds`, or the rule that is broken. */
function found(layout: Layout, bodies: readonly Body[], finals: System['finals'] = {}): string {
  const threads = bodies.map((body, i) => {
    const run = kfunc(`body${i}`, body);
    return { name: `T${i}`, run: () => run() };
  });
  const { verdict, violation } = checkSync({ layout, threads, finals });
  return violation?.name ?? verdict;
}

function withMutex(bodies: (mutex: Mutex) => readonly Body[]): string {
  const layout = new Layout();
  return found(layout, bodies(layout.one('mutex', mutexT)));
}

describe('a mutex', () => {
  const counting = (locks: boolean): string => {
    const layout = new Layout();
    const mutex = layout.one('mutex', mutexT);
    const count = layout.one('count', locks ? u32.guardedBy('mutex') : u32);
    const body = function* (): Kthread<void> {
      if (locks) yield* mutexLock(mutex);
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      if (locks) yield* mutexUnlock(mutex);
    };
    return found(layout, [body, body, body], { total: (memory) => memory.get(count) === 3 });
  };

  test('keeps an increment whole', () => {
    expect(counting(true)).toBe('holds');
  });

  test('twin: without it an increment is lost', () => {
    expect(counting(false)).toBe('total');
  });

  test('taken twice, let go by another, and held at the end are reported', () => {
    expect(
      withMutex((mutex) => [
        function* () {
          yield* mutexLock(mutex);
          yield* mutexLock(mutex);
        },
      ]),
    ).toBe('recursive-lock');
    expect(
      withMutex((mutex) => [
        function* () {
          yield* mutexUnlock(mutex);
        },
      ]),
    ).toBe('unlock-by-non-owner');
    expect(
      withMutex((mutex) => [
        function* () {
          yield* mutexTrylock(mutex);
        },
      ]),
    ).toBe('held-at-exit');
  });

  test('two taken in circular order are reported', () => {
    const layout = new Layout();
    const [a, b] = layout.array('mutex', mutexT, 2);
    const both = (first: Mutex, second: Mutex): Body =>
      function* () {
        yield* mutexLock(first);
        yield* mutexLock(second);
        yield* mutexUnlock(second);
        yield* mutexUnlock(first);
      };
    expect(found(layout, [both(a, b), both(a, b)])).toBe('holds');
    expect(found(layout, [both(a, b), both(b, a)])).toBe('lock-order');
  });

  test('must not be taken under a spin lock, but may be tried', () => {
    const under = (tries: boolean) => {
      const layout = new Layout();
      const spin = layout.one('spin', spinlockT);
      const mutex = layout.one('mutex', mutexT);
      return found(layout, [
        function* () {
          yield* spinLock(spin);
          if (!tries) yield* mutexLock(mutex);
          if (!tries || (yield* mutexTrylock(mutex))) yield* mutexUnlock(mutex);
          yield* spinUnlock(spin);
        },
      ]);
    };
    expect(under(true)).toBe('holds');
    expect(under(false)).toBe('sleep-in-atomic');
  });

  test('may sleep under another mutex', () => {
    const layout = new Layout();
    const [a, b] = layout.array('mutex', mutexT, 2);
    expect(
      found(layout, [
        function* () {
          yield* mutexLock(a);
          yield* mutexLock(b);
          yield* mutexUnlock(a);
          yield* mutexUnlock(b);
        },
      ]),
    ).toBe('holds');
  });

  test('is not taken when a signal ends the wait', () => {
    const layout = new Layout();
    const mutex = layout.one('mutex', mutexT);
    const memory = new Memory(layout);
    expect(runDirect(memory, mutexLockInterruptible(mutex, { maySignal: true }), () => 1)).toBe(-EINTR);
    expect(memory.get(mutex)).toBe(0);
    expect(runDirect(memory, mutexLockInterruptible(mutex))).toBe(0);
    expect(() => {
      runDirect(memory, mutexLock(mutex));
    }).toThrow('recursive-lock');
  });

  test('is no spin lock', () => {
    const layout = new Layout();
    expect(() => mutexLock(layout.one('spin', spinlockT))).toThrow('mutex_lock: expected a mutex, got a spin lock');
  });
});

describe('a reader-writer semaphore', () => {
  const make = () => {
    const layout = new Layout();
    return { layout, sem: layout.one('sem', RwSemaphore) };
  };

  const writing = (lock: boolean): string => {
    const { layout, sem } = make();
    const pair = layout.array('pair', lock ? u32.guardedBy('sem') : u32, 2);
    const differs = layout.one('differs', u32);
    const writer: Body = function* () {
      if (lock) yield* downWrite(sem);
      yield* writeOnce(pair[0], 1);
      yield* writeOnce(pair[1], 1);
      if (lock) yield* upWrite(sem);
    };
    const reader: Body = function* () {
      if (lock) yield* downRead(sem);
      const [a, b] = [yield* readOnce(pair[0]), yield* readOnce(pair[1])];
      if (a !== b) yield* writeOnce(differs, 1);
      if (lock) yield* upRead(sem);
    };
    return found(layout, [writer, reader, reader, writer], { 'reads-whole': (memory) => memory.get(differs) === 0 });
  };

  test('readers see all or nothing of what a writer does', () => {
    expect(writing(true)).toBe('holds');
  });

  test('twin: without it they see half', () => {
    expect(writing(false)).toBe('reads-whole');
  });

  test('a reader must not write', () => {
    const { layout, sem } = make();
    const word = layout.one('word', u32.guardedBy('sem'));
    expect(
      found(layout, [
        function* () {
          yield* downRead(sem);
          yield* writeOnce(word, 1);
          yield* upRead(sem);
        },
      ]),
    ).toBe('guard');
  });

  test('two readers are inside at once, a writer is alone', () => {
    const together = (a: 'read' | 'write', b: 'read' | 'write') => {
      const { layout, sem } = make();
      const inside = layout.array('inside', u32, 2);
      const met = layout.one('met', u32);
      const body = (me: number, how: 'read' | 'write'): Body =>
        function* () {
          yield* how === 'read' ? downRead(sem) : downWrite(sem);
          yield* writeOnce(inside[me], 1);
          if ((yield* readOnce(inside[1 - me])) === 1) yield* writeOnce(met, 1);
          yield* writeOnce(inside[me], 0);
          yield* how === 'read' ? upRead(sem) : upWrite(sem);
        };
      return found(layout, [body(0, a), body(1, b)], { apart: (memory) => memory.get(met) === 0 });
    };
    expect(together('read', 'read')).toBe('apart');
    expect(together('read', 'write')).toBe('holds');
    expect(together('write', 'write')).toBe('holds');
  });

  test('taken twice by one task is reported, in all four ways', () => {
    for (const first of [downRead, downWrite])
      for (const second of [downRead, downWrite]) {
        const { layout, sem } = make();
        expect(
          found(layout, [
            function* () {
              yield* first(sem);
              yield* second(sem);
            },
          ]),
        ).toBe('recursive-lock');
      }
  });

  test('a writer that waits keeps new readers out', () => {
    const { layout, sem } = make();
    const mutex = layout.one('mutex', mutexT);
    const reader: Body = function* () {
      yield* downRead(sem);
      yield* mutexLock(mutex);
      yield* mutexUnlock(mutex);
      yield* upRead(sem);
    };
    const other: Body = function* () {
      yield* mutexLock(mutex);
      yield* downRead(sem);
      yield* upRead(sem);
      yield* mutexUnlock(mutex);
    };
    const writer: Body = function* () {
      yield* downWrite(sem);
      yield* upWrite(sem);
    };
    const run = (bodies: readonly Body[]) =>
      checkSync(
        { layout, threads: bodies.map((body, i) => ({ name: `T${i}`, run: kfunc(`body${i}`, body) })) },
        { only: ['deadlock'] },
      ).verdict;
    expect(run([reader, other])).toBe('holds');
    expect(run([reader, other, writer])).toBe('violated');
    expect(found(layout, [reader, other])).toBe('lock-order');
  });

  test('ended by one that did not begin is reported', () => {
    for (const end of [upRead, upWrite, downgradeWrite]) {
      const { layout, sem } = make();
      expect(
        found(layout, [
          function* () {
            yield* end(sem);
          },
        ]),
      ).toBe('unlock-by-non-owner');
    }
  });

  test('can be tried, downgraded, and given up', () => {
    const { layout, sem } = make();
    const memory = new Memory(layout);
    const run = runDirect.bind(undefined, memory);
    expect(run(downWriteTrylock(sem))).toBe(true);
    memory.thread = 1;
    expect([run(downReadTrylock(sem)), run(downWriteTrylock(sem))]).toEqual([false, false]);
    memory.thread = 0;
    run(downgradeWrite(sem));
    memory.thread = 1;
    expect([run(downReadTrylock(sem)), run(downWriteTrylock(sem))]).toEqual([true, false]);
    expect([memory.get(sem.holder), memory.get(sem.readers)]).toEqual([0, 3]);
    run(upRead(sem));
    memory.thread = 0;
    run(upRead(sem));
    expect([run(downReadKillable(sem)), run(upRead(sem)), run(downWriteKillable(sem))]).toEqual([0, undefined, 0]);
    run(upWrite(sem));
    expect(runDirect(memory, downWriteKillable(sem, { maySignal: true }), () => 1)).toBe(-EINTR);
    expect(memory.get(sem.holder)).toBe(0);
  });

  test('must not be taken under a spin lock', () => {
    for (const take of [downRead, downWrite]) {
      const { layout, sem } = make();
      const spin = layout.one('spin', spinlockT);
      expect(
        found(layout, [
          function* () {
            yield* spinLock(spin);
            yield* take(sem);
          },
        ]),
      ).toBe('sleep-in-atomic');
    }
  });
});

test('lockdep assertions', () => {
  const layout = new Layout();
  const sem = layout.one('sem', RwSemaphore);
  const mutex = layout.one('mutex', mutexT);
  const memory = new Memory(layout);
  const asserts = (request: ReturnType<typeof lockdepAssertHeld>): boolean => {
    try {
      runDirect(memory, request);
      return true;
    } catch {
      return false;
    }
  };
  expect([asserts(lockdepAssertHeld(mutex)), asserts(lockdepAssertHeld(sem))]).toEqual([false, false]);
  runDirect(memory, mutexLock(mutex));
  runDirect(memory, downRead(sem));
  expect([
    asserts(lockdepAssertHeld(mutex)),
    asserts(lockdepAssertHeld(sem)),
    asserts(lockdepAssertHeldWrite(sem)),
  ]).toEqual([true, true, false]);
});
