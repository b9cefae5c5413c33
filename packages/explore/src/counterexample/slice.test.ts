/** Which steps of a counterexample are shown: what decided it, and nothing that could as well have been otherwise. */
import {
  Layout,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  readOnce,
  spinLockWord,
  u8,
  waitFor,
  writeOnce,
  type Kthread,
  type Memory,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync } from '../index.js';
import { sliceOf, type Touching } from './slice.js';

function world() {
  const layout = new Layout();
  return {
    layout,
    lock: layout.one('lock', spinLockWord),
    x: layout.one('x', u8),
    y: layout.one('y', u8),
    bad: layout.one('bad', u8),
  };
}

type World = ReturnType<typeof world>;
type Bodies = (cells: World) => Readonly<Record<string, () => Kthread<void>>>;

/** The steps that are shown of a shortest run that makes `bad`, or breaks what else there is. */
function shown(bodies: Bodies, rest: (cells: World) => Partial<System> = () => ({}), repeats: string[] = []): string[] {
  const cells = world();
  const threads = Object.entries(bodies(cells)).map(([name, body]) => {
    const main = kfunc(`${name}_main`, body);
    return { name, run: () => main(), repeat: repeats.includes(name) };
  });
  const invariants = { good: (memory: { get: Memory['get'] }) => memory.get(cells.bad) === 0 };
  const { trace = [] } = checkSync({ layout: cells.layout, threads, invariants, ...rest(cells) }, { strategy: 'bfs' });
  return trace
    .filter(({ matters }) => matters)
    .map(({ thread, op, target, before, after }) =>
      before === after ? `${thread} ${op} ${target} = ${after}` : `${thread} ${op} ${target} ${before} -> ${after}`,
    );
}

describe('shown are', () => {
  test('a write and its read without which the rule would hold, and not those that change nothing', () => {
    const rows = shown(({ x, y, bad }) => ({
      *A() {
        yield* writeOnce(y, 1);
        yield* writeOnce(x, 1);
      },
      *B() {
        yield* waitFor(x, { equals: 1 });
        yield* readOnce(y);
        if ((yield* readOnce(x)) === 1) yield* writeOnce(bad, 1);
      },
    }));
    expect(rows).toEqual(['A WRITE_ONCE x 0 -> 1', 'B READ_ONCE x = 1', 'B WRITE_ONCE bad 0 -> 1']);
  });

  test('a read of what is overwritten while its thread goes on as if it were not', () => {
    const rows = shown(({ x, y, bad }) => ({
      *A() {
        const was = yield* readOnce(x);
        yield* readOnce(y);
        if (was === 0 && (yield* readOnce(y)) === 1) yield* writeOnce(bad, 1);
      },
      *B() {
        yield* writeOnce(x, 1);
        yield* writeOnce(y, 1);
      },
    }));
    expect(rows).toEqual([
      'A READ_ONCE x = 0',
      'B WRITE_ONCE x 0 -> 1',
      'B WRITE_ONCE y 0 -> 1',
      'A READ_ONCE y = 1',
      'A WRITE_ONCE bad 0 -> 1',
    ]);
  });

  test('what a round of a thread leaves to its next, by the write alone', () => {
    const rows = shown(
      ({ x, bad }) => ({
        *A() {
          const was = yield* readOnce(x);
          if (was === 2) yield* writeOnce(bad, 1);
          else yield* writeOnce(x, was + 1);
        },
      }),
      undefined,
      ['A'],
    );
    expect(rows).toEqual(['A WRITE_ONCE x 0 -> 1', 'A WRITE_ONCE x 1 -> 2', 'A WRITE_ONCE bad 0 -> 1']);
  });

  test('a step that did two things at once, each of which would do', () => {
    const rows = shown(({ x, y, bad }) => {
      const both = defineOperation({
        name: 'sets both',
        run: (memory: Memory) => {
          memory.set(x, 1);
          memory.set(y, 1);
        },
      });
      const look = defineOperation({
        name: 'looks',
        target: () => bad,
        run: (memory: Memory) => {
          if (memory.get(x) + memory.get(y) > 0) memory.set(bad, 1);
        },
      });
      return {
        *A() {
          yield* both();
        },
        *B() {
          yield* look();
        },
      };
    });
    expect(rows).toEqual(['A sets both  = ', 'B looks bad 0 -> 1']);
  });
});

describe('a lock', () => {
  const locked = (inside: (cells: World) => Kthread<void>): Bodies => {
    return (cells) => ({
      *A() {
        yield* lockAcquire(cells.lock, 'spin_lock');
        yield* inside(cells);
        yield* lockRelease(cells.lock, 'spin_unlock');
      },
      *B() {
        yield* waitFor(cells.x, { equals: 1 });
        yield* writeOnce(cells.y, 1);
      },
    });
  };

  test('is not shown where nobody else does anything meanwhile', () => {
    const rows = shown((cells) => ({
      *A() {
        yield* lockAcquire(cells.lock, 'spin_lock');
        yield* writeOnce(cells.x, 1);
        yield* lockRelease(cells.lock, 'spin_unlock');
      },
      *B() {
        yield* lockAcquire(cells.lock, 'spin_lock');
        if ((yield* readOnce(cells.x)) === 1) yield* writeOnce(cells.bad, 1);
        yield* lockRelease(cells.lock, 'spin_unlock');
      },
    }));
    expect(rows).toEqual(['A WRITE_ONCE x 0 -> 1', 'B READ_ONCE x = 1', 'B WRITE_ONCE bad 0 -> 1']);
  });

  test('is shown where another thread does something under it that matters', () => {
    const rows = shown(
      locked(function* ({ x, y, bad }) {
        yield* writeOnce(x, 1);
        yield* waitFor(y, { equals: 1 });
        yield* writeOnce(bad, 1);
        yield* writeOnce(bad, 0);
      }),
      ({ lock, bad }) => ({
        invariants: { unlocked: (memory) => memory.get(bad) === 0 || memory.get(lock) === 0 },
      }),
    );
    expect(rows[0]).toMatch(/^A spin_lock lock/);
    expect(rows.at(-1)).toBe('A WRITE_ONCE bad 0 -> 1');
  });

  test('is shown where it is what threads wait for', () => {
    const rows = shown(({ lock, x }) => ({
      *A() {
        yield* lockAcquire(lock, 'spin_lock');
        yield* waitFor(x, { equals: 1 });
      },
      *B() {
        yield* lockAcquire(lock, 'spin_lock');
        yield* writeOnce(x, 1);
      },
    }));
    expect(rows).toEqual(['A spin_lock lock 0 -> 1']);
  });
});

describe('of the steps of a run', () => {
  const step = (thread: number, changes: Touching['changes'] = []): Touching => ({
    action: 0,
    thread,
    iteration: thread,
    mayPretend: true,
    isWait: false,
    touched: changes.map(({ address }) => ({ address, isWrite: true })),
    changes,
    effect: '',
    isLocal: false,
    lock: 0,
  });
  const write = (thread: number, address: number, old: number, value: number): Touching =>
    step(thread, [{ address, old, value }]);
  const concern = { about: new Set([9]), endsWithBreach: false, isAboutStates: false, isAboutLocks: false };

  test('the last change of each word that the violation is about matters, an earlier one does not', () => {
    const steps = [write(0, 9, 0, 1), write(1, 9, 1, 2), write(0, 8, 0, 1)];
    expect(sliceOf(steps, [], concern)).toEqual([false, true, false]);
  });

  test('of several looks at one step, the latest that decided matters', () => {
    const steps = [write(0, 8, 0, 1), step(1), step(1), step(1), write(1, 9, 0, 1)];
    const look = { writer: 0, addresses: [8], caused: new Set([4]) };
    const looks = [
      { ...look, reader: 1, isDecisive: true },
      { ...look, reader: 2, isDecisive: true },
      { ...look, reader: 3, isDecisive: false, caused: new Set<number>() },
    ];
    expect(sliceOf(steps, looks, concern)).toEqual([true, false, true, false, true]);
  });

  test('a change is told together with the one it takes back', () => {
    const steps = [write(0, 8, 0, 1), write(0, 8, 1, 0), write(1, 8, 0, 1), write(1, 9, 0, 1)];
    const look = { reader: 2, writer: 1, addresses: [8], isDecisive: true, caused: new Set<number>() };
    expect(sliceOf(steps, [look], concern)).toEqual([true, true, true, true]);
  });
});
