/** Devices with side effects, in direct runs and under every interleaving. */
import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  WouldBlock,
  defineOperation,
  kfunc,
  ownerWord,
  spinLockWord,
  lockAcquire,
  lockRelease,
  struct,
  u32,
  u64,
  u8,
  writeOnce,
  type Kthread,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { Bus, accessNow, eieio, pollUntilZero, rawReadq, rawWriteqBe, readl, registerBlock, writel } from './index.js';

const INDEXED = registerBlock({
  name: 'INDEXED',
  byteOrder: 'little',
  size: 8,
  registers: { INDEX: { offset: 0, width: 32 }, DATA: { offset: 4, width: 32 } },
});

/** Two threads that each write one entry of a table behind an index and a data register. */
function indexed(isLocked: boolean): { system: System; bus: Bus; layout: Layout } {
  const layout = new Layout();
  const index = layout.one('index', u32);
  const table = layout.array('table', u32, 2);
  const lock = layout.one('lock', spinLockWord);
  const done = layout.array('done', u8.ghost(), 2);
  const bus = new Bus();
  bus.mount('table', 0n, INDEXED, {
    INDEX: { cell: index },
    DATA: {
      onWrite: (memory, value) => {
        memory.set(table[memory.get(index)], Number(value));
      },
      onRead: (memory) => memory.get(table[memory.get(index)]),
    },
  });
  const put = kfunc('put', function* (entry: number) {
    if (isLocked) yield* lockAcquire(lock, 'spin_lock');
    yield* writel(bus, entry, 0n);
    yield* writel(bus, 10 + entry, 4n);
    if (isLocked) yield* lockRelease(lock, 'spin_unlock');
    yield* writeOnce(done[entry], 1);
  });
  const system: System = {
    layout,
    threads: [0, 1].map((entry) => ({ name: `T${entry}`, run: () => put(entry) })),
    finals: {
      'both entries': (memory) => table.every((cell, entry) => memory.get(cell) === 10 + entry),
    },
  };
  return { system, bus, layout };
}

describe('an index and a data register', () => {
  test('two threads write over each other', () => {
    const result = checkSync(indexed(false).system, { strategy: 'bfs' });
    expect(result).toMatchObject({ verdict: 'violated', violation: { name: 'both entries' } });
    expect(result.trace?.some(({ op, target }) => op === 'writel' && target === 'index')).toBe(true);
  });

  test('under a lock they do not', () => {
    expect(checkSync(indexed(true).system)).toMatchObject({ verdict: 'holds', complete: true });
  });

  test('a caller alone reads what it wrote', () => {
    const { bus, layout } = indexed(false);
    const memory = new Memory(layout);
    accessNow(memory, writel(bus, 1, 0n));
    accessNow(memory, writel(bus, 42, 4n));
    expect(accessNow(memory, readl(bus, 4n))).toBe(42);
    accessNow(memory, writel(bus, 0, 0n));
    expect(accessNow(memory, readl(bus, 4n))).toBe(0);
  });
});

const ENGINE = registerBlock({
  name: 'ENGINE',
  byteOrder: 'big',
  size: 0x20,
  registers: { LAUNCH: { offset: 0, width: 64 }, AVA: { offset: 8, width: 64 }, STAT: { offset: 16, width: 64 } },
});

/** What STAT reads while it is busy: a number whose low half is 0. */
const BUSY = 0x8000_0000_0000_0000n;

/** An engine that one thread launches again and again, while the device completes. */
function engine({ polls = true }: { polls?: boolean } = {}): System {
  const layout = new Layout();
  const Engine = struct('engine', { owner: ownerWord, ava: u64.guardedBy('owner'), stat: u64, launches: u8 });
  const cells = layout.one('engine', Engine);
  const relaunched = layout.one('relaunched', u8.ghost());
  const bus = new Bus();
  bus.mount('engine', 0x1000n, ENGINE, {
    LAUNCH: {
      onWrite: (memory) => {
        if (memory.get(cells.stat) !== 0n) memory.set(relaunched, 1);
        memory.set(cells.stat, BUSY);
      },
      onRead: () => 0n,
    },
    AVA: { cell: cells.ava },
    STAT: { cell: cells.stat },
  });
  const launch = kfunc('launch', function* () {
    for (let i = 0; i < 2; i++) {
      yield* rawWriteqBe(bus, BigInt(i), 0x1008n);
      yield* eieio(bus);
      yield* rawWriteqBe(bus, 1n, 0x1000n);
      if (polls) yield* pollUntilZero(bus, 0x1010n);
    }
  });
  const complete = defineOperation({
    name: 'complete',
    when: (memory: Memory) => memory.get(cells.stat) !== 0n,
    run: (memory: Memory) => {
      memory.set(cells.stat, 0n);
    },
  });
  const hardware = kfunc('hardware', function* () {
    yield* complete();
  });
  return {
    layout,
    init: (memory) => {
      memory.set(cells.owner, 1);
    },
    threads: [
      { name: 'T0', run: () => launch() },
      { name: 'engine', kind: 'device', repeat: true, run: () => hardware() },
    ],
    invariants: { 'never launched while busy': (memory) => memory.get(relaunched) === 0 },
  };
}

describe('a launch register', () => {
  test('a thread that polls all of STAT never launches while it is busy', () => {
    expect(checkSync(engine())).toMatchObject({ verdict: 'holds', complete: true });
  });

  test('one that does not is found', () => {
    const { verdict, violation } = checkSync(engine({ polls: false }), { strategy: 'bfs' });
    expect([verdict, violation?.name]).toEqual(['violated', 'never launched while busy']);
  });

  test('an engine that is gone is a deadlock', () => {
    const { threads, ...rest } = engine();
    const { violation } = checkSync({ ...rest, threads: [threads[0]] });
    expect(violation).toMatchObject({ kind: 'deadlock' });
    expect(violation?.message).toContain('__raw_readq engine.stat');
  });

  test('a register that only stores and belongs to the caller is no schedule point', () => {
    const on = checkSync(engine());
    const off = checkSync(engine(), { reduction: false });
    expect(on.states).toBeLessThan(off.states);
    expect([on.verdict, off.verdict]).toEqual(['holds', 'holds']);
  });
});

describe('a register that counts down as it is read', () => {
  function countdown(onAccess?: () => void): { bus: Bus; memory: Memory; reads: () => number } {
    const layout = new Layout();
    const left = layout.one('left', u64);
    const count = layout.one('count', u32);
    const bus = new Bus(onAccess === undefined ? {} : { onAccess });
    const block = registerBlock({
      name: 'TIMER',
      byteOrder: 'big',
      size: 8,
      registers: { LEFT: { offset: 0, width: 64 } },
    });
    bus.mount('timer', 0n, block, {
      LEFT: {
        cell: left,
        onRead: (memory) => {
          const value = memory.get(left);
          memory.set(count, memory.get(count) + 1);
          if (value !== 0n) memory.set(left, value - 1n);
          return value;
        },
      },
    });
    const memory = new Memory(layout);
    return { bus, memory, reads: () => memory.get(count) };
  }

  test.each([undefined, () => undefined])('is polled to zero', (onAccess) => {
    const { bus, memory, reads } = countdown(onAccess);
    accessNow(memory, rawWriteqBe(bus, 3n, 0n));
    accessNow(memory, pollUntilZero(bus, 0n));
    expect(reads()).toBe(4);
    expect(accessNow(memory, rawReadq(bus, 0n))).toBe(0n);
  });

  test.each([undefined, () => undefined])('a poll in vain would block', (onAccess) => {
    const layout = new Layout();
    const stat = layout.one('stat', u64);
    const bus = new Bus(onAccess === undefined ? {} : { onAccess });
    bus.mount('engine', 0n, ENGINE, { LAUNCH: { cell: stat }, AVA: { cell: stat }, STAT: { cell: stat } });
    const memory = new Memory(layout);
    memory.set(stat, BUSY);
    expect(() => {
      accessNow(memory, pollUntilZero(bus, 0x10n));
    }).toThrow(WouldBlock);
  });
});

describe('a slip', () => {
  const layout = new Layout();
  const cell = layout.one('index', u32);
  const bus = new Bus();
  bus.mount('dev', 0n, INDEXED, {
    INDEX: { cell },
    DATA: { onRead: () => undefined as never, onWrite: () => undefined },
  });
  const systemOf = (body: () => Kthread<void>): System => {
    const f = kfunc('f', body);
    return { layout, threads: [{ name: 'T', run: () => f() }] };
  };

  test('a device that answers nothing is told', () => {
    const system = systemOf(function* () {
      yield* readl(bus, 4n);
    });
    expect(() => checkSync(system)).toThrow('onRead of dev.DATA: expected a number of 32 bits, got undefined');
  });

  test('a write without yield* is told', () => {
    const system = systemOf(function* () {
      yield* readl(bus, 0n);
      // eslint-disable-next-line shootdown/no-dropped-request -- the slip
      writel(bus, 1, 0n);
    });
    expect(() => checkSync(system)).toThrow(/kfunc f makes the request writel .*is yield\* missing/);
  });
});
