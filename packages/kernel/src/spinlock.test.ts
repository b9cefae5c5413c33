import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  readOnce,
  runDirect,
  sleepLockWord,
  u32,
  writeOnce,
  type System,
  type Kthread,
  type Request,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { bug, bugOn, warnOn, warnOnOnce } from './bug.js';
import { current, declareThreads, smpProcessorId } from './contexts.js';
import {
  irqEnter,
  irqExit,
  irqSafe,
  localIrqDisable,
  localIrqEnable,
  localIrqRestore,
  localIrqSave,
  preemptDisable,
  preemptEnable,
} from './irq.js';
import { inAtomic, mightSleep } from './might-sleep.js';
import {
  spinLock,
  spinLockIrq,
  spinLockIrqsave,
  spinTrylock,
  spinUnlock,
  spinUnlockIrq,
  spinUnlockIrqrestore,
  spinlockT,
} from './spinlock.js';

describe('a spin lock', () => {
  const counting = (locks: boolean): System => {
    const layout = new Layout();
    const lock = layout.one('lock', spinlockT);
    const count = layout.one('count', locks ? u32.guardedBy('lock') : u32);
    const worker = kfunc('worker', function* () {
      if (locks) yield* spinLock(lock);
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      if (locks) yield* spinUnlock(lock);
    });
    return {
      layout,
      threads: ['A', 'B', 'C'].map((name) => ({ name, run: () => worker() })),
      finals: { total: (memory) => memory.get(count) === 3 },
    };
  };

  test('keeps an increment whole', () => {
    expect(checkSync(counting(true)).verdict).toBe('holds');
  });

  test('twin: without it an increment is lost', () => {
    expect(checkSync(counting(false)).violation?.name).toBe('total');
  });

  const alone = (body: (lock: ReturnType<typeof lockOf>['lock']) => Kthread<unknown>): string | undefined => {
    const { layout, lock } = lockOf();
    const worker = kfunc('worker', function* () {
      yield* body(lock);
    });
    return checkSync({ layout, threads: [{ name: 'T', run: () => worker() }] }).violation?.name;
  };
  const lockOf = () => {
    const layout = new Layout();
    return { layout, lock: layout.one('lock', spinlockT) };
  };

  test('taken twice, let go by another, and held at the end are reported', () => {
    expect(
      alone(function* (lock) {
        yield* spinLock(lock);
        yield* spinLock(lock);
      }),
    ).toBe('recursive-lock');
    expect(
      alone(function* (lock) {
        yield* spinUnlock(lock);
      }),
    ).toBe('unlock-by-non-owner');
    expect(
      alone(function* (lock) {
        yield* spinLock(lock);
      }),
    ).toBe('held-at-exit');
  });

  test('is tried', () => {
    const { layout, lock } = lockOf();
    const memory = new Memory(layout);
    expect(runDirect(memory, spinTrylock(lock))).toBe(true);
    memory.thread = 1;
    expect(runDirect(memory, spinTrylock(lock))).toBe(false);
    expect(() => {
      runDirect(memory, spinLock(lock));
    }).toThrow('would block');
  });

  test('is no mutex', () => {
    const layout = new Layout();
    expect(() => spinLock(layout.one('mutex', sleepLockWord))).toThrow(
      'spin_lock: expected a spin lock, got a sleep lock',
    );
  });

  test('with irqsave needs no declared threads', () => {
    const { layout, lock } = lockOf();
    const memory = new Memory(layout);
    const flags = runDirect(memory, spinLockIrqsave(lock));
    runDirect(memory, spinUnlockIrqrestore(lock, flags));
    expect(memory.get(lock)).toBe(0);
  });
});

describe('an interrupt handler of the same CPU', () => {
  /** A task counts with `enter`/`leave` around, a handler of its CPU counts too. */
  const counting = (irqsOff: boolean, handlerCpu: number): System => {
    const layout = new Layout();
    declareThreads(layout, [{ cpu: 0 }, { cpu: handlerCpu, context: 'hardirq' }]);
    const count = layout.one('count', u32);
    const task = kfunc('task', function* () {
      const flags = irqsOff ? yield* localIrqSave() : 0;
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      if (irqsOff) yield* localIrqRestore(flags);
    });
    const handler = kfunc('handler', function* () {
      yield* irqEnter();
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      yield* irqExit();
    });
    return {
      layout,
      threads: [
        { name: 'task', run: () => task() },
        { name: 'irq', run: () => handler() },
      ],
      finals: { total: (memory) => memory.get(count) === 2 },
    };
  };

  test('is kept out by interrupts off', () => {
    expect(checkSync(counting(true, 0)).verdict).toBe('holds');
  });

  test('twin: with interrupts on, or on another CPU, it is not', () => {
    expect(checkSync(counting(false, 0)).violation?.name).toBe('total');
    expect(checkSync(counting(true, 1)).violation?.name).toBe('total');
  });

  const sharing = (irqs: boolean): System => {
    const layout = new Layout();
    declareThreads(layout, [{ cpu: 0 }, { cpu: 0, context: 'hardirq' }]);
    const lock = layout.one('lock', spinlockT);
    const task = kfunc('task', function* () {
      if (irqs) yield* spinLock(lock);
      else yield* spinLockIrq(lock);
      if (irqs) yield* spinUnlock(lock);
      else yield* spinUnlockIrq(lock);
    });
    const handler = kfunc('handler', function* () {
      yield* irqEnter();
      yield* spinLock(lock);
      yield* spinUnlock(lock);
      yield* irqExit();
    });
    return {
      layout,
      threads: [
        { name: 'task', run: () => task() },
        { name: 'irq', run: () => handler(), kind: 'device', repeat: true },
      ],
      invariants: { 'irq-safe': irqSafe(layout, [lock]) },
    };
  };

  test('may take a lock that the task takes with interrupts off', () => {
    expect(checkSync(sharing(false)).verdict).toBe('holds');
  });

  test('twin: not one that it takes with interrupts on', () => {
    expect(checkSync(sharing(true)).violation?.message).toBe(
      'thread 0 holds lock, which a handler of CPU 0 takes, with interrupts on',
    );
  });
});

describe('preemption off', () => {
  const counting = (off: boolean, cpus: readonly number[]): string => {
    const layout = new Layout();
    declareThreads(
      layout,
      cpus.map((cpu) => ({ cpu })),
    );
    const count = layout.one('count', u32);
    const worker = kfunc('worker', function* () {
      if (off) yield* preemptDisable();
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      if (off) yield* preemptEnable();
    });
    const result = checkSync({
      layout,
      threads: cpus.map((_, i) => ({ name: `T${i}`, run: () => worker() })),
      finals: { total: (memory) => memory.get(count) === cpus.length },
    });
    return result.violation?.name ?? result.verdict;
  };

  test('keeps the threads of one CPU apart', () => {
    expect(counting(true, [0, 0])).toBe('holds');
  });

  test('twin: not those of two, and not if it is on', () => {
    expect(counting(true, [0, 1])).toBe('total');
    expect(counting(false, [0, 0])).toBe('total');
  });
});

describe('where one must not sleep', () => {
  const sleeping = (context: 'task' | 'hardirq' | 'atomic', body?: () => Kthread<unknown>): string => {
    const layout = new Layout();
    declareThreads(layout, [{ context }]);
    const worker = kfunc('worker', function* () {
      if (body !== undefined) yield* body();
      yield* mightSleep();
    });
    const { verdict, violation } = checkSync({ layout, threads: [{ name: 'T', run: () => worker() }] });
    return violation?.message.replace('the function may sleep, but the caller ', '') ?? verdict;
  };

  const only = (request: () => Request<unknown>) =>
    function* (): Kthread<void> {
      yield* request();
    };

  test('is a function of memory, where the same code sleeps once well and once not', () => {
    const model = (): System => {
      const layout = new Layout();
      declareThreads(layout, [{ context: 'task' }]);
      const worker = kfunc('worker', function* () {
        yield* mightSleep();
        yield* preemptDisable();
        yield* mightSleep();
      });
      return { layout, threads: [{ name: 'T', run: () => worker() }] };
    };
    expect(checkSync(model).violation?.kind).toBe('sleep-in-atomic');
  });

  test('is told with the reason', () => {
    expect(sleeping('task')).toBe('holds');
    expect(sleeping('hardirq')).toBe('runs in hardirq context');
    expect(sleeping('atomic')).toBe('runs in atomic context');
    expect(sleeping('task', only(preemptDisable))).toBe('has preemption off');
    expect(sleeping('task', only(localIrqDisable))).toBe('has interrupts off');
    expect(sleeping('task', only(irqEnter))).toBe('is an interrupt handler');
  });

  test('interrupts and preemption back on, one may again', () => {
    expect(
      sleeping('task', function* () {
        yield* localIrqDisable();
        yield* localIrqEnable();
        yield* preemptDisable();
        yield* preemptDisable();
        yield* preemptEnable();
        yield* preemptEnable();
      }),
    ).toBe('holds');
  });

  test('one preempt_enable too many is reported', () => {
    expect(sleeping('task', only(preemptEnable))).toContain('preempt_enable without its counterpart');
  });

  test('can be asked', () => {
    const layout = new Layout();
    declareThreads(layout, [{}, { cpu: 5, context: 'softirq' }]);
    const memory = new Memory(layout);
    expect(runDirect(memory, inAtomic())).toBe(false);
    memory.thread = 1;
    expect([runDirect(memory, inAtomic()), runDirect(memory, smpProcessorId()), runDirect(memory, current())]).toEqual([
      true,
      5,
      1,
    ]);
  });
});

describe('BUG and WARN', () => {
  const running = (body: () => Kthread<unknown>) => {
    const layout = new Layout();
    const after = layout.one('after', u32);
    const worker = kfunc('worker', function* () {
      yield* body();
      yield* writeOnce(after, 1);
    });
    return { system: { layout, threads: [{ name: 'T', run: () => worker() }] }, after };
  };

  test.each([
    ['BUG', () => bug('no way')],
    [
      'BUG_ON',
      function* () {
        bugOn(true, 'no way');
      },
    ],
    ['WARN_ON', () => warnOn(true, 'no way')],
    ['WARN_ON_ONCE', () => warnOnOnce(true, 'no way')],
  ] as [string, () => Kthread<unknown>][])('%s is an assertion', (name, body) => {
    expect(checkSync(running(body).system).violation).toEqual({ kind: 'assertion', name, message: 'no way' });
  });

  test('what does not happen is not reported', () => {
    expect(
      checkSync(
        running(function* () {
          bugOn(false, 'no way');
          expect(yield* warnOn(false, 'no way')).toBe(false);
        }).system,
      ).verdict,
    ).toBe('holds');
  });

  test('a warning goes on, a bug does not', () => {
    const warned = running(() => warnOn(true, 'no way'));
    expect(
      checkSync(
        { ...warned.system, finals: { 'got-on': (memory) => memory.get(warned.after) === 0 } },
        { only: ['got-on'] },
      ).verdict,
    ).toBe('violated');
    const dead = running(() => bug('no way'));
    expect(
      checkSync(
        { ...dead.system, finals: { 'got-on': (memory) => memory.get(dead.after) === 0 } },
        { only: ['got-on'] },
      ).verdict,
    ).toBe('holds');
  });
});
