import { describe, expect, test } from 'vitest';
import { KernelBug } from './kernel-bug.js';
import { kfunc } from './kfunc.js';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { defineOperation, report } from './operation.js';
import { lockAcquire, lockRelease, writeOnce } from './request.js';
import { spinLockWord, u32 } from './types.js';
import { WholeCalls } from './whole-calls.js';

const layout = new Layout();
const lock = layout.one('lock', spinLockWord);
const count = layout.one('count', u32);

function setUp(called: () => void = () => undefined) {
  const memory = new Memory(layout);
  const calls = new WholeCalls(memory);
  const callBack = defineOperation({ name: 'callback', run: called });
  const change = kfunc('change', function* (value: number, isWrong: boolean) {
    yield* lockAcquire(lock, 'spin_lock');
    yield* writeOnce(count, value);
    yield* callBack();
    if (isWrong) yield* report('contract', 'wrong', 'it is wrong');
    yield* lockRelease(lock, 'spin_unlock');
  });
  return { memory, calls, change };
}

describe('a call of an object that outlives its mistakes', () => {
  test('changes nothing when a rule breaks in the middle of it, and the next one works', () => {
    const { memory, calls, change } = setUp();
    calls.run(change(1, false));
    expect(() => calls.run(change(2, true))).toThrow(KernelBug);
    expect([memory.get(count), memory.words[lock.address]]).toEqual([1, 0]);
    calls.run(change(3, false));
    expect(memory.get(count)).toBe(3);
  });

  test('changes nothing when what it called back throws', () => {
    const { memory, calls, change } = setUp(() => {
      throw new Error('not today');
    });
    expect(() => calls.run(change(2, false))).toThrow('not today');
    expect([memory.get(count), memory.words[lock.address]]).toEqual([0, 0]);
  });

  test('is taken back with the calls made from inside it', () => {
    const other = kfunc('other', function* () {
      yield* writeOnce(count, 7);
    });
    const { memory, calls, change } = setUp(() => {
      calls.run(other());
    });
    expect(() => calls.run(change(2, true))).toThrow(KernelBug);
    expect(memory.get(count)).toBe(0);
    calls.run(change(2, false));
    expect(memory.get(count)).toBe(7);
  });

  test('keeps no log of what was done', () => {
    const { memory, calls, change } = setUp();
    for (let i = 0; i < 10_000; i++) calls.run(change(i, false));
    expect(memory.undoLog.length).toBeLessThan(1 << 13);
  });

  test('must be a request', () => {
    const { calls } = setUp();
    expect(() => calls.run(5 as never)).toThrow(TypeError);
  });
});
