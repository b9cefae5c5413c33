import { describe, expect, test } from 'vitest';
import { WORD_GHOST, WORD_GUARDED, WORD_GUARDS_WRITES_ONLY, WORD_GUARD_SHARED, WORD_IN_SLOT } from './layout-image.js';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { struct } from './struct.js';
import { array, readersWord, sleepLockWord, spinLockWord, u32, u64, u8 } from './types.js';

const Spinlock = struct('spinlock', { holder: spinLockWord });
const Rwsem = struct('rw_semaphore', { holder: sleepLockWord, readers: readersWord });

test('a slab is of a struct', () => {
  expect(() => new Layout().slab('s', u8 as never, 1)).toThrow(
    'slab s: expected a struct, made with struct(), got [object Object]',
  );
});

describe('a layout', () => {
  test('places objects one after the other, from word 1', () => {
    const layout = new Layout();
    expect(layout.size).toBe(1);
    expect(layout.one('a', u32).address).toBe(1);
    expect(layout.one('b', u64).address).toBe(2);
    const c = layout.array('c', struct('pair', { x: u8, y: u64 }), 2);
    expect(c.map((pair) => pair.y.address)).toEqual([5, 8]);
    expect(Object.isFrozen(c)).toBe(true);
    expect(layout.one('d', u8).address).toBe(10);
    expect(layout.size).toBe(11);
    expect(layout.image.size).toBe(11);
  });

  test('names each word by its path', () => {
    const layout = new Layout();
    const Inner = struct('inner', { none: array(u8, 0), x: u8, y: array(u64, 2) });
    const outer = layout.array('npu', struct('outer', { inner: Inner, grid: array(array(Inner, 2), 2) }), 2);
    const slab = layout.slab('ctx', Inner, 2);
    expect(layout.nameOf(0)).toBe('NULL');
    expect(layout.nameOf(outer[1].inner.x.address)).toBe('npu[1].inner.x');
    expect(layout.nameOf(outer[0].grid[1][0].y[1].address)).toBe('npu[0].grid[1][0].y[1]');
    expect(layout.nameOf(outer[0].grid[1][0].y[1].address + 1)).toBe('npu[0].grid[1][0].y[1]');
    expect(layout.nameOf(slab.slots[1].y[0].address)).toBe('ctx#1.y[0]');
    expect(layout.nameOf(slab.states[1].address)).toBe('ctx.state[1]');
    expect(layout.nameOf(9999)).toBe('word 9999');
  });

  test('knows type and start of the scalar that covers a word', () => {
    const layout = new Layout();
    const [, second] = layout.array('pair', struct('pair', { x: u8, y: u64 }), 2);
    expect(layout.typeAt(second.x.address)).toEqual({ type: u8, start: second.x.address });
    for (const word of [0, 1])
      expect(layout.typeAt(second.y.address + word)).toEqual({ type: u64, start: second.y.address });
    expect(layout.typeAt(0)).toBe(undefined);
  });

  test('has the cells that it made, and not those of another', () => {
    const [layout, other] = [new Layout(), new Layout()];
    const [x, far] = [layout.one('x', u8), other.array('far', u8, 9)[8]];
    const wide = other.one('wide', u64);
    layout.assertHas(x, 'READ_ONCE');
    expect(() => {
      layout.assertHas(far, 'READ_ONCE');
    }).toThrow(/READ_ONCE: expected a cell of this system's layout, got a u8 at word 9, where there is nothing/);
    expect(() => {
      layout.assertHas({ address: x.address, type: wide.type }, 'READ_ONCE');
    }).toThrow('got a u64 at word 1, where x is a u8');
    const memory = new Memory(layout, 1);
    expect(() => memory.get(far)).toThrow('memory.get: expected a cell of this');
    expect(() => {
      memory.set(far, 1);
    }).toThrow('memory.set: expected a cell of this');
  });

  test('refuses a name twice, an empty slab, and objects after it was closed', () => {
    const layout = new Layout();
    layout.one('a', u8);
    expect(() => layout.one('a', u8)).toThrow('expected unique names, got a twice');
    expect(() => layout.one('x', undefined as never)).toThrow('expected a type for x, got undefined');
    expect(() => layout.array('xs', undefined as never, 2)).toThrow('expected a type for xs, got undefined');
    expect(() => layout.slab('s', Spinlock, 0)).toThrow(new RangeError('slab s: expected a capacity >= 1, got 0'));
    expect(layout.image).toBe(layout.image);
    expect(() => layout.one('b', u8)).toThrow('b placed after the layout was closed');
  });

  test('keeps what was attached', () => {
    const layout = new Layout();
    const key = Symbol('rcu');
    expect(layout.attachment(key)).toBe(undefined);
    layout.attach(key, 5);
    expect(layout.attachment(key)).toBe(5);
  });

  test('marks the words of slab slots with their state word, but for those of the specification', () => {
    const layout = new Layout();
    const slab = layout.slab('ctx', struct('ctx', { x: u64, spec: u8.ghost() }), 2);
    const { flags, slot } = layout.image;
    const { x, spec } = slab.slots[1];
    expect([flags[x.address], flags[x.address + 1]]).toEqual([WORD_IN_SLOT, WORD_IN_SLOT]);
    expect(slot[x.address + 1]).toBe(slab.states[1].address);
    expect(flags[spec.address]).toBe(WORD_GHOST);
    expect(flags[slab.states[1].address]).toBe(0);
    expect(layout.slabs).toEqual([slab]);
    expect(slab).toMatchObject({ name: 'ctx', capacity: 2, outlives: false });
  });
});

describe('a guard', () => {
  test('is a lock beside the field', () => {
    const layout = new Layout();
    const [, ctx] = layout.array('ctx', struct('ctx', { lock: Spinlock, count: u64.guardedBy('lock') }), 2);
    const { guard, flags } = layout.image;
    expect([guard[ctx.count.address], guard[ctx.count.address + 1]]).toEqual([
      ctx.lock.holder.address,
      ctx.lock.holder.address,
    ]);
    expect(flags[ctx.count.address + 1]).toBe(WORD_GUARDED);
    expect(guard[ctx.lock.holder.address]).toBe(0);
  });

  test('is else a lock of a struct around it, the innermost first', () => {
    const layout = new Layout();
    const Entry = struct('entry', { value: u32.guardedBy('lock') });
    const Table = struct('table', { lock: Spinlock, entries: array(Entry, 2) });
    const both = layout.one('both', struct('both', { lock: Spinlock, table: Table, entry: Entry }));
    const { guard } = layout.image;
    expect(guard[both.table.entries[1].value.address]).toBe(both.table.lock.holder.address);
    expect(guard[both.entry.value.address]).toBe(both.lock.holder.address);
  });

  test('is else an object of the layout, wherever that stands', () => {
    const layout = new Layout();
    const count = layout.one('count', u32.writesGuardedBy('the_lock'));
    const lock = layout.one('the_lock', spinLockWord);
    expect(layout.image.guard[count.address]).toBe(lock.address);
    expect(layout.image.flags[count.address]).toBe(WORD_GUARDED | WORD_GUARDS_WRITES_ONLY);
  });

  test('has no readers where a field is called so and is none', () => {
    const layout = new Layout();
    const Table = struct('table', { lock: spinLockWord, readers: u32, x: u32.guardedBy('lock') });
    const table = layout.one('table', Table);
    expect(layout.image.flags[table.x.address]).toBe(WORD_GUARDED);
    expect(layout.image.locks).toEqual([{ address: table.lock.address, lock: 'spin', shared: false }]);
  });

  test('has readers where a readers word follows the holder word', () => {
    const layout = new Layout();
    const mm = layout.one('mm', struct('mm', { mmap_sem: Rwsem, vmas: u32.guardedBy('mmap_sem') }));
    const flat = layout.one(
      'flat',
      struct('flat', { lock: sleepLockWord, readers: readersWord, x: u32.guardedBy('lock') }),
    );
    const far = layout.one(
      'far',
      struct('far', { lock: Spinlock, y: u32, readers: readersWord, x: u32.guardedBy('lock') }),
    );
    const { flags, locks } = layout.image;
    expect(flags[mm.vmas.address]).toBe(WORD_GUARDED | WORD_GUARD_SHARED);
    expect(flags[flat.x.address]).toBe(WORD_GUARDED | WORD_GUARD_SHARED);
    expect(flags[far.x.address]).toBe(WORD_GUARDED);
    expect(locks).toEqual([
      { address: mm.mmap_sem.holder.address, lock: 'sleep', shared: true },
      { address: flat.lock.address, lock: 'sleep', shared: true },
      { address: far.lock.holder.address, lock: 'spin', shared: false },
    ]);
  });

  test.each(['lokc', 'value', 'locks'])('named %s, which is no lock, is refused when the layout is closed', (name) => {
    const layout = new Layout();
    layout.array('locks', spinLockWord, 2);
    layout.array('ctx', struct('ctx', { lock: Spinlock, value: u32, count: u32.guardedBy(name) }), 2);
    expect(() => layout.image).toThrow(
      `ctx[0].count: guardedBy('${name}') names no lock beside it, around it or in the layout`,
    );
  });
});

test('an array with an element a thread is known to be one', () => {
  const layout = new Layout();
  const plain = layout.array('plain', u32, 2);
  const mine = layout.perThread('mine', u32, 2);
  expect(layout.threadArrays).toEqual([mine]);
  expect(layout.nameOf(mine[1].address)).toBe('mine[1]');
  expect(plain[1].address + 1).toBe(mine[0].address);
});
