import { describe, expect, test } from 'vitest';
import { KernelBug, type ViolationKind } from './kernel-bug.js';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { defineOperation, report } from './operation.js';
import { INTERNED, answerOf, isEnabled, perform } from './perform.js';
import type { Request } from './request.js';
import { SLOT_LIVE } from './slab.js';
import { struct, type Cell } from './struct.js';
import { bool, spinLockWord, u32, u64, u8 } from './types.js';
import type { Value } from './values.js';

const layout = new Layout();
const lock = layout.one('lock', spinLockWord);
const count = layout.one('count', u32.guardedBy('lock'));
const free = layout.one('free', u32);
const wide = layout.one('wide', u64);
const slab = layout.slab('obj', struct('obj', { value: u32 }), 1);
const memory = new Memory(layout);

function run(request: Request<unknown>): unknown {
  memory.reported = undefined;
  perform(memory, request);
  return answerOf(memory, request, memory.lo, memory.hi);
}

describe('the description of an operation', () => {
  const fine = { name: 'op', run: () => 0 };

  test.each<[unknown, string]>([
    [undefined, 'defineOperation: expected an object with name and run, got undefined'],
    [() => 0, 'defineOperation: expected an object with name and run, got a function'],
    [{ nam: 'op', run: () => 0 }, 'defineOperation: expected a name, got undefined, with the keys nam, run'],
    [{ ...fine, name: '' }, 'defineOperation: expected a name, got "", with the keys name, run'],
    [{ ...fine, whne: () => false }, 'operation op: unknown key "whne"; did you mean when?'],
    [{ ...fine, takeslock: true }, 'operation op: unknown key "takeslock"; did you mean takesLock?'],
    [{ name: 'op' }, 'operation op, run: expected a function of memory, got undefined'],
    [
      { ...fine, when: async () => Promise.resolve(true) },
      'operation op, when: expected a function, got an async function; write a plain one',
    ],
    [
      { name: 'op', run: async () => Promise.resolve(0) },
      'operation op, run: expected a function of memory, got an async function; write a plain one',
    ],
    [{ ...fine, when: true }, 'operation op, when: expected a function, got true'],
    [{ ...fine, guard: lock }, 'operation op, guard: expected a function, got an object of Cell'],
    [{ ...fine, isLocal: 'yes' }, 'operation op, isLocal: expected true or false, got "yes"'],
    [{ ...fine, answers: 3 }, 'operation op, answers: expected a type made with memberOf, got 3'],
  ])('is refused: %o', (operation, message) => {
    expect(() => defineOperation(operation as typeof fine)).toThrow(new TypeError(message));
  });
});

describe('an operation', () => {
  test.each<[string, Value]>([
    ['a small number', 5],
    ['a negative number', -1],
    ['the number 1', INTERNED],
    ['a number beyond 32 bits', 2 ** 40],
    ['a fraction', 0.5],
    ['a bigint', 1n << 63n],
    ['true', true],
    ['false', false],
    ['null', null],
    ['nothing', undefined],
    ['a string', 'EAGAIN'],
    ['a handle', slab.slots[0]],
    ['a cell', wide],
    ['a tuple', [1, 2n, slab.slots[0], 'x']],
  ])('answers %s', (_, value) => {
    const operation = defineOperation({ name: 'op', run: (): Value => value });
    const answer = run(operation());
    if (Array.isArray(value)) expect(answer).toEqual(value);
    else expect(answer).toBe(value);
  });

  test('is given its arguments, up to four', () => {
    const sum = defineOperation({
      name: 'sum',
      run: (m, cell: Cell<number>, a: number, b: bigint, tuple: readonly number[]) =>
        m.get(cell) + a + Number(b) + tuple[0],
    });
    memory.set(free, 1);
    expect(run(sum(free, 10, 100n, [1000]))).toBe(1111);
  });

  test('refuses a fifth argument, objects and functions', () => {
    expect(() => defineOperation({ name: 'op', run: (_, _a, _b, _c, _d, _e) => 0 })).toThrow(
      'op: expected at most 4 arguments, got 5',
    );
    const rest = defineOperation({ name: 'op', run: (_, ...args: readonly unknown[]) => args.length });
    expect(() => rest(1, 2, 3, 4, 5)).toThrow('op: expected at most 4 arguments, got 5');
    expect(() => rest({})).toThrow('got [object Object]; put shared data into a struct');
    expect(() => rest(() => 1)).toThrow('got the function');
  });

  test('copies tuples among its arguments', () => {
    const first = defineOperation({ name: 'first', run: (_, tuple: readonly number[]) => tuple[0] });
    const tuple = [1];
    const request = first(tuple);
    tuple[0] = 2;
    expect(run(request)).toBe(1);
  });

  test('waits while its condition does not hold', () => {
    const wait = defineOperation({
      name: 'wait_event',
      when: (m, limit: number) => m.get(free) < limit,
      run: (m, limit: number) => {
        m.set(free, limit);
      },
    });
    memory.set(free, 3);
    expect(isEnabled(memory, wait(3))).toBe(false);
    expect(isEnabled(memory, wait(4))).toBe(true);
    expect(run(wait(4))).toBe(undefined);
    expect(memory.get(free)).toBe(4);
  });

  test('names its target', () => {
    const set = defineOperation({
      name: 'set',
      run: (m, cell: Cell<bigint>) => {
        m.set(cell, 5n);
      },
      target: (cell: Cell<bigint>) => cell,
    });
    expect(set(wide)).toMatchObject({ address: wide.address, wide: true, type: u64 });
  });

  test('is reported when its lock is not held', () => {
    const inc = defineOperation({
      name: 'inc',
      guard: () => lock,
      run: (m) => {
        m.set(count, m.get(count) + 1);
      },
    });
    expect(inc().guard).toBe(lock.address);
    memory.thread = 1;
    memory.set(lock, 1);
    run(inc());
    expect(memory.reported).toMatchObject({ kind: 'guard', message: 'inc without lock, thread 0 holds it' });
    memory.set(lock, 2);
    run(inc());
    expect(memory.reported).toBe(undefined);
  });

  test('refuses a guard that is no lock', () => {
    const op = defineOperation({ name: 'op', guard: () => free, run: () => 0 });
    expect(() => op()).toThrow('op: expected the holder word of a lock as its guard, got a u32');
  });

  test('has its accesses checked as those of a thread', () => {
    const touch = defineOperation({ name: 'touch', run: (m, cell: Cell<number>) => m.get(cell) });
    memory.set(lock, 0);
    run(touch(count));
    expect(memory.reported?.message).toBe('read of count without lock, nobody holds it');
    run(touch(slab.slots[0].value));
    expect(memory.reported?.kind).toBe('use-after-free');
    memory.set(slab.states[0], SLOT_LIVE);
    run(touch(slab.slots[0].value));
    expect(memory.reported).toBe(undefined);
  });

  test('that throws leaves the machine outside of it', () => {
    const bug = defineOperation({
      name: 'BUG_ON',
      run: () => {
        throw new KernelBug('assertion', 'BUG_ON', 'count is 0');
      },
    });
    expect(() => run(bug())).toThrow('count is 0');
    expect(memory.performing).toBe(false);
  });

  test('that is local can have no condition', () => {
    expect(() => defineOperation({ name: 'op', isLocal: true, when: () => true, run: () => 0 })).toThrow(
      'op: a local operation is no schedule point, so it can have no condition',
    );
  });
});

test('report notes a broken rule and goes on', () => {
  const kind: ViolationKind = 'contract';
  expect(run(report(kind, 'range-end', 'range_end after -EAGAIN'))).toBe(undefined);
  expect(memory.reported).toBeInstanceOf(KernelBug);
  expect(memory.reported).toMatchObject({ kind, rule: 'range-end', message: 'range_end after -EAGAIN' });
  expect(report(kind, 'r', 'm').op?.isLocal).toBe(true);
});

test('a boolean cell is no number', () => {
  const other = new Layout();
  const flag = other.one('flag', bool);
  const byte = other.one('byte', u8);
  const m = new Memory(other);
  m.set(flag, true);
  expect([m.get(flag), m.get(byte)]).toEqual([true, 0]);
});
