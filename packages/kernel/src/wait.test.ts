import { checkSync, type SearchOptions, type SearchResult } from '@shootdown/explore';
import {
  Layout,
  Memory,
  defineOperation,
  kfunc,
  modify,
  readOnce,
  runDirect,
  u32,
  writeOnce,
  type Cell,
  type Kthread,
  type Request,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  Completion,
  complete,
  completeAll,
  completionDone,
  reinitCompletion,
  tryWaitForCompletion,
  waitForCompletion,
  waitForCompletionTimeout,
} from './completion.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';
import { waitEvent, waitEventExclusive, waitEventTimeout, type Condition } from './wait-event.js';
import {
  WaitQueueHead,
  finishWait,
  prepareToWait,
  prepareToWaitExclusive,
  schedule,
  wakeUp,
  wakeUpAll,
  waitqueueActive,
} from './wait.js';

type Body = () => Kthread<void>;

function check(
  layout: Layout,
  bodies: readonly Body[],
  more: Partial<System> = {},
  options: SearchOptions = {},
): SearchResult {
  const threads = bodies.map((body, i) => ({ name: `T${i}`, run: kfunc(`body${i}`, body) }));
  return checkSync({ layout, threads, ...more }, { checkPurity: true, ...options });
}

const outcome = ({ verdict, violation }: SearchResult): string => violation?.kind ?? verdict;

function world() {
  const layout = new Layout();
  return { layout, wq: layout.one('wq', WaitQueueHead), flag: layout.one('flag', u32) };
}

describe('sleeping until a flag is set', () => {
  type Waiting = 'prepare, look, sleep' | 'look, prepare, sleep';
  type Waking = 'set, wake' | 'wake, set' | 'set' | 'set, wake if somebody waits';
  const handshake = (waiting: Waiting, waking: Waking): string => {
    const { layout, wq, flag } = world();
    const waiter: Body = function* () {
      if (waiting === 'look, prepare, sleep') {
        if ((yield* readOnce(flag)) === 0) {
          yield* prepareToWait(wq);
          yield* schedule(wq);
        }
      } else {
        yield* prepareToWait(wq);
        if ((yield* readOnce(flag)) === 0) yield* schedule(wq);
      }
      yield* finishWait(wq);
    };
    const waker: Body = function* () {
      if (waking === 'wake, set') yield* wakeUp(wq);
      yield* writeOnce(flag, 1);
      if (waking === 'set, wake' || (waking !== 'set' && waking !== 'wake, set' && (yield* waitqueueActive(wq))))
        yield* wakeUp(wq);
    };
    return outcome(check(layout, [waiter, waker]));
  };

  test('ends, in the order prepare, look, sleep and set, wake', () => {
    expect(handshake('prepare, look, sleep', 'set, wake')).toBe('holds');
    expect(handshake('prepare, look, sleep', 'set, wake if somebody waits')).toBe('holds');
  });

  test('twins: a wake-up is lost in every other order, and where it is forgotten', () => {
    expect(handshake('look, prepare, sleep', 'set, wake')).toBe('deadlock');
    expect(handshake('prepare, look, sleep', 'wake, set')).toBe('deadlock');
    expect(handshake('prepare, look, sleep', 'set')).toBe('deadlock');
  });
});

describe('waitEvent', () => {
  const isSet = kfunc('is_set', function* (flag: Cell<number>) {
    return (yield* readOnce(flag)) !== 0;
  });
  const isSetNow = defineOperation({
    name: 'is_set',
    run: (memory: Memory, flag: Cell<number>) => memory.get(flag) !== 0,
  });
  const conditions: Record<string, (flag: Cell<number>) => Condition> = {
    'a call': (flag) => () => isSet(flag),
    'an operation': (flag) => () => isSetNow(flag),
    'a read': (flag) => () => readOnce(flag),
  };

  test.each(Object.entries(conditions))('waits for %s', (_, condition) => {
    const waiting = (wakes: boolean) => {
      const { layout, wq, flag } = world();
      return check(layout, [
        function* () {
          yield* waitEvent(wq, condition(flag));
        },
        function* () {
          yield* waitEvent(wq, condition(flag));
        },
        function* () {
          yield* writeOnce(flag, 1);
          if (wakes) yield* wakeUp(wq);
        },
      ]);
    };
    expect(waiting(true).verdict).toBe('holds');
    const lost = waiting(false);
    expect(lost.violation).toMatchObject({ kind: 'deadlock' });
    expect(lost.violation?.message).toContain('(schedule wq.sleepers)');
  });

  test('is no wait where the condition holds, and would block where it does not', () => {
    const { layout, wq, flag } = world();
    const memory = new Memory(layout);
    expect(() => {
      runDirect(
        memory,
        waitEvent(wq, () => isSet(flag)),
      );
    }).toThrow('would block: schedule');
    runDirect(memory, finishWait(wq));
    memory.set(flag, 1);
    runDirect(
      memory,
      waitEvent(wq, () => isSet(flag)),
    );
    expect(runDirect(memory, waitqueueActive(wq))).toBe(false);
  });

  test('looks again after a wake-up that was not for it', () => {
    const { layout, wq, flag } = world();
    const result = check(
      layout,
      [
        function* () {
          yield* waitEvent(wq, () => isSet(flag));
          yield* writeOnce(flag, 2);
        },
        function* () {
          yield* wakeUpAll(wq);
          yield* wakeUpAll(wq);
          yield* writeOnce(flag, 1);
          yield* wakeUpAll(wq);
        },
      ],
      { finals: { 'got-on': (memory) => memory.get(flag) === 2 } },
    );
    expect(result.verdict).toBe('holds');
  });

  test('must not be called under a spin lock', () => {
    const { layout, wq, flag } = world();
    const lock = layout.one('lock', spinlockT);
    const result = check(layout, [
      function* () {
        yield* spinLock(lock);
        yield* waitEvent(wq, () => isSet(flag));
        yield* spinUnlock(lock);
      },
    ]);
    expect(result.violation?.kind).toBe('sleep-in-atomic');
  });

  test('refuses what it cannot look at again', () => {
    const { wq, flag } = world();
    expect(() => waitEvent(wq, () => writeOnce(flag, 1))).toThrow('wait_event: expected a condition');
  });

  test('with a timeout never sleeps for ever, and tells how it ended', () => {
    const outcomes = new Set<number>();
    const { layout, wq, flag } = world();
    const result = check(
      layout,
      [
        function* () {
          const end = yield* waitEventTimeout(wq, () => isSet(flag));
          yield* writeOnce(flag, end === 'met' ? 2 : 3);
        },
        function* () {
          yield* writeOnce(flag, 1);
          yield* wakeUp(wq);
        },
      ],
      { finals: { ends: (memory) => outcomes.add(memory.get(flag)).size > 0 } },
    );
    expect([result.verdict, outcomes]).toEqual(['holds', new Set([1, 2, 3])]);
  });
});

describe('exclusive waiters', () => {
  const handing = (wakeUps: number, wake: (wq: WaitQueueHead) => Request<void>, passesOn: boolean): string => {
    const { layout, wq, flag: tokens } = world();
    const take = defineOperation({
      name: 'take',
      run: (memory: Memory, cell: Cell<number>): boolean => {
        const count = memory.get(cell);
        if (count > 0) memory.set(cell, count - 1);
        return count > 0;
      },
    });
    const taker: Body = function* () {
      yield* waitEventExclusive(wq, () => take(tokens));
      if (passesOn) yield* wakeUp(wq);
    };
    const giver: Body = function* () {
      for (let i = 0; i < 2; i++) {
        yield* modify('add', 'give', 'relaxed', tokens, 1);
        if (i < wakeUps) yield* wake(wq);
      }
    };
    return outcome(check(layout, [taker, taker, giver]));
  };

  test('are all served when each wakes the next, or all are woken', () => {
    expect(handing(2, wakeUp, true)).toBe('holds');
    expect(handing(2, wakeUpAll, false)).toBe('holds');
  });

  test('twin: a wake-up that hits one who just helped himself is lost', () => {
    expect(handing(2, wakeUp, false)).toBe('deadlock');
  });

  test('twin: nobody woken, nobody served', () => {
    expect(handing(0, wakeUp, true)).toBe('deadlock');
  });

  test('wake oldest first, and all others at once', () => {
    const { layout, wq } = world();
    const memory = new Memory(layout);
    const as = <T>(thread: number, request: Request<T>): T => {
      memory.thread = thread;
      return runDirect(memory, request);
    };
    const asleep = (thread: number): boolean => {
      try {
        as(thread, schedule(wq));
        return false;
      } catch {
        return true;
      }
    };
    for (const t of [3, 1, 2]) as(t, prepareToWaitExclusive(wq));
    for (const t of [4, 5]) as(t, prepareToWait(wq));
    const left = () => [1, 2, 3, 4, 5].filter(asleep);
    expect(left()).toEqual([1, 2, 3, 4, 5]);
    as(0, wakeUp(wq));
    expect(left()).toEqual([1, 2]);
    as(1, finishWait(wq));
    expect(left()).toEqual([2]);
    as(0, wakeUpAll(wq));
    expect(left()).toEqual([]);
  });
});

describe('a completion', () => {
  const make = () => {
    const layout = new Layout();
    return { layout, completion: layout.one('done', Completion), result: layout.one('result', u32) };
  };
  const waiting = (completes: readonly ((c: Completion) => Request<void>)[], waiters: number): string => {
    const { layout, completion } = make();
    const waiter: Body = function* () {
      yield* waitForCompletion(completion);
    };
    return outcome(
      check(layout, [
        ...Array.from({ length: waiters }, () => waiter),
        function* () {
          for (const done of completes) yield* done(completion);
        },
      ]),
    );
  };

  test('lets on one waiter for each thing done, whichever comes first', () => {
    expect(waiting([complete], 1)).toBe('holds');
    expect(waiting([complete, complete], 2)).toBe('holds');
    expect(waiting([completeAll], 3)).toBe('holds');
  });

  test('twins: too few, or none, leave a waiter asleep', () => {
    expect(waiting([], 1)).toBe('deadlock');
    expect(waiting([complete], 2)).toBe('deadlock');
  });

  const publishing = (waits: boolean): string => {
    const { layout, completion, result } = make();
    return outcome(
      check(
        layout,
        [
          function* () {
            yield* writeOnce(result, 1);
            yield* complete(completion);
          },
          function* () {
            if (waits) yield* waitForCompletion(completion);
            yield* writeOnce(result, (yield* readOnce(result)) + 1);
          },
        ],
        { finals: { seen: (memory) => memory.get(result) === 2 } },
      ),
    );
  };

  test('what was done before it is seen after it', () => {
    expect(publishing(true)).toBe('holds');
  });

  test('twin: not without waiting', () => {
    expect(publishing(false)).toBe('invariant');
  });

  test('twin: begun anew after it was completed, it is waited for in vain', () => {
    const { layout, completion } = make();
    expect(
      outcome(
        check(layout, [
          function* () {
            yield* complete(completion);
          },
          function* () {
            yield* reinitCompletion(completion);
            yield* waitForCompletion(completion);
          },
        ]),
      ),
    ).toBe('deadlock');
  });

  test('can be tried and asked', () => {
    const { layout, completion } = make();
    const memory = new Memory(layout);
    const run = runDirect.bind(undefined, memory);
    expect([run(tryWaitForCompletion(completion)), run(completionDone(completion))]).toEqual([false, false]);
    run(complete(completion));
    expect([
      run(completionDone(completion)),
      run(tryWaitForCompletion(completion)),
      run(completionDone(completion)),
    ]).toEqual([true, true, false]);
    run(completeAll(completion));
    run(complete(completion));
    expect([1, 2].map(() => run(tryWaitForCompletion(completion)))).toEqual([true, true]);
    run(reinitCompletion(completion));
    expect(run(completionDone(completion))).toBe(false);
    expect(run(waitForCompletionTimeout(completion))).toBe('timed out');
    expect(memory.get(completion.wait.exclusive[0])).toBe(0);
  });

  test('with a timeout ends both ways', () => {
    const { layout, completion, result } = make();
    const seen = new Set<number>();
    const found = check(
      layout,
      [
        function* () {
          yield* writeOnce(result, (yield* waitForCompletionTimeout(completion)) === 'met' ? 1 : 2);
        },
        function* () {
          yield* complete(completion);
        },
      ],
      { finals: { ends: (memory) => seen.add(memory.get(result)).size > 0 } },
    );
    expect([found.verdict, seen]).toEqual(['holds', new Set([1, 2])]);
  });
});

test('waiters that are declared to be alike are searched once', () => {
  const searching = (symmetry: boolean) => {
    const { layout, wq, flag } = world();
    const waiter = kfunc('waiter', function* () {
      yield* waitEvent(wq, () => readOnce(flag));
    });
    const waker = kfunc('waker', function* () {
      yield* writeOnce(flag, 1);
      yield* wakeUp(wq);
    });
    return checkSync(
      {
        layout,
        threads: [
          ...[0, 1, 2].map((i) => ({ name: `waiter${i}`, run: () => waiter() })),
          { name: 'waker', run: () => waker() },
        ],
        symmetries: [{ name: 'waiters', size: 3, threads: [[0, 1, 2]] }],
      },
      { symmetry },
    );
  };
  const [reduced, full] = [searching(true), searching(false)];
  expect([reduced.verdict, full.verdict]).toEqual(['holds', 'holds']);
  expect(reduced.states).toBeLessThan(full.states / 2);
});
