/** Livelocks: which circles are one, that they replay, and that the search for them keeps its bounds. */
import {
  Layout,
  choose,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  modify,
  readOnce,
  rmw,
  spinLockWord,
  spinUntil,
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
import { describe, expect, it, test } from 'vitest';
import { Check, checkSync, replay, type SearchOptions } from '../index.js';

const MODES: readonly SearchOptions[] = [
  {},
  { strategy: 'bfs' },
  { partialOrder: false },
  { deadAnswers: true },
  { reduction: false },
];

function world(): { layout: Layout; lock: Cell<number>; x: Cell<number>; y: Cell<number>; z: Cell<number> } {
  const layout = new Layout();
  const lock = layout.one('lock', spinLockWord);
  const [x, y, z] = [layout.one('x', u8), layout.one('y', u8), layout.one('z', u8)];
  return { layout, lock, x, y, z };
}

const thread = (name: string, body: () => Kthread<unknown>, rest: Partial<Thread> = {}): Thread => {
  const main = kfunc(name, body as () => Kthread<void>);
  return { name, run: (): Request<unknown> => main(), ...rest };
};

function verdicts(make: () => System): string[] {
  return MODES.map((options) => {
    const { verdict, violation, schedule } = checkSync(make(), options);
    if (schedule !== undefined) expect(replay(make(), schedule).violation?.kind).toBe(violation?.kind);
    return violation?.kind ?? verdict;
  });
}

const always = (what: string): string[] => MODES.map(() => what);

/** Polls a coin that may never fall right, and changes a word each time. */
const pollOf = (word: Cell<number>): (() => Request<boolean>) =>
  kfunc('poll', function* () {
    yield* modify('xor', 'poll', 'full', word, 1);
    return (yield* choose(2, 'ready')) === 1;
  });

function polls(word: Cell<number>): () => Kthread<unknown> {
  const poll = pollOf(word);
  return function* () {
    yield* spinUntil(() => poll());
  };
}

describe('a circle', () => {
  test('of a poll that changes memory is a livelock', () => {
    expect(
      verdicts(() => {
        const { layout, x } = world();
        return { layout, threads: [thread('A', polls(x))] };
      }),
    ).toEqual(always('livelock'));
  });

  test('is none with a thread that goes round and gets on, whatever spun before', () => {
    expect(
      verdicts(() => {
        const { layout, x, y } = world();
        const attempt = kfunc('attempt', function* () {
          return (yield* rmw('add', 'atomic_inc_return', 'full', x, 1)) >= 2;
        });
        return {
          layout,
          threads: [
            thread('A', function* () {
              yield* spinUntil(() => attempt());
              yield* writeOnce(y, 1);
            }),
            thread(
              'B',
              function* () {
                yield* waitFor(y, { equals: 1 });
                yield* readOnce(x);
              },
              { repeat: true },
            ),
          ],
        };
      }),
    ).toEqual(always('holds'));
  });

  test('is none where somebody could always go on', () => {
    expect(
      verdicts(() => {
        const { layout, x, y } = world();
        const attempt = kfunc('attempt', function* () {
          yield* modify('xor', 'poll', 'full', x, 1);
          return (yield* readOnce(y)) === 1;
        });
        return {
          layout,
          threads: [
            thread('A', function* () {
              yield* spinUntil(() => attempt());
            }),
            thread('B', function* () {
              yield* writeOnce(y, 1);
            }),
          ],
        };
      }),
    ).toEqual(always('holds'));
  });

  const pollsLocked = (waits: boolean) => (): System => {
    const { layout, lock, x, y } = world();
    const attempt = kfunc('attempt', function* () {
      yield* lockAcquire(lock, 'spin_lock');
      yield* modify('xor', 'poll', 'full', x, 1);
      const isSet = (yield* readOnce(y)) === 1;
      yield* lockRelease(lock, 'spin_unlock');
      return isSet;
    });
    return {
      layout,
      threads: [
        thread('A', function* () {
          yield* spinUntil(() => attempt());
        }),
        thread('B', function* () {
          if (waits) yield* lockAcquire(lock, 'spin_lock');
          else yield* waitFor(lock, { equals: 0 });
          yield* writeOnce(y, 1);
          if (waits) yield* lockRelease(lock, 'spin_unlock');
        }),
      ],
    };
  };

  test('is none where a lock is free again and again that somebody waits for', () => {
    expect(verdicts(pollsLocked(true))).toEqual(always('holds'));
  });

  test('is one where somebody waits for a word that is right again and again', () => {
    expect(verdicts(pollsLocked(false))).toEqual(always('livelock'));
  });

  test('is none where an operation waits for a lock that is free again and again', () => {
    expect(
      verdicts(() => {
        const { layout, lock, x, y } = world();
        const take = defineOperation({
          name: 'down',
          target: () => lock,
          takesLock: true,
          when: (memory: Memory) => memory.get(lock) === 0,
          run: (memory: Memory) => {
            memory.set(lock, memory.thread + 1);
          },
        });
        const attempt = kfunc('attempt', function* () {
          yield* take();
          yield* modify('xor', 'poll', 'full', x, 1);
          const isSet = (yield* readOnce(y)) === 1;
          yield* lockRelease(lock, 'up');
          return isSet;
        });
        return {
          layout,
          threads: [
            thread('A', function* () {
              yield* spinUntil(() => attempt());
            }),
            thread('B', function* () {
              yield* take();
              yield* writeOnce(y, 1);
              yield* lockRelease(lock, 'up');
            }),
          ],
        };
      }),
    ).toEqual(always('holds'));
  });

  test('is one inside a larger one in which the lock would be free', () => {
    expect(
      verdicts(() => {
        const { layout, lock, x, y } = world();
        const poll = pollOf(x);
        const round = kfunc('round', function* () {
          yield* lockAcquire(lock, 'spin_lock');
          yield* spinUntil(() => poll());
          yield* lockRelease(lock, 'spin_unlock');
          return (yield* readOnce(y)) === 9;
        });
        return {
          layout,
          threads: [
            thread('Y', function* () {
              yield* spinUntil(() => round());
            }),
            thread(
              'X',
              function* () {
                yield* lockAcquire(lock, 'spin_lock');
                yield* readOnce(y);
                yield* lockRelease(lock, 'spin_unlock');
              },
              { repeat: true },
            ),
          ],
        };
      }),
    ).toEqual(always('livelock'));
  });

  test('of a daemon is none, and a daemon that gets on makes none right', () => {
    const make = (kind: 'kernel' | 'daemon', other: 'kernel' | 'daemon') => (): System => {
      const { layout, x, y } = world();
      const goes = function* (): Kthread<void> {
        yield* modify('xor', 'go', 'full', y, 1);
      };
      return { layout, threads: [thread('A', polls(x), { kind }), thread('D', goes, { kind: other, repeat: true })] };
    };
    expect(verdicts(make('daemon', 'daemon'))).toEqual(always('holds'));
    expect(verdicts(make('kernel', 'daemon'))).toEqual(always('livelock'));
    expect(verdicts(make('kernel', 'kernel'))).toEqual(always('holds'));
  });

  test('closes though answers that nobody looks at again differ from round to round', () => {
    expect(
      verdicts(() => {
        const { layout, x, y, z } = world();
        const poll = kfunc('poll', function* () {
          yield* readOnce(z);
          yield* readOnce(y);
          yield* modify('xor', 'poll', 'full', x, 1);
          return (yield* readOnce(y)) === 9;
        });
        const turns = function* (): Kthread<void> {
          yield* modify('xor', 'turn', 'full', z, 1);
        };
        return {
          layout,
          threads: [
            thread('A', function* () {
              yield* spinUntil(() => poll());
            }),
            thread('D', turns, { kind: 'device', repeat: true }),
          ],
        };
      }),
    ).toEqual(always('livelock'));
  });

  test('that a schedule names is none unless it is fair', () => {
    const { layout, x, y } = world();
    const attempt = kfunc('attempt', function* () {
      yield* modify('xor', 'poll', 'full', x, 1);
      return (yield* readOnce(y)) === 1;
    });
    const spin = thread('A', function* () {
      yield* spinUntil(() => attempt());
    });
    const alone = checkSync({ layout, threads: [spin] });
    const helped = [
      spin,
      thread('B', function* () {
        yield* writeOnce(y, 1);
      }),
    ];
    expect(alone.violation?.kind).toBe('livelock');
    expect(() => replay({ layout, threads: helped }, alone.schedule ?? '')).toThrow('nothing is broken at its end');
  });
});

describe('the search for livelocks', () => {
  /** Few states in the search, more of them with livelocks to look for: some threads that never spin in vain. */
  function crowd(): System {
    const { layout, lock } = world();
    const own = layout.array('own', u8, 3);
    const attempt = kfunc('attempt', function* () {
      return yield* lockTry(lock, 'spin_trylock');
    });
    const worker = kfunc('worker', function* (i: number) {
      for (let r = 1; r <= 3; r++) yield* writeOnce(own[i], r);
      yield* spinUntil(() => attempt());
      yield* lockRelease(lock, 'spin_unlock');
    });
    const poll = kfunc('poll', function* () {
      yield* writeOnce(own[0], 0);
      yield* writeOnce(own[0], 1);
      return yield* lockTry(lock, 'spin_trylock');
    });
    const poller = thread('P', function* () {
      yield* spinUntil(() => poll());
      yield* lockRelease(lock, 'spin_unlock');
    });
    return { layout, threads: [...own.map((_, i) => ({ name: `T${i}`, run: () => worker(i) })), poller] };
  }

  /** Runs until livelocks are looked for. */
  function begun(options: SearchOptions): Check {
    const check = new Check(crowd(), { slice: 20, ...options });
    while (check.progress().phase === undefined) expect(check.advance()).toBe(false);
    return check;
  }

  function ended(check: Check): ReturnType<Check['result']> {
    while (!check.advance());
    return check.result();
  }

  it('tells where it stands, and holds with the figures of the search before', () => {
    const check = begun({ partialOrder: true });
    expect(check.progress()).toMatchObject({ phase: 'livelock' });
    const { states, verdict, undecided } = ended(check);
    expect({ verdict, undecided }).toEqual({ verdict: 'holds', undecided: undefined });
    const { states: without } = checkSync(crowd(), { partialOrder: true, only: ['deadlock'] });
    expect(states).toBe(without);
  });

  it('takes about as many steps as the search for everything else', () => {
    const { transitions } = checkSync(crowd(), { partialOrder: false, only: ['deadlock'] });
    const check = begun({ partialOrder: false });
    let last = 0;
    for (; !check.advance(); last = check.progress().transitions);
    expect(last).toBeLessThanOrEqual(2 * transitions);
  });

  it('keeps the bound of states with figures of its own, and says what is left undecided', () => {
    const { states } = checkSync(crowd(), { partialOrder: true, only: ['deadlock'] });
    const check = begun({ partialOrder: true, maxStates: states + 1 });
    const { verdict, complete, bound, undecided, ...figures } = ended(check);
    expect({ verdict, complete, bound, undecided }).toEqual({
      verdict: 'unknown',
      complete: false,
      bound: 'states',
      undecided: ['livelock'],
    });
    expect(figures.states).toBeGreaterThan(states);
  });

  it('leaves everything else decided where it is stopped', () => {
    const check = begun({});
    check.stop('seconds');
    expect(check.result()).toMatchObject({ verdict: 'unknown', bound: 'seconds', undecided: ['livelock'] });
  });

  it('is not begun where livelocks are not asked for', () => {
    const check = new Check(crowd(), { only: ['deadlock'], slice: 20 });
    while (!check.advance()) expect(check.progress().phase).toBeUndefined();
    expect(check.result().verdict).toBe('holds');
  });
});

test('an operation that sets a word and sets it back in its one step changes nothing, so who spins on it is stuck', () => {
  const build =
    (how: 'back' | 'nothing' | 'on', kind: 'kernel' | 'daemon'): (() => System) =>
    () => {
      const { layout, x, y, z } = world();
      const touch = defineOperation({
        name: 'touch',
        run: (memory: Memory) => {
          if (how !== 'nothing') memory.set(x, memory.get(x) ^ 1);
          if (how === 'back') memory.set(x, 0);
        },
      });
      const attempt = kfunc('attempt', function* () {
        yield* touch();
        return (yield* readOnce(y)) === 1;
      });
      const worker = function* (): Kthread<void> {
        yield* waitFor(z, { equals: 1 });
        yield* spinUntil(() => attempt());
        yield* writeOnce(z, 0);
      };
      const threads = [
        thread('main', () => writesOne(z)),
        thread('worker', worker, kind === 'daemon' ? { kind, repeat: true } : {}),
      ];
      return { layout, threads };
    };
  for (const how of ['back', 'nothing'] as const)
    for (const kind of ['kernel', 'daemon'] as const) {
      expect(verdicts(build(how, kind))).toEqual(always('deadlock'));
      expect(checkSync(build(how, kind)(), { only: ['deadlock'] }).verdict).toBe('violated');
    }
  expect(verdicts(build('on', 'kernel'))).toEqual(always('livelock'));
});

function* writesOne(cell: Cell<number>): Kthread<void> {
  yield* writeOnce(cell, 1);
}
