/** What an end is, what daemons owe, and what is stuck: beside threads that repeat, and where only some rules count. */
import {
  KernelBug,
  Layout,
  choose,
  SLOT_FREED,
  SLOT_LIVE,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  readOnce,
  sleepLockWord,
  spinLockWord,
  spinUntil,
  struct,
  u8,
  waitFor,
  writeOnce,
  type Cell,
  type Kthread,
  type Memory,
  type Request,
  type System,
  type Thread,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync, replay, type SearchOptions, type SearchResult } from '../index.js';

const MODES: readonly SearchOptions[] = [
  {},
  { partialOrder: false },
  { strategy: 'bfs' },
  { strategy: 'bfs', partialOrder: true },
  { reduction: false },
];

interface World {
  readonly layout: Layout;
  readonly a: Cell<number>;
  readonly b: Cell<number>;
  readonly x: Cell<number>;
  readonly y: Cell<number>;
  readonly z: Cell<number>;
}

function world(): World {
  const layout = new Layout();
  const [a, b] = [layout.one('a', spinLockWord), layout.one('b', sleepLockWord)];
  return { layout, a, b, x: layout.one('x', u8), y: layout.one('y', u8), z: layout.one('z', u8) };
}

const thread = (name: string, body: () => Kthread<unknown>, rest: Partial<Thread> = {}): Thread => {
  const main = kfunc(name, body as () => Kthread<void>);
  return { name, run: (): Request<unknown> => main(), ...rest };
};

function outcomes(make: (w: World) => Omit<System, 'layout'>, only?: readonly string[]): string[] {
  const build = (): System => {
    const w = world();
    return { layout: w.layout, ...make(w) };
  };
  return MODES.map((options) => {
    const result = checkSync(build(), { ...options, ...(only && { only }) });
    if (result.schedule !== undefined)
      expect(replay(build(), result.schedule, only).violation?.name).toBe(result.violation?.name);
    return result.violation?.name ?? result.verdict;
  });
}

const always = (what: string): string[] => MODES.map(() => what);

const sets = (cell: Cell<number>, value = 1): (() => Kthread<unknown>) =>
  function* () {
    yield* writeOnce(cell, value);
  };

const taking = (first: Cell<number>, second: Cell<number>): (() => Kthread<unknown>) =>
  function* () {
    yield* lockAcquire(first, 'lock');
    yield* lockAcquire(second, 'lock');
    yield* lockRelease(second, 'unlock');
    yield* lockRelease(first, 'unlock');
  };

const repeats = { repeat: true } as const;
const daemon = { kind: 'daemon', repeat: true } as const;

describe('an end', () => {
  test('is judged beside a kernel thread that repeats', () => {
    const make = ({ x, y }: World): Omit<System, 'layout'> => ({
      threads: [
        thread('A', sets(x)),
        thread(
          'B',
          function* () {
            yield* readOnce(y);
          },
          repeats,
        ),
      ],
      finals: { 'x-is-0': (memory) => memory.get(x) === 0 },
    });
    expect(outcomes(make)).toEqual(always('x-is-0'));
  });

  test.each(['kernel', 'daemon', 'device'] as const)('waits for the work that a %s thread has begun', (kind) => {
    const make =
      (final: number) =>
      ({ x, y, z }: World): Omit<System, 'layout'> => ({
        threads: [
          thread('A', sets(x)),
          thread(
            'D',
            function* () {
              yield* waitFor(x, { equals: 1 });
              yield* writeOnce(x, 0);
              yield* writeOnce(y, 1);
              yield* writeOnce(z, 1);
              yield* writeOnce(y, 2);
            },
            { kind, repeat: true },
          ),
        ],
        finals: { done: (memory) => memory.get(y) === final },
      });
    const only = ['done'];
    expect(outcomes(make(2), only)).toEqual(always('holds'));
    expect(outcomes(make(0), only)).toEqual(always('done'));
  });

  test('is judged in every state of a device that does not repeat', () => {
    const make = ({ x, y }: World): Omit<System, 'layout'> => ({
      threads: [
        thread('A', sets(x)),
        thread(
          'D',
          function* () {
            yield* writeOnce(y, 1);
            yield* writeOnce(y, 0);
          },
          { kind: 'device' },
        ),
      ],
      finals: { 'y-is-0': (memory) => memory.get(y) === 0 },
    });
    expect(outcomes(make)).toEqual(always('y-is-0'));
  });

  test('is judged where a round begins, though nobody notices its first step', () => {
    const make = ({ x, y, z }: World): Omit<System, 'layout'> => ({
      threads: [
        thread('A', sets(x)),
        thread(
          'B',
          function* () {
            yield* writeOnce(z, 1);
            yield* readOnce(x);
            yield* writeOnce(y, 1);
            yield* writeOnce(z, 0);
          },
          repeats,
        ),
      ],
      finals: { never: () => false },
    });
    expect(outcomes(make)).toEqual(always('never'));
  });

  test('is judged though the steps of who rests could as well be taken before', () => {
    const make = ({ x, y, z }: World): Omit<System, 'layout'> => ({
      threads: [
        thread('A', sets(x)),
        thread('E', function* () {
          yield* readOnce(x);
        }),
        thread(
          'B',
          function* () {
            yield* readOnce(z);
            yield* writeOnce(y, 1);
          },
          daemon,
        ),
      ],
      finals: { 'y-is-1': (memory) => memory.get(y) === 1 },
    });
    expect(outcomes(make)).toEqual(always('y-is-1'));
  });

  test('is judged in what a device that does not repeat does for itself', () => {
    const slot = defineOperation({
      name: 'slot',
      run: (memory: Memory, state: Cell<number>, value: number) => {
        memory.set(state, value);
      },
    });
    const make = ({ layout, x }: World): Omit<System, 'layout'> => {
      const state = layout.slab('buffer', struct('buffer', { length: u8 }), 1).states[0];
      const body = function* (): Kthread<void> {
        yield* readOnce(x);
        yield* slot(state, SLOT_LIVE);
        yield* slot(state, SLOT_FREED);
      };
      return { threads: [thread('A', sets(x)), thread('D', body, { kind: 'device' })] };
    };
    expect(outcomes(make)).toEqual(always('leak'));
  });

  test('is where a daemon sleeps in the wait that its round begins with, and not in another', () => {
    const attempt = (x: Cell<number>, z: Cell<number>): (() => Request<boolean>) =>
      kfunc('attempt', function* () {
        const isSet = (yield* readOnce(x)) === 1;
        if (!isSet) yield* waitFor(z, { equals: 1 });
        return isSet;
      });
    const make =
      (works: boolean) =>
      ({ x, y, z }: World): Omit<System, 'layout'> => {
        const look = attempt(x, z);
        return {
          threads: [
            thread('A', sets(y, 0)),
            thread(
              'D',
              function* () {
                if (works) yield* readOnce(y);
                yield* spinUntil(() => look());
              },
              daemon,
            ),
          ],
          finals: { never: () => false },
        };
      };
    expect(outcomes(make(false))).toEqual(always('never'));
    expect(outcomes(make(false), ['deadlock'])).toEqual(always('holds'));
    expect(outcomes(make(true), ['deadlock'])).toEqual(always('deadlock'));
  });

  test.each([true, false])('is on the way of a daemon to that sleep, which repeats: %s', (repeat) => {
    const make =
      (works: boolean) =>
      ({ x, y, z }: World): Omit<System, 'layout'> => {
        const attempt = kfunc('attempt', function* () {
          yield* writeOnce(z, 1);
          const isSet = (yield* readOnce(x)) === 1;
          if (!isSet) yield* waitFor(z, { equals: 0 });
          return isSet;
        });
        const body = function* (): Kthread<void> {
          if (works) yield* readOnce(y);
          yield* spinUntil(() => attempt());
          yield* writeOnce(x, 0);
        };
        const waker = function* (): Kthread<void> {
          if ((yield* choose(2)) === 1) {
            yield* writeOnce(x, 1);
            yield* writeOnce(z, 0);
          }
          yield* writeOnce(y, 1);
        };
        return { threads: [thread('A', waker), thread('D', body, { kind: 'daemon', repeat })] };
      };
    expect(outcomes(make(false))).toEqual(always('holds'));
    expect(outcomes(make(true))).toEqual(always('deadlock'));
  });

  test('is told of where it is never met', () => {
    const build = (): System => {
      const { layout, x, y } = world();
      const counts = defineOperation({
        name: 'count',
        when: (memory: Memory) => memory.get(y) < 9,
        run: (memory: Memory) => {
          memory.set(x, (memory.get(x) + 1) & 3);
        },
      });
      const body = function* (): Kthread<void> {
        yield* writeOnce(y, 0);
        yield* waitFor(x, { equals: 9 });
      };
      return {
        layout,
        threads: [
          thread('A', body),
          thread(
            'B',
            function* () {
              yield* counts();
            },
            repeats,
          ),
        ],
        finals: { never: () => false },
      };
    };
    expect(checkSync(build(), { only: ['never'] })).toMatchObject({
      verdict: 'holds',
      notes: [expect.stringContaining('no run came to an end')],
    });
  });
});

describe('a daemon', () => {
  test('that is stuck in its work is a deadlock, at rest it is none', () => {
    const make =
      (isWork: boolean) =>
      ({ x, y }: World): Omit<System, 'layout'> => ({
        threads: [
          thread('A', sets(y)),
          thread(
            'D',
            function* () {
              if (isWork) yield* readOnce(y);
              yield* waitFor(x, { equals: 1 });
            },
            daemon,
          ),
        ],
      });
    expect(outcomes(make(true))).toEqual(always('deadlock'));
    expect(outcomes(make(false))).toEqual(always('holds'));
  });

  test('helps who waits for it, and rests with a lock only to their cost', () => {
    const make =
      (releases: boolean) =>
      ({ a, x }: World): Omit<System, 'layout'> => ({
        threads: [
          thread('A', function* () {
            yield* writeOnce(x, 1);
            yield* waitFor(x, { equals: 0 });
            yield* lockAcquire(a, 'lock');
            yield* lockRelease(a, 'unlock');
          }),
          thread(
            'D',
            function* () {
              yield* waitFor(x, { equals: 1 });
              yield* lockAcquire(a, 'lock');
              yield* writeOnce(x, 0);
              if (releases) yield* lockRelease(a, 'unlock');
            },
            daemon,
          ),
        ],
      });
    expect(outcomes(make(true))).toEqual(always('holds'));
    expect(outcomes(make(false))).toEqual(always('deadlock'));
  });
});

describe('threads that wait for locks of each other', () => {
  const beside =
    (others: readonly (() => Kthread<unknown>)[]) =>
    ({ x }: World): Thread[] => [
      ...others.map((body, i) => thread(`T${i}`, body)),
      thread(
        'W',
        function* () {
          yield* writeOnce(x, ((yield* readOnce(x)) + 1) & 1);
        },
        repeats,
      ),
    ];

  test('are a deadlock beside one that repeats for ever', () => {
    const only = ['deadlock'];
    expect(outcomes((w) => ({ threads: beside([taking(w.a, w.b), taking(w.b, w.a)])(w) }), only)).toEqual(
      always('deadlock'),
    );
    expect(outcomes((w) => ({ threads: beside([taking(w.a, w.b), taking(w.a, w.b)])(w) }), only)).toEqual(
      always('holds'),
    );
  });

  test('are none where somebody else lets such a lock go', () => {
    const make = (w: World): Omit<System, 'layout'> => ({
      threads: [
        ...beside([taking(w.a, w.b), taking(w.b, w.a)])(w),
        thread(
          'U',
          function* () {
            yield* lockRelease(w.a, 'unlock');
          },
          repeats,
        ),
      ],
    });
    expect(outcomes(make, ['deadlock'])).toEqual(always('holds'));
  });
});

describe('where a broken rule does not count that ends a thread', () => {
  test('one that waits for itself is stuck', () => {
    const make = ({ a, x }: World): Omit<System, 'layout'> => ({
      threads: [thread('A', taking(a, a)), thread('B', sets(x))],
    });
    expect(outcomes(make, ['deadlock'])).toEqual(always('deadlock'));
    expect(outcomes(make, ['leak'])).toEqual(always('holds'));
  });

  test('so is one whose operation waits for itself', () => {
    const make = ({ b, x }: World): Omit<System, 'layout'> => {
      const down = defineOperation({
        name: 'down',
        target: () => b,
        takesLock: true,
        when: (memory: Memory) => memory.get(b) === 0 || memory.get(b) === memory.thread + 1,
        run: (memory: Memory) => {
          if (memory.get(b) !== 0) throw new KernelBug('lock-misuse', 'recursive-lock', 'twice');
          memory.set(b, memory.thread + 1);
        },
      });
      return {
        threads: [
          thread('A', function* () {
            yield* down();
            yield* down();
          }),
          thread('B', sets(x)),
        ],
      };
    };
    expect(outcomes(make, ['deadlock'])).toEqual(always('deadlock'));
  });

  test('the others may be stuck for it, and what is not seen is told', () => {
    const build = (): System => {
      const { layout, a, x } = world();
      const dies = function* (): Kthread<void> {
        yield* lockAcquire(a, 'lock');
        if ((yield* readOnce(x)) === 0) throw new KernelBug('assertion', 'x-is-set', 'x is 0');
        yield* lockRelease(a, 'unlock');
      };
      const waits = function* (): Kthread<void> {
        yield* lockAcquire(a, 'lock');
        yield* lockRelease(a, 'unlock');
      };
      return { layout, threads: [thread('A', dies), thread('B', waits)] };
    };
    const search = (only: string): SearchResult => checkSync(build(), { only: [only] });
    expect(search('deadlock').violation?.kind).toBe('deadlock');
    expect(replay(build(), search('deadlock').schedule ?? '', ['deadlock']).violation?.kind).toBe('deadlock');
    expect(search('guard')).toMatchObject({ verdict: 'holds', notes: [expect.stringContaining('assertion')] });
  });
});
