import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KernelBug } from './kernel-bug.js';
import { kfunc, spinUntil } from './kfunc.js';
import { Layout } from './layout.js';
import { defineOperation } from './operation.js';
import { choose, lockAcquire, lockRelease, readOnce, waitFor, writeOnce, type Request } from './request.js';
import type { Cell } from './struct.js';
import type { System, Thread } from './system.js';
import { bool, sleepLockWord, spinLockWord, u32, u8 } from './types.js';
import type { Memory } from './memory.js';
import { runInVirtualTime, type TimedCall, type VirtualTimeOptions } from './virtual-time.js';

/** A step that takes as many nanoseconds as its argument says. */
const work = defineOperation({ name: 'work', run: (_memory: Memory, _nanoseconds: number): void => undefined });
const byArgument = ({ label, args }: Request<unknown>): number => (label === 'work' ? Number(args[0]) : 0);
const timing = { durationOf: byArgument };

function threadsOf(bodies: readonly (() => Request<unknown>)[]): Thread[] {
  return bodies.map((run, i) => ({ name: `T${i}`, run }));
}
const timeOf = (system: System, options: VirtualTimeOptions = {}): number => {
  const { outcome, time } = runInVirtualTime(system, { timing, ...options });
  expect(outcome).toBe('ended');
  return time;
};

describe('how long a run takes', () => {
  const busy = kfunc('busy', function* (...durations: number[]) {
    for (const duration of durations) yield* work(duration);
  });
  const three = (): System => ({
    layout: new Layout(),
    threads: threadsOf([() => busy(1, 2, 3), () => busy(5), () => busy(4, 0)]),
  });

  test('threads with CPUs of their own take as long as the longest', () => {
    expect(timeOf(three())).toBe(6);
  });

  test('threads of one CPU take as long as all together, those on CPUs of their own do not count', () => {
    expect(timeOf(three(), { timing: { ...timing, cpuOf: () => 0 } })).toBe(15);
    expect(timeOf(three(), { timing: { ...timing, cpuOf: (thread) => (thread === 1 ? undefined : 0) } })).toBe(10);
  });

  test('every thread says when it ended, and a run without threads is over at once', () => {
    expect(runInVirtualTime(three(), { timing }).endedAt).toEqual([6, 5, 4]);
    expect(timeOf({ layout: new Layout(), threads: [] })).toBe(0);
  });

  test.each([
    ['a spin lock', spinLockWord],
    ['a sleeping lock', sleepLockWord],
  ])('%s is had in turn, in the order of asking', (_, type) => {
    const layout = new Layout();
    const lock = layout.one('lock', type);
    const order: TimedCall[] = [];
    const hold = kfunc('hold', function* (duration: number) {
      yield* lockAcquire(lock, 'lock');
      yield* work(duration);
      yield* lockRelease(lock, 'unlock');
    });
    const arrive = kfunc('arrive', function* (after: number, duration: number) {
      yield* work(after);
      yield* hold(duration);
    });
    const threads = threadsOf([() => arrive(2, 10), () => arrive(0, 5), () => arrive(1, 7)]);
    timeOf({ layout, threads }, { onReturn: (call) => call.func === 'hold' && order.push(call) });
    expect(order.map(({ thread, begin, end }) => [thread, begin, end])).toEqual([
      [1, 0, 5],
      [2, 1, 12],
      [0, 2, 22],
    ]);
  });

  test('who sleeps gives its CPU to others, who waits busily does not', () => {
    const layout = new Layout();
    const flag = layout.one('flag', bool);
    const asleep = defineOperation({
      name: 'sleep',
      when: (memory: Memory) => memory.get(flag),
      run: (_memory: Memory): void => undefined,
    });
    const ring = kfunc('ring', function* () {
      yield* work(10);
      yield* writeOnce(flag, true);
    });
    const sleeper = kfunc('sleeper', function* () {
      yield* asleep();
      yield* work(1);
    });
    const waiter = kfunc('waiter', function* () {
      yield* waitFor(flag, { equals: 1 });
      yield* work(1);
    });
    const cpuOf = (thread: number): number => (thread === 0 ? 1 : 0);
    const onOneCpu = (first: () => Request<unknown>): number =>
      timeOf({ layout, threads: threadsOf([() => ring(), first, () => busy(8)]) }, { timing: { ...timing, cpuOf } });
    expect(onOneCpu(() => sleeper())).toBe(11);
    expect(onOneCpu(() => waiter())).toBe(19);
  });

  test('a device takes its time while the thread that started it does something else', () => {
    const layout = new Layout();
    const pending = layout.one('pending', bool);
    const complete = defineOperation({
      name: 'work',
      when: (memory: Memory, _duration: number) => memory.get(pending),
      run: (memory: Memory, _duration: number): void => {
        memory.set(pending, false);
      },
    });
    const device = kfunc('device', function* () {
      yield* complete(100);
    });
    const driver = kfunc('driver', function* () {
      for (let i = 0; i < 3; i++) {
        yield* writeOnce(pending, true);
        yield* work(30);
        yield* waitFor(pending, { equals: 0 });
      }
    });
    const threads: Thread[] = [
      { name: 'driver', run: () => driver() },
      { name: 'device', kind: 'device', repeat: true, run: () => device() },
    ];
    expect(timeOf({ layout, threads })).toBe(300);
  });

  test('an attempt of a spin loop is made again when memory has changed, and each takes its time', () => {
    const layout = new Layout();
    const tickets = layout.one('tickets', u32);
    const tick = kfunc('tick', function* () {
      for (let i = 1; i <= 3; i++) {
        yield* work(10);
        yield* writeOnce(tickets, i);
      }
    });
    const look = kfunc('look', function* () {
      const seen = yield* readOnce(tickets);
      yield* work(4);
      return seen === 3;
    });
    const spin = kfunc('spin', function* () {
      yield* spinUntil(() => look());
    });
    let looks = 0;
    const returned = ({ func }: TimedCall): void => {
      if (func === 'look') looks++;
    };
    expect(timeOf({ layout, threads: threadsOf([() => tick(), () => spin()]) }, { onReturn: returned })).toBe(34);
    expect(looks).toBe(1);
  });
});

describe('against closed forms', () => {
  /** Completion times of a flow shop, by the recurrence every textbook of scheduling has. */
  function flowShop(times: readonly (readonly number[])[]): number {
    const free = times[0].map(() => 0);
    for (const job of times)
      for (const [stage, time] of job.entries())
        free[stage] = Math.max(free[stage], stage === 0 ? 0 : free[stage - 1]) + time;
    return free[free.length - 1];
  }

  test('jobs that pass stages one after the other', () => {
    const shop = fc
      .integer({ min: 1, max: 5 })
      .chain((stages) =>
        fc.array(fc.array(fc.nat(100), { minLength: stages, maxLength: stages }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(shop, (times) => {
        const layout = new Layout();
        const done = layout.array<typeof u8>('done', u8, times[0].length);
        const stage = kfunc('stage', function* (number: number) {
          for (const [job, durations] of times.entries()) {
            if (number > 0) yield* reached(done[number - 1], job + 1);
            yield* work(durations[number]);
            yield* writeOnce(done[number], job + 1);
          }
        });
        const threads = times[0].map((_, number) => ({ name: `stage ${number}`, run: () => stage(number) }));
        expect(timeOf({ layout, threads })).toBe(flowShop(times));
      }),
      { numRuns: 60 },
    );
  });

  const reached = defineOperation({
    name: 'wait',
    when: (memory: Memory, cell: Cell<number>, least: number) => memory.get(cell) >= least,
    run: (_memory: Memory, _cell: Cell<number>, _least: number): void => undefined,
  });

  /** Tasks, each with a duration and those before it that it needs. */
  const graph = fc.array(fc.record({ time: fc.nat(50), needs: fc.array(fc.nat(20), { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 12,
  });

  test('tasks that need others: the critical path, and with few CPUs what list scheduling is bounded by', () => {
    fc.assert(
      fc.property(graph, fc.integer({ min: 1, max: 4 }), (raw, cpus) => {
        const tasks = raw.map(({ time, needs }, i) => ({ time, needs: i === 0 ? [] : needs.map((need) => need % i) }));
        const ends: number[] = [];
        for (const { time, needs } of tasks) ends.push(Math.max(0, ...needs.map((need) => ends[need])) + time);
        const path = Math.max(...ends);
        const total = tasks.reduce((sum, { time }) => sum + time, 0);
        const layout = new Layout();
        const done = layout.array<typeof u8>('done', u8, tasks.length);
        const task = kfunc('task', function* (number: number) {
          for (const need of tasks[number].needs) yield* reached(done[need], 1);
          yield* work(tasks[number].time);
          yield* writeOnce(done[number], 1);
        });
        const system = { layout, threads: threadsOf(tasks.map((_, number) => () => task(number))) };
        expect(timeOf(system)).toBe(path);
        const onOne = timeOf(system, { timing: { ...timing, cpuOf: () => 0 } });
        expect(onOne).toBe(total);
        const onFew = timeOf(system, { timing: { ...timing, cpuOf: (thread) => thread % cpus } });
        expect(onFew).toBeGreaterThanOrEqual(Math.max(path, Math.ceil(total / cpus)));
        expect(onFew).toBeLessThanOrEqual(total);
      }),
      { numRuns: 100 },
    );
  });

  test('a run is a function of its arguments', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 2, maxLength: 10 }), (durations) => {
        const once = (): unknown => {
          const layout = new Layout();
          const lock = layout.one('lock', spinLockWord);
          const user = kfunc('user', function* (duration: number) {
            yield* lockAcquire(lock, 'lock');
            yield* work(duration);
            yield* lockRelease(lock, 'unlock');
            yield* work(yield* choose(3));
          });
          const calls: TimedCall[] = [];
          const { memory, ...run } = runInVirtualTime(
            { layout, threads: threadsOf(durations.map((duration) => () => user(duration))) },
            { timing, choose: (ways) => calls.length % ways, onReturn: (call) => calls.push(call) },
          );
          expect(memory.get(lock)).toBe(0);
          return [run, calls];
        };
        expect(once()).toEqual(once());
      }),
      { numRuns: 30 },
    );
  });
});

describe('a run that does not end well', () => {
  const layout = new Layout();
  const flag = layout.one('flag', u8);
  const toggle = kfunc('toggle', function* () {
    yield* work(5);
    yield* writeOnce(flag, 1);
    yield* work(5);
    yield* writeOnce(flag, 0);
  });
  const never = kfunc('never', function* () {
    yield* waitFor(flag, { equals: 2 });
  });
  const isSet = kfunc('is_set', function* () {
    return (yield* readOnce(flag)) === 2;
  });
  const spins = kfunc('spins', function* () {
    yield* spinUntil(() => isSet());
  });

  test('is stuck, and says who waits for what', () => {
    const threads = threadsOf([() => never(), () => spins(), () => toggle()]);
    const run = runInVirtualTime({ layout, threads }, { timing });
    expect(run).toMatchObject({ outcome: 'stuck', time: 10, endedAt: [undefined, undefined, 10] });
    expect(run.waits).toEqual([
      { thread: 'T0', step: 'smp_cond_load_acquire flag' },
      { thread: 'T1', step: 'spins in is_set' },
    ]);
  });

  test('ends after the time, or the steps, that are allowed', () => {
    const threads = [{ name: 'T0', repeat: true, run: () => toggle() }];
    expect(runInVirtualTime({ layout, threads }, { timing, until: 1007 })).toMatchObject({
      outcome: 'until',
      time: 1007,
      steps: 402,
    });
    expect(runInVirtualTime({ layout, threads }, { timing, maxSteps: 8 })).toMatchObject({
      outcome: 'max-steps',
      time: 20,
      steps: 8,
    });
  });

  test('throws what is broken: a rule, an invariant, a final', () => {
    const threads = threadsOf([() => toggle()]);
    const system = { layout, threads, timing };
    const broken = (more: Partial<System>) => (): unknown => runInVirtualTime({ ...system, ...more });
    expect(broken({ invariants: { clear: (memory) => memory.get(flag) === 0 } })).toThrow('clear does not hold');
    expect(broken({ finals: { set: (memory) => memory.get(flag) === 1 || 'it is clear' } })).toThrow('it is clear');
    const word = new Layout();
    const lock = word.one('lock', spinLockWord);
    const wrong = kfunc('wrong', function* () {
      yield* lockRelease(lock, 'unlock');
    });
    expect(() => runInVirtualTime({ layout: word, threads: threadsOf([() => wrong()]), timing })).toThrow(KernelBug);
  });

  test.each([-1, NaN, Infinity])('refuses a duration of %d', (duration) => {
    const threads = threadsOf([() => toggle()]);
    const timed = { layout, threads, timing: { durationOf: () => duration } };
    expect(() => runInVirtualTime(timed)).toThrow(`duration of work: expected nanoseconds >= 0, got ${duration}`);
  });

  test('refuses a system without a timing', () => {
    expect(() => runInVirtualTime({ layout, threads: [] })).toThrow(TypeError);
  });
});
