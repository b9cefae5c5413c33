import { describe, expect, test } from 'vitest';
import { runDirect } from './direct.js';
import { ImpureModel, KernelBug, ModelError, WouldBlock } from './kernel-bug.js';
import { kfunc, spinUntil } from './kfunc.js';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { defineOperation, report } from './operation.js';
import {
  choose,
  lockAcquire,
  lockRelease,
  readOnce,
  rmw,
  waitFor,
  writeOnce,
  type Kthread,
  type Request,
} from './request.js';
import { spinLockWord, u32, u64, type ScalarType } from './types.js';

const layout = new Layout();
const lock = layout.one('lock', spinLockWord);
const count = layout.one('count', u32);
const wide = layout.one('wide', u64);
const fresh = (): Memory => new Memory(layout);

const inc = kfunc('inc', function* (by: number): Kthread<number> {
  return (yield* rmw('add', 'atomic_fetch_add', 'full', count, by)) + by;
});
const incTwice = kfunc('inc_twice', function* (by: number) {
  yield* lockAcquire(lock, 'spin_lock');
  yield* inc(by);
  const after = yield* inc(by);
  yield* lockRelease(lock, 'spin_unlock');
  return after;
});

describe('a direct run', () => {
  test('refuses a plain function, which yields nothing', () => {
    const plain = kfunc('plain', (() => readOnce(count)) as never);
    expect(() => runDirect(fresh(), plain())).toThrow(
      'kfunc plain: expected a generator function (function*), got a plain function, which answered READ_ONCE',
    );
  });

  test('runs calls in calls to their end and answers the result', () => {
    const memory = fresh();
    expect(runDirect(memory, incTwice(5))).toBe(10);
    expect(memory.get(count)).toBe(10);
    expect(memory.get(lock)).toBe(0);
  });

  test('takes any request', () => {
    const memory = fresh();
    runDirect(memory, writeOnce(wide, 1n << 63n));
    expect(runDirect(memory, readOnce(wide))).toBe(1n << 63n);
  });

  test('runs a generator that never yields, and generators within generators', () => {
    const plain = function* (): Kthread<number> {
      return (yield* inc(1)) + 100;
    };
    const f = kfunc('f', function* () {
      return (
        (yield* plain()) +
        (yield* kfunc('seven', function* () {
          return 7;
        })())
      );
    });
    expect(runDirect(fresh(), f())).toBe(108);
  });

  test('runs as the thread that memory names', () => {
    const memory = fresh();
    memory.thread = 4;
    runDirect(memory, lockAcquire(lock, 'spin_lock'));
    expect(memory.get(lock)).toBe(5);
    memory.thread = 0;
    expect(() => runDirect(memory, incTwice(1))).toThrow(new WouldBlock('spin_lock lock'));
  });

  test('says what it would wait for', () => {
    expect(() => runDirect(fresh(), waitFor(count, { equals: 1 }))).toThrow(
      'would block: smp_cond_load_acquire count; a direct call has no other thread that could end the wait',
    );
    const never = defineOperation({ name: 'wait_event', when: () => false, run: () => 0 });
    expect(() => runDirect(fresh(), never())).toThrow('would block: wait_event;');
  });

  test('lets the first broken rule out', () => {
    const memory = fresh();
    const warn = kfunc('warn', function* () {
      yield* report('contract', 'rule', 'broken');
      yield* writeOnce(count, 9);
    });
    expect(() => runDirect(memory, warn())).toThrow(new KernelBug('contract', 'rule', 'broken'));
    expect(memory.get(count)).toBe(0);
    const bug = kfunc('bug', function* (): Kthread<void> {
      throw new KernelBug('assertion', 'BUG_ON', 'gone');
    });
    expect(() => runDirect(memory, bug())).toThrow('gone');
    expect(() => runDirect(memory, lockRelease(lock, 'spin_unlock'))).toThrow('unlock-by-non-owner');
    expect(runDirect(memory, inc(1))).toBe(1);
  });

  test('asks for each choice', () => {
    const pick = kfunc('pick', function* () {
      return (yield* choose(3)) * 10 + (yield* choose(2));
    });
    expect(runDirect(fresh(), pick())).toBe(0);
    const asked: number[] = [];
    const last = (ways: number): number => asked.push(ways) && ways - 1;
    expect(runDirect(fresh(), pick(), last)).toBe(21);
    expect(asked).toEqual([3, 2]);
    for (const wrong of [2, -1, 0.5, Number.NaN])
      expect(() => runDirect(fresh(), choose(2), () => wrong)).toThrow(
        `choose: expected a choice from 0 to 1, got ${wrong}`,
      );
  });

  test('does not let the undo log or the table of answers grow', () => {
    const memory = fresh();
    memory.stopLogging();
    const next = defineOperation({
      name: 'next',
      run: (m) => {
        m.set(wide, m.get(wide) + 1n);
        return [m.get(wide)] as const;
      },
    });
    for (let i = 1n; i <= 100n; i++) expect(runDirect(memory, next())).toEqual([i]);
    expect(memory.undoTop).toBe(0);
    expect(memory.values.size).toBe(4);
  });

  test('hands tuples on as frozen copies', () => {
    const kept = [1, 2];
    const give = kfunc('give', function* () {
      return kept;
    });
    const answer = runDirect(fresh(), give());
    expect(answer).toEqual(kept);
    expect(answer).not.toBe(kept);
    expect(Object.isFrozen(answer)).toBe(true);
  });
});

describe('a spin loop run directly', () => {
  const tryTake = kfunc('try_take', function* (limit: number): Kthread<number | undefined> {
    const value = yield* readOnce(count);
    return value >= limit ? value : undefined;
  });

  test('answers what its first attempt answers', () => {
    const memory = fresh();
    memory.set(count, 3);
    const take = kfunc('take', function* () {
      return (yield* spinUntil(() => tryTake(3))) + 1;
    });
    expect(runDirect(memory, take())).toBe(4);
    expect(
      runDirect(
        memory,
        spinUntil(() => tryTake(3)),
      ),
    ).toBe(3);
  });

  test('would block when an attempt fails and changed nothing', () => {
    expect(() =>
      runDirect(
        fresh(),
        spinUntil(() => tryTake(3)),
      ),
    ).toThrow(new WouldBlock('try_take spins'));
  });

  test.each(['logged', 'unlogged'])('tries again as long as it changes memory (%s)', (how) => {
    const memory = fresh();
    if (how === 'unlogged') memory.stopLogging();
    const step = kfunc('step', function* (): Kthread<boolean> {
      return (yield* inc(1)) >= 5;
    });
    expect(
      runDirect(
        memory,
        spinUntil(() => step()),
      ),
    ).toBe(true);
    expect(memory.get(count)).toBe(5);
  });

  test.each([0, '', 0n])('takes %o for an answer', (value) => {
    const f = kfunc('f', function* () {
      return value;
    });
    expect(
      runDirect(
        fresh(),
        spinUntil(() => f()),
      ),
    ).toBe(value);
  });
});

describe('model code that breaks the rules', () => {
  test('by looking at memory behind the machine is told what to do', () => {
    const memory = fresh();
    const peek = kfunc('peek', function* () {
      return memory.get(count);
    });
    expect(() => runDirect(memory, peek())).toThrow(ImpureModel);
    expect(() => runDirect(memory, peek())).toThrow('touched from inside a running thread');
    expect(memory.get(count)).toBe(0);
  });

  test('by yielding no request', () => {
    const wrong = kfunc('wrong', function* () {
      yield 5 as unknown as Request<number>;
    });
    expect(() => runDirect(fresh(), wrong())).toThrow(
      new ModelError('kfunc wrong: expected yield* of a request, got 5; write yield* readOnce(cell) and the like'),
    );
  });

  test('by answering something that is no value', () => {
    const wrong = kfunc('wrong', function* () {
      return { a: 1 } as unknown as number;
    });
    expect(() => runDirect(fresh(), wrong())).toThrow('the result of wrong: expected a number, bigint');
  });

  test('by a cell whose type is not what it says is told when it writes', () => {
    const odd = count as unknown as { type: ScalarType<string> };
    expect(() => writeOnce(odd as never, 'x' as never)).toThrow('WRITE_ONCE: expected a u32, got "x"');
  });
});
