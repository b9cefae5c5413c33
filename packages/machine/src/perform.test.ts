import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelError } from './kernel-bug.js';
import { kfunc } from './kfunc.js';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { answerOf, isEnabled, perform } from './perform.js';
import {
  choose,
  cmpxchg,
  fence,
  load,
  lockAcquire,
  lockRelease,
  lockTry,
  modify,
  read,
  readOnce,
  rmw,
  store,
  waitFor,
  write,
  writeOnce,
  type Request,
  type RmwKind,
} from './request.js';
import { SLOT_FREED, SLOT_LIVE } from './slab.js';
import { struct, type Cell } from './struct.js';
import { bool, i32, ptr, readersWord, sleepLockWord, spinLockWord, u16, u32, u64, u8 } from './types.js';

/** Performs a request and returns what the thread would get. */
function run(memory: Memory, request: Request<unknown>): unknown {
  memory.reported = undefined;
  perform(memory, request);
  return answerOf(memory, request, memory.lo, memory.hi);
}

const Page = struct('page', { flags: u32 });
const world = new Layout();
const cells = {
  u8: world.one('u8', u8),
  u16: world.one('u16', u16),
  u32: world.one('u32', u32),
  u64: world.one('u64', u64),
  i32: world.one('i32', i32),
  bool: world.one('bool', bool),
};
const page = world.one('page', Page);
const pointer = world.one(
  'pointer',
  ptr(() => Page),
);
const lock = world.one('lock', spinLockWord);
const memory = new Memory(world);

const TWIN: Record<RmwKind, (old: bigint, operand: bigint) => bigint> = {
  xchg: (_, operand) => operand,
  add: (old, operand) => old + operand,
  or: (old, operand) => old | operand,
  and: (old, operand) => old & operand,
  xor: (old, operand) => old ^ operand,
};
const kinds = Object.keys(TWIN) as RmwKind[];

describe('a read-modify-write agrees with bigints and wraps to the width', () => {
  test.each(
    kinds.flatMap((kind) => [[kind, 'u8', 8] as const, [kind, 'u16', 16] as const, [kind, 'u32', 32] as const]),
  )('%s of %s', (kind, name, bits) => {
    const cell = cells[name];
    const any = fc.oneof(fc.nat(2 ** bits - 1), fc.constantFrom(0, 1, 2 ** (bits - 1), 2 ** bits - 1));
    fc.assert(
      fc.property(any, any, (old, operand) => {
        memory.set(cell, old);
        expect(run(memory, rmw(kind, 'atomic', 'full', cell, operand))).toBe(old);
        expect(memory.get(cell)).toBe(Number(BigInt.asUintN(bits, TWIN[kind](BigInt(old), BigInt(operand)))));
      }),
    );
  });

  test.each(kinds)('%s of u64, carries included', (kind) => {
    const edges = [0n, 1n, 0xffff_ffffn, 1n << 32n, 1n << 63n, (1n << 64n) - 1n];
    const any = fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.constantFrom(...edges));
    fc.assert(
      fc.property(any, any, (old, operand) => {
        memory.set(cells.u64, old);
        expect(run(memory, rmw(kind, 'atomic64', 'full', cells.u64, operand))).toBe(old);
        expect(memory.get(cells.u64)).toBe(BigInt.asUintN(64, TWIN[kind](old, operand)));
      }),
    );
  });

  test.each(kinds)('%s of i32', (kind) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (old, operand) => {
        memory.set(cells.i32, old);
        expect(run(memory, rmw(kind, 'atomic', 'full', cells.i32, operand))).toBe(old);
        expect(memory.get(cells.i32)).toBe(Number(BigInt.asIntN(32, TWIN[kind](BigInt(old), BigInt(operand)))));
      }),
    );
  });

  test('that is void answers nothing, whatever was there', () => {
    for (const cell of [cells.u32, cells.u8]) {
      memory.set(cell, 200);
      expect(run(memory, modify('add', 'atomic_inc', 'relaxed', cell, 1))).toBe(undefined);
      expect([memory.lo, memory.hi]).toEqual([0, 0]);
      expect(memory.get(cell)).toBe(201);
    }
    memory.set(cells.u64, (1n << 40n) + 1n);
    run(memory, modify('add', 'atomic64_inc', 'relaxed', cells.u64, 1n));
    expect([memory.lo, memory.hi]).toEqual([0, 0]);
  });
});

describe('a cmpxchg', () => {
  test('stores exactly when the old value is the expected one, in both words', () => {
    const any = fc.constantFrom(0n, 1n, 1n << 32n, (1n << 32n) + 1n, (1n << 64n) - 1n);
    fc.assert(
      fc.property(any, any, any, (old, expected, desired) => {
        memory.set(cells.u64, old);
        expect(run(memory, cmpxchg(cells.u64, expected, desired))).toBe(old);
        expect(memory.get(cells.u64)).toBe(old === expected ? desired : old);
      }),
    );
  });

  test('works on a narrow cell and on a pointer', () => {
    memory.set(cells.u32, 0xffff_ffff);
    expect(run(memory, cmpxchg(cells.u32, 0xffff_ffff, 0x8000_0000))).toBe(0xffff_ffff);
    expect(memory.get(cells.u32)).toBe(0x8000_0000);
    memory.set(pointer, null);
    expect(run(memory, cmpxchg(pointer, null, page))).toBe(null);
    expect(run(memory, cmpxchg(pointer, null, null))).toBe(page);
    expect(memory.get(pointer)).toBe(page);
  });
});

describe('a read or write', () => {
  test.each([
    ['plain', write, read],
    ['once', writeOnce, readOnce],
    [
      'release',
      <T>(cell: Cell<T>, value: T) => store('smp_store_release', 'release', cell, value),
      <T>(cell: Cell<T>) => load('smp_load_acquire', 'acquire', cell),
    ],
  ] as const)('(%s) moves values of every type', (order, put, get) => {
    const check = <T>(cell: Cell<T>, value: T): void => {
      expect(put(cell, value).order).toBe(order);
      expect(run(memory, put(cell, value))).toBe(undefined);
      expect([memory.lo, memory.hi]).toEqual([0, 0]);
      expect(run(memory, get(cell))).toBe(value);
    };
    check(cells.u8, 255);
    check(cells.u16, 65535);
    check(cells.u32, 0xffff_ffff);
    check(cells.i32, -1);
    check(cells.u64, (1n << 64n) - 1n);
    check(cells.bool, true);
    check(cells.bool, false);
    check(pointer, page);
    check(pointer, null);
  });
});

describe('waiting', () => {
  test.each([
    [{ equals: 5 }, [5], [4, 0x8000_0005]],
    [{ differs: 5 }, [4, 0x8000_0005], [5]],
    [{ mask: 0xf0, equals: 0x50 }, [0x50, 0x5f, 0x1050], [0x5, 0x40]],
    [{ mask: 0x8000_0000, equals: 0x8000_0000 }, [0xffff_ffff, 0x8000_0000], [0x7fff_ffff]],
    [{ mask: 0x8000_0000, differs: 0 }, [0xffff_ffff], [0, 1]],
    [{ equals: 0xffff_ffff }, [0xffff_ffff], [0]],
    [{ equals: -1 }, [0xffff_ffff], [0]],
  ])('for %o is over for the right values', (condition, over, still) => {
    const request = waitFor(cells.u32, condition);
    for (const value of over) {
      memory.set(cells.u32, value);
      expect(isEnabled(memory, request)).toBe(true);
      expect(run(memory, request)).toBe(value);
    }
    for (const value of still) {
      memory.set(cells.u32, value);
      expect(isEnabled(memory, request)).toBe(false);
    }
  });

  test('under a mask looks at the low word of a u64, and answers all of it', () => {
    const request = waitFor(cells.u64, { mask: 0xff, equals: 1 });
    memory.set(cells.u64, (7n << 32n) + 1n);
    expect(isEnabled(memory, waitFor(cells.u64, { equals: 1 }))).toBe(false);
    expect(isEnabled(memory, request)).toBe(true);
    expect(run(memory, request)).toBe((7n << 32n) + 1n);
  });

  test('for a pointer compares with NULL', () => {
    memory.set(pointer, null);
    expect(isEnabled(memory, waitFor(pointer, { differs: 0 }))).toBe(false);
    memory.set(pointer, page);
    expect(run(memory, waitFor(pointer, { differs: 0 }))).toBe(page);
  });
});

test('a choice answers the alternative taken, a barrier nothing', () => {
  memory.choice = 2;
  expect(run(memory, choose(3))).toBe(2);
  expect(run(memory, fence('smp_mb'))).toBe(undefined);
});

test('a call is no step', () => {
  const f = kfunc('f', function* () {});
  expect(() => {
    perform(memory, f());
  }).toThrow(new ModelError('f is a call: its requests are steps, it is none'));
});

describe('a lock', () => {
  const take = lockAcquire(lock, 'spin_lock');
  const free = lockRelease(lock, 'spin_unlock');
  const as = (thread: number): Memory => {
    memory.thread = thread;
    return memory;
  };

  test('is waited for while another thread holds it', () => {
    memory.set(lock, 0);
    expect(isEnabled(as(2), take)).toBe(true);
    expect(run(as(2), take)).toBe(undefined);
    expect(memory.get(lock)).toBe(3);
    expect(memory.holds(lock.address, false)).toBe(true);
    expect(isEnabled(as(1), take)).toBe(false);
    expect(run(as(1), lockTry(lock, 'spin_trylock'))).toBe(false);
    expect(memory.get(lock)).toBe(3);
    run(as(2), free);
    expect(memory.reported).toBe(undefined);
    expect(run(as(1), lockTry(lock, 'spin_trylock'))).toBe(true);
    expect(memory.get(lock)).toBe(2);
  });

  test('taken twice by its holder ends the thread', () => {
    memory.set(lock, 2);
    expect(isEnabled(as(1), take)).toBe(true);
    expect(() => {
      perform(memory, take);
    }).toThrow('recursive-lock of lock: held by the caller itself');
    expect(run(as(1), lockTry(lock, 'spin_trylock'))).toBe(false);
  });

  test.each([
    [0, 'nobody'],
    [3, 'thread 2'],
  ])('released by one who does not hold it is reported and free (holder word %d)', (holder, who) => {
    memory.set(lock, holder);
    run(as(1), free);
    expect(memory.reported).toMatchObject({
      kind: 'lock-misuse',
      rule: 'unlock-by-non-owner',
      message: `unlock-by-non-owner of lock: held by ${who}`,
    });
    expect(memory.get(lock)).toBe(0);
  });
});

describe('access checks', () => {
  const Sem = struct('rw_semaphore', { holder: sleepLockWord, readers: readersWord });
  const layout = new Layout();
  const ctx = layout.one(
    'ctx',
    struct('ctx', {
      sem: Sem,
      both: u32.guardedBy('sem'),
      writes: u64.writesGuardedBy('sem'),
      spec: u32.guardedBy('sem').ghost(),
    }),
  );
  const slab = layout.slab('obj', struct('obj', { lock: spinLockWord, value: u64, spec: u8.ghost() }), 2);
  const guarded = new Memory(layout);
  guarded.thread = 3;
  const reported = (request: Request<unknown>): string | undefined => {
    run(guarded, request);
    return guarded.reported?.message;
  };
  const held = (holder: number, readers = 0): void => {
    guarded.set(ctx.sem.holder, holder);
    guarded.set(ctx.sem.readers, readers);
  };

  test('report a guarded field touched without its lock, and who holds it', () => {
    held(0);
    expect(reported(readOnce(ctx.both))).toBe('read of ctx.both without ctx.sem.holder, nobody holds it');
    expect(guarded.reported).toMatchObject({ kind: 'guard', rule: 'guard' });
    held(2);
    expect(reported(writeOnce(ctx.both, 1))).toBe('write to ctx.both without ctx.sem.holder, thread 1 holds it');
    expect(reported(modify('add', 'atomic_inc', 'full', ctx.both, 1))).toContain('write to ctx.both');
    expect(reported(waitFor(ctx.both, { equals: 2 }))).toContain('read of ctx.both');
    held(4);
    expect(reported(writeOnce(ctx.both, 1))).toBe(undefined);
  });

  test('let a reader read and not write', () => {
    held(0, 1 << 3);
    expect(reported(readOnce(ctx.both))).toBe(undefined);
    expect(reported(writeOnce(ctx.both, 1))).toContain('write to ctx.both without');
    held(0, 1 << 2);
    expect(reported(readOnce(ctx.both))).toContain('read of ctx.both without');
  });

  test('let anybody read a field of which only writes are guarded', () => {
    held(0);
    expect(reported(readOnce(ctx.writes))).toBe(undefined);
    expect(reported(writeOnce(ctx.writes, 1n))).toContain('write to ctx.writes without');
  });

  test('report memory touched that is not allocated, but for the specification', () => {
    const [, { lock: inner, value, spec }] = slab.slots;
    for (const [state, how] of [
      [0, 'never allocated'],
      [SLOT_FREED, 'freed'],
    ] as const) {
      guarded.set(slab.states[1], state);
      expect(reported(readOnce(value))).toBe(`read of obj#1.value, which was ${how}`);
      expect(guarded.reported).toMatchObject({ kind: 'use-after-free', rule: 'use-after-free' });
      expect(reported(writeOnce(value, 1n))).toBe(`write to obj#1.value, which was ${how}`);
      expect(reported(lockTry(inner, 'spin_trylock'))).toBe(`write to obj#1.lock, which was ${how}`);
      expect(reported(writeOnce(spec, 1))).toBe(undefined);
    }
    guarded.set(slab.states[1], SLOT_LIVE);
    expect(reported(readOnce(value))).toBe(undefined);
  });

  test('keep the first report of a step', () => {
    guarded.set(slab.states[1], SLOT_FREED);
    guarded.set(slab.slots[1].lock, 0);
    expect(reported(lockRelease(slab.slots[1].lock, 'spin_unlock'))).toContain('which was freed');
  });

  test('do not look at initial states and invariants', () => {
    guarded.reported = undefined;
    guarded.set(slab.slots[1].value, 5n);
    expect(guarded.get(slab.slots[1].value)).toBe(5n);
    expect(guarded.reported).toBe(undefined);
  });
});
