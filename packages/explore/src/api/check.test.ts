import {
  ImpureModel,
  KernelBug,
  Layout,
  ModelError,
  choose,
  chooseMember,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  modify,
  read,
  readOnce,
  report,
  rmw,
  sleepLockWord,
  spinLockWord,
  spinUntil,
  struct,
  u32,
  u8,
  waitFor,
  write,
  writeOnce,
  type Given,
  type Kthread,
  type Memory,
  type Request,
  type Scenario,
  type System,
} from '@shootdown/machine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dekker, peterson, ticketLock } from '../../scenarios/mutual-exclusion.js';
import { toy } from '../../scenarios/toy.js';
import { Check, STRATEGIES, StaleSchedule, checkSync, replay, type SearchOptions } from '../index.js';
import { formatSchedule, parseSchedule } from '../counterexample/schedule-text.js';

const build = (scenario: Scenario, variant: string): System =>
  scenario.build({
    given: Object.fromEntries(
      Object.entries(scenario.given).map(([name, spec]): [string, Given] => [name, spec.default]),
    ),
    variant,
    checks: () => true,
  });

/** Threads that run these bodies over a few cells. */
function system(
  make: (cells: ReturnType<typeof world>) => Record<string, () => Kthread<unknown>>,
  rest: (cells: ReturnType<typeof world>) => Partial<System> = () => ({}),
): System {
  const cells = world();
  const threads = Object.entries(make(cells)).map(([name, body]) => {
    const main = kfunc(name, body as () => Kthread<void>);
    return { name, run: (): Request<unknown> => main() };
  });
  return { layout: cells.layout, threads, ...rest(cells) };
}

function world() {
  const layout = new Layout();
  const [a, b] = [layout.one('a', spinLockWord), layout.one('b', spinLockWord)];
  return {
    layout,
    a,
    b,
    m: layout.one('m', sleepLockWord),
    x: layout.one('x', u8),
    y: layout.one('y', u8),
    g: layout.one('g', u8.guardedBy('a')),
  };
}

/** `x` counts up for ever. */
const counter = (): System =>
  system(({ x }) => ({
    T0: function* () {
      for (;;) yield* rmw('add', 'atomic_inc', 'full', x, 1);
    },
    T1: function* () {
      yield* writeOnce(x, 0);
    },
  }));
const nothing = (): System =>
  system(() => ({
    T0: function* () {
      return undefined;
    },
  }));

describe('every strategy', () => {
  const twins = [peterson, dekker, ticketLock];
  it.each(STRATEGIES.flatMap((strategy) => twins.map((scenario) => ({ strategy, scenario, name: scenario.name }))))(
    '$strategy finds the broken twin of $name',
    ({ strategy, scenario }) => {
      const result = checkSync(build(scenario, 'broken'), { strategy, only: ['mutual-exclusion'] });
      expect(result).toMatchObject({
        verdict: 'violated',
        complete: false,
        strategy,
        violation: { kind: 'invariant', name: 'mutual-exclusion' },
      });
    },
  );

  it.each(['dfs', 'bfs'] as const)('%s exhausts what is correct', (strategy) => {
    for (const scenario of twins)
      expect(checkSync(build(scenario, 'correct'), { strategy })).toMatchObject({ verdict: 'holds', complete: true });
  });

  it.each(['random', 'pct'] as const)('%s never says that something holds', (strategy) => {
    expect(checkSync(build(peterson, 'correct'), { strategy, maxRuns: 5 })).toMatchObject({
      verdict: 'unknown',
      complete: false,
      bound: 'runs',
    });
  });

  it.each(['random', 'pct'] as const)('%s gives the same answer for the same seed', (strategy) => {
    const once = (seed: number) => checkSync(build(ticketLock, 'broken'), { strategy, seed, shrink: false }).schedule;
    expect(once(3)).toBe(once(3));
  });

  it('refuses a strategy that is none', () => {
    expect(() => checkSync(nothing(), { strategy: 'depth' } as unknown as SearchOptions)).toThrow(
      /expected a strategy of dfs, bfs/,
    );
  });

  it('does not hang on a model without a step', () => {
    for (const strategy of ['random', 'pct'] as const)
      expect(checkSync(nothing(), { strategy, maxRuns: 3 })).toMatchObject({ verdict: 'unknown', bound: 'runs' });
    for (const strategy of ['dfs', 'bfs'] as const)
      expect(checkSync(nothing(), { strategy })).toMatchObject({ verdict: 'holds', states: 1 });
  });
});

describe('a bound', () => {
  it.each([
    ['states', { maxStates: 500 }],
    ['states', { maxStates: 500, strategy: 'bfs' }],
    ['states', { maxStates: 500, strategy: 'random' }],
    ['states', { maxStates: 0 }],
    ['seconds', { maxSeconds: 0 }],
    ['seconds', { maxSeconds: 0, strategy: 'pct' }],
    ['memory', { maxMemoryMiB: 0.1 }],
    ['memory', { maxMemoryMiB: 1 }],
    ['memory', { maxMemoryMiB: 1, strategy: 'bfs' }],
    ['runs', { strategy: 'random', maxRuns: 2 }],
    ['runs', { strategy: 'pct', maxRuns: 0 }],
  ] as [string, SearchOptions][])('of %s ends the search undecided: %o', (bound, options) => {
    const result = checkSync(toy(4, false), { reduction: false, only: ['invariant'], ...options });
    expect(result).toMatchObject({ verdict: 'unknown', complete: false, bound });
    expect(result.violation).toBeUndefined();
  });

  it('of states is never passed', () => {
    for (const maxStates of [2, 77, 1000])
      expect(checkSync(toy(3, false), { reduction: false, only: ['invariant'], maxStates }).states).toBeLessThanOrEqual(
        maxStates,
      );
  });

  it('of the caller is named by him', () => {
    const check = new Check(toy(4, false), { reduction: false });
    check.advance();
    check.stop('keyboard');
    expect(check.advance()).toBe(true);
    expect(check.result()).toMatchObject({ verdict: 'unknown', complete: false, bound: 'keyboard' });
  });

  it('that comes too late changes nothing', () => {
    const check = new Check(build(peterson, 'correct'));
    while (!check.advance());
    check.stop('keyboard');
    expect(check.result()).toMatchObject({ verdict: 'holds', complete: true });
  });

  it('ends a model of infinitely many histories', () => {
    expect(checkSync(counter(), { maxStates: 300 })).toMatchObject({ verdict: 'unknown', bound: 'states' });
  });

  it('names devices that run too long to decide whether a thread waits for ever', () => {
    const layout = new Layout();
    const [count, never] = [layout.one('count', u32), layout.one('never', u8)];
    const waiter = kfunc('waiter', function* () {
      yield* waitFor(never, { equals: 1 });
    });
    const clock = kfunc('clock', function* () {
      yield* modify('add', 'tick', 'relaxed', count, 1);
      yield* waitFor(count, { differs: 0 });
    });
    const model: System = {
      layout,
      threads: [
        { name: 'waiter', run: () => waiter() },
        { name: 'clock', kind: 'device', repeat: true, run: () => clock() },
      ],
      invariants: { small: (m) => m.get(count) >= 0 },
    };
    expect(checkSync(model)).toMatchObject({ verdict: 'unknown', bound: 'device closure' });
    expect(checkSync(model, { only: ['small'], maxStates: 1000 })).toMatchObject({
      verdict: 'unknown',
      bound: 'states',
    });
  });
});

describe('bfs', () => {
  it('gives a shortest counterexample', () => {
    const lengthOf = (strategy: 'bfs' | 'dfs') =>
      parseSchedule(checkSync(build(peterson, 'broken'), { strategy, reduction: false, shrink: false }).schedule ?? '')
        .schedule.length;
    // T1 gives the turn away, T0 does and enters, T1 raises its flag and enters: no one of these steps can be left out.
    expect(lengthOf('bfs')).toBe(9);
    expect(lengthOf('dfs')).toBeGreaterThanOrEqual(9);
  });
});

describe('what is judged', () => {
  const xThenY = (rest: Partial<System>) =>
    system(
      ({ x, y }) => ({
        T0: function* () {
          yield* writeOnce(x, 1);
          yield* writeOnce(y, 1);
        },
        T1: function* () {
          yield* readOnce(x);
          yield* readOnce(y);
        },
      }),
      () => rest,
    );
  const model = (): System => {
    const cells = world();
    const writer = kfunc('writer', function* () {
      yield* writeOnce(cells.x, 1);
      yield* writeOnce(cells.x, 2);
    });
    return {
      layout: cells.layout,
      threads: [{ name: 'T0', run: () => writer() }],
      invariants: { notOne: (m) => m.get(cells.x) !== 1 || 'x is one', small: (m) => m.get(cells.x) < 2 },
      finals: { end: (m) => m.get(cells.x) === 2, never: (m) => m.get(cells.x) === 1 },
    };
  };

  it('an invariant in every state, a final where every kernel thread has ended', () => {
    expect(checkSync(model()).violation).toEqual({ kind: 'invariant', name: 'notOne', message: 'x is one' });
    expect(checkSync(model(), { only: ['small'] }).violation).toMatchObject({
      name: 'small',
      message: 'small does not hold',
    });
    expect(checkSync(model(), { only: ['never'] }).violation).toMatchObject({ kind: 'invariant', name: 'never' });
    expect(checkSync(model(), { only: ['end'] }).verdict).toBe('holds');
    expect(checkSync(model(), { only: ['deadlock', 'data-race'] }).verdict).toBe('holds');
  });

  it('the initial state too', () => {
    for (const strategy of STRATEGIES) {
      const result = checkSync(xThenY({ invariants: { no: () => false } }), { strategy });
      expect(result).toMatchObject({ verdict: 'violated', violation: { name: 'no' }, trace: [] });
      expect(replay(xThenY({ invariants: { no: () => false } }), result.schedule ?? '').violation).toMatchObject({
        name: 'no',
      });
    }
  });

  it('nothing outside the stated size, by any strategy', () => {
    const cells = world();
    const writer = kfunc('writer', function* () {
      for (const v of [1, 2, 3]) yield* writeOnce(cells.x, v);
    });
    const sized: System = {
      layout: cells.layout,
      threads: [{ name: 'T0', run: () => writer() }],
      within: (m) => m.get(cells.x) < 2,
      invariants: { small: (m) => m.get(cells.x) < 2 },
    };
    for (const strategy of ['dfs', 'bfs'] as const)
      expect(checkSync(sized, { strategy })).toMatchObject({ verdict: 'holds' });
    for (const strategy of ['random', 'pct'] as const)
      expect(checkSync(sized, { strategy, maxRuns: 3 })).toMatchObject({ verdict: 'unknown' });
  });

  it('no end of a run that broke off', () => {
    const broken = () =>
      system(
        ({ a }) => ({
          T0: function* () {
            yield* lockTry(a, 'spin_trylock');
            yield* lockAcquire(a, 'spin_lock');
          },
        }),
        () => ({ finals: { ended: () => false } }),
      );
    for (const strategy of STRATEGIES)
      expect(checkSync(broken(), { strategy, only: ['ended'], maxRuns: 3 }).verdict).toBe(
        strategy === 'dfs' || strategy === 'bfs' ? 'holds' : 'unknown',
      );
  });

  it('a warning that does not count is passed over, a thread that it does not stop goes on', () => {
    const warns = () =>
      system(({ x }) => ({
        T0: function* () {
          yield* report('assertion', 'warned', 'odd');
          yield* writeOnce(x, 1);
          throw new KernelBug('refcount', 'late', 'late');
        },
      }));
    expect(checkSync(warns()).violation).toMatchObject({ name: 'warned' });
    expect(checkSync(warns(), { only: ['late'] }).violation).toMatchObject({ name: 'late' });
  });
});

describe('a step that breaks two rules', () => {
  it.each(['use-after-free', 'guard'])('is found by either: %s', (kind) => {
    const layout = new Layout();
    layout.one('lock', spinLockWord);
    const [guarded] = layout.slab('guarded', struct('guarded', { value: u8.guardedBy('lock') }), 1).slots;
    const reader = kfunc('reader', function* () {
      yield* readOnce(guarded.value);
    });
    const model: System = { layout, threads: [{ name: 'T0', run: () => reader() }] };
    expect(checkSync(model, { only: [kind] }).violation?.kind).toBe(kind);
  });
});

describe('an operation under a lock that guards writes only', () => {
  it.each([true, false])('is seen by those who read without it; reduction %s', (reduction) => {
    const layout = new Layout();
    const lock = layout.one('lock', spinLockWord);
    const word = layout.one('word', u8.writesGuardedBy('lock'));
    const set = defineOperation({
      name: 'set',
      guard: (_value: number) => lock,
      run: (memory: Memory, value: number) => memory.set(word, value),
    });
    const writer = kfunc('writer', function* () {
      yield* lockAcquire(lock, 'spin_lock');
      yield* set(1);
      yield* set(2);
      yield* lockRelease(lock, 'spin_unlock');
    });
    const reader = kfunc('reader', function* () {
      if ((yield* readOnce(word)) === 1) throw new KernelBug('assertion', 'saw-one', 'one was seen');
    });
    const threads = [
      { name: 'T0', run: () => writer() },
      { name: 'T1', run: () => reader() },
    ];
    expect(checkSync({ layout, threads }, { reduction }).violation?.name).toBe('saw-one');
  });
});

describe('an inversion of the lock order', () => {
  /** One thread takes the locks of two interchangeable objects, either first. */
  const either = (): System => {
    const layout = new Layout();
    const objects = layout.array('object', struct('object', { lock: spinLockWord }), 2);
    const member = u8.memberOf('objects', [0, 1]);
    const main = kfunc('main', function* () {
      const first = yield* chooseMember(member);
      yield* lockAcquire(objects[first].lock, 'spin_lock');
      yield* lockAcquire(objects[1 - first].lock, 'spin_lock');
      yield* lockRelease(objects[1 - first].lock, 'spin_unlock');
      yield* lockRelease(objects[first].lock, 'spin_unlock');
    });
    const symmetries = [{ name: 'objects', size: 2, objects: [objects] }];
    return { layout, threads: [{ name: 'T0', run: () => main() }], symmetries };
  };

  it.each([true, false])('is found where one run shows one order and its image the other; symmetry %s', (symmetry) => {
    const result = checkSync(either(), { symmetry });
    expect(result).toMatchObject({ verdict: 'violated', violation: { kind: 'lock-order' } });
    expect(replay(either(), result.schedule ?? '').violation).toEqual(result.violation);
  });

  it('costs the symmetry only where it counts', () => {
    expect(checkSync(either(), { only: ['deadlock'] })).toMatchObject({
      verdict: 'holds',
      reductions: { symmetry: true },
    });
  });

  it('is told with schedules of the search that found it', () => {
    const late = (): System =>
      system(({ a, b, x, y }) => {
        const nested = kfunc('nested', function* (first: typeof a, second: typeof b) {
          yield* lockAcquire(first, 'spin_lock');
          yield* writeOnce(y, 1);
          yield* lockAcquire(second, 'spin_lock');
          yield* lockRelease(second, 'spin_unlock');
          yield* lockRelease(first, 'spin_unlock');
        });
        return {
          T0: function* () {
            yield* writeOnce(y, 2);
            yield* nested(a, b);
          },
          T1: function* () {
            if ((yield* choose(250)) !== 249) return;
            yield* readOnce(x);
            if ((yield* readOnce(y)) === 1) yield* nested(b, a);
          },
        };
      });
    for (const strategy of ['dfs', 'bfs'] as const) {
      const result = checkSync(late(), { strategy, only: ['lock-order'] });
      expect(result.verdict).toBe('violated');
      expect(replay(late(), result.schedule ?? '', ['lock-order']).violation).toEqual(result.violation);
    }
  });
});

describe('a model that is not pure', () => {
  const modes: SearchOptions[] = [{}, { checkPurity: true }, { reduction: false }];
  it.each(modes)('and peeks at memory is caught: %o', (options) => {
    const cells = world();
    let memory: Memory | undefined;
    const peek = kfunc('peek', function* () {
      yield* writeOnce(cells.x, 1);
      memory?.get(cells.x);
      yield* writeOnce(cells.x, 2);
    });
    const model: System = {
      layout: cells.layout,
      init: (m) => {
        memory = m;
      },
      threads: [{ name: 'T0', run: () => peek() }],
    };
    expect(() => checkSync(model, options)).toThrow(ImpureModel);
    expect(() => checkSync(model, options)).toThrow(/from inside a running thread.*yield\* readOnce/);
  });

  it.each(modes)('and keeps state in a closure is caught: %o', (options) => {
    const model = () => {
      let calls = 0;
      return system(({ x }) => ({
        T0: function* () {
          yield* writeOnce(x, calls++ & 1);
          yield* readOnce(x);
          yield* readOnce(x);
        },
      }));
    };
    expect(() => checkSync(model(), options)).toThrow(ImpureModel);
    expect(() => checkSync(model(), options)).toThrow(/T0 is not a pure function of the answers it was fed/);
  });

  it.each([
    ['Math.random', () => Math.random()], // eslint-disable-line no-restricted-properties -- what is to be caught
    ['Date.now', () => Date.now()], // eslint-disable-line no-restricted-globals -- what is to be caught
    ['performance.now', () => performance.now()],
    ['new Date', () => new Date().getTime()], // eslint-disable-line no-restricted-globals -- what is to be caught
    ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))[0]],
    ['process.hrtime', () => process.hrtime()[0]],
  ] as const)('and calls %s is caught, and the real one is put back', (name, call) => {
    const all = (): unknown[] => [Math.random, Date, Date.now, performance.now, crypto.getRandomValues, process.hrtime]; // eslint-disable-line -- compared, not called
    const real = all();
    const model = () =>
      system(({ x }) => ({
        T0: function* () {
          yield* writeOnce(x, call() > 0 ? 1 : 0);
        },
      }));
    expect(() => checkSync(model(), { checkPurity: true })).toThrow(ImpureModel);
    expect(() => checkSync(model(), { checkPurity: true })).toThrow(`T0 called ${name}()`);
    expect(all()).toEqual(real);
    expect(Object.keys(crypto)).toEqual([]);
  });
});

describe('a model that is none', () => {
  const nop = kfunc('nop', function* (): Kthread<boolean> {
    return false;
  });
  const failing =
    (body: () => unknown): (() => void) =>
    () =>
      checkSync(system(() => ({ broken: body as () => Kthread<unknown> })));

  it.each([
    ['a plain function', () => 3, /kfunc broken: expected a generator function \(function\*\)/],
    [
      'a plain function that answers a request',
      () => choose(2),
      /kfunc broken: expected .*got a plain function, which answered choose and did not yield it/,
    ],
    ['a function that answers nothing', () => undefined, /expected a generator function/],
    [
      'one that yields a number',
      function* () {
        yield 3;
      },
      /kfunc broken: expected yield\* of a request, got \d+; write yield/,
    ],
    [
      'one that yields nothing',
      function* () {
        yield;
      },
      /expected yield\* of a request, got nothing; write yield/,
    ],
    [
      'one that answers an object',
      function* () {
        yield* choose(1);
        return {};
      },
      /the result of broken.*\[object Object\]/,
    ],
    [
      'a loop without a request',
      function* () {
        yield* spinUntil(() => nop());
      },
      /nop loops without a request/,
    ],
  ] as [string, () => unknown, RegExp][])('%s is refused with its name', (_, body, message) => {
    expect(failing(body)).toThrow(ModelError);
    expect(failing(body)).toThrow(message);
  });

  it('an invariant that throws is blamed by name', () => {
    const { layout } = world();
    const invariants = {
      odd: () => {
        throw new TypeError('oops');
      },
    };
    const idle = [{ name: 'T0', run: () => kfunc('idle', function* () {})() }];
    expect(() => checkSync({ layout, threads: idle, invariants })).toThrow(
      /the invariant "odd" failed: TypeError: oops/,
    );
  });

  it('too many threads, or none, are refused', () => {
    const { layout, x } = world();
    const reader = kfunc('reader', function* () {
      yield* readOnce(x);
    });
    const threads = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ name: `T${i}`, run: () => reader() }));
    expect(() => checkSync({ layout, threads: [] })).toThrow(/expected 1 to 31 threads, got 0/);
    const nothing = kfunc('nothing', function* () {});
    const twins = ['A', 'A'].map((name) => ({ name, run: () => nothing() }));
    expect(() => checkSync({ layout, threads: twins })).toThrow('expected names that differ, got A twice');
    expect(() => checkSync({ layout, threads: threads(32) })).toThrow(/got 32/);
    expect(checkSync({ layout, threads: threads(31) }).verdict).toBe('holds');
  });

  it('a thread that runs no kfunc is refused', () => {
    const { layout, x } = world();
    expect(() => checkSync({ layout, threads: [{ name: 'T0', run: () => readOnce(x) }] })).toThrow(
      /expected a thread to run a call of a kfunc/,
    );
  });

  it('names of functions and steps may contain any character', () => {
    const odd = () =>
      system(({ x }) => {
        const inner = kfunc('cpu#1|=,', function* () {
          return (yield* rmw('add', 'a#b', 'full', x, 1)) & 1;
        });
        return {
          'T#0': function* () {
            yield* inner();
            yield* inner();
          },
          'T#1': function* () {
            yield* inner();
            yield* inner();
          },
        };
      });
    expect(checkSync(odd()).verdict).toBe('holds');
  });
});

const Thing = struct('thing', { value: u8 });

/** One model for each kind of violation that a search can produce. */
const VIOLATIONS: Readonly<Record<string, () => System>> = {
  invariant: () => build(peterson, 'broken'),
  deadlock: () =>
    system(({ x, y }) => ({
      T0: function* () {
        yield* waitFor(x, { equals: 1 });
        yield* writeOnce(y, 1);
      },
      T1: function* () {
        yield* waitFor(y, { equals: 1 });
        yield* writeOnce(x, 1);
      },
    })),
  livelock: () =>
    system(({ a, b }) => {
      const both = kfunc('both', function* (): Kthread<boolean> {
        if (!(yield* lockTry(a, 'spin_trylock'))) return false;
        if (yield* lockTry(b, 'spin_trylock')) return true;
        yield* lockRelease(a, 'spin_unlock');
        return false;
      });
      return {
        T0: function* () {
          yield* lockAcquire(b, 'spin_lock');
          yield* waitFor(a, { equals: 9 });
        },
        T1: function* () {
          yield* spinUntil(() => both());
        },
      };
    }),
  assertion: () =>
    system(({ x }) => ({
      T0: function* () {
        yield* writeOnce(x, 1);
      },
      T1: function* () {
        if ((yield* readOnce(x)) === 1) throw new KernelBug('assertion', 'bug-on', 'x is set');
      },
    })),
  'data-race': () =>
    system(({ x }) => ({
      T0: function* () {
        yield* write(x, 1);
      },
      T1: function* () {
        yield* read(x);
      },
    })),
  guard: () =>
    system(({ a, g, x }) => ({
      T0: function* () {
        yield* lockAcquire(a, 'spin_lock');
        yield* write(g, 1);
        yield* lockRelease(a, 'spin_unlock');
      },
      T1: function* () {
        if ((yield* readOnce(x)) === 0) yield* read(g);
      },
    })),
  'lock-order': () =>
    system(({ a, b, x }) => {
      const nested = kfunc('nested', function* (first: typeof a, second: typeof b) {
        yield* lockAcquire(first, 'spin_lock');
        yield* lockAcquire(second, 'spin_lock');
        yield* lockRelease(second, 'spin_unlock');
        yield* lockRelease(first, 'spin_unlock');
      });
      return {
        T0: function* () {
          yield* nested(a, b);
          yield* writeOnce(x, 1);
        },
        T1: function* () {
          yield* waitFor(x, { equals: 1 });
          yield* nested(b, a);
        },
      };
    }),
  'lock-misuse': () =>
    system(({ a, x }) => ({
      T0: function* () {
        yield* lockAcquire(a, 'spin_lock');
        yield* writeOnce(x, 1);
        yield* lockRelease(a, 'spin_unlock');
      },
      T1: function* () {
        if ((yield* readOnce(x)) === 1) yield* lockRelease(a, 'spin_unlock');
      },
    })),
  'use-after-free': () => {
    const layout = new Layout();
    const [thing] = layout.slab('thing', Thing, 1).slots;
    const user = kfunc('user', function* () {
      yield* readOnce(thing.value);
    });
    return { layout, threads: [{ name: 'T0', run: () => user() }] };
  },
  leak: () => {
    const layout = new Layout();
    const slab = layout.slab('thing', Thing, 1);
    const maker = kfunc('maker', function* () {
      yield* writeOnce(slab.states[0], 1);
    });
    return { layout, threads: [{ name: 'T0', run: () => maker() }] };
  },
  refcount: () =>
    system(({ x }) => ({
      T0: function* () {
        const n = yield* choose(3);
        yield* writeOnce(x, n);
        if (n === 2) yield* report('refcount', 'saturated', 'too many');
      },
    })),
};

describe('a counterexample', () => {
  const kinds = Object.keys(VIOLATIONS);

  it.each(kinds)('of kind %s is found by search, told, shrunk and replayed', (kind) => {
    for (const options of [{}, { reduction: false }, { strategy: 'bfs' }, { shrink: false }] as SearchOptions[]) {
      const result = checkSync(VIOLATIONS[kind](), { ...options, only: [kind] });
      expect(result).toMatchObject({ verdict: 'violated', violation: { kind } });
      const again = replay(VIOLATIONS[kind](), result.schedule ?? '', [kind], options.shrink !== false);
      expect(again.violation).toMatchObject(kind === 'livelock' ? { kind, name: kind } : (result.violation ?? {}));
      expect(again.trace?.map(({ site: _, ...step }) => step)).toEqual(
        result.trace?.map(({ site: _, ...step }) => step),
      );
      expect(again.schedule).toBe(result.schedule);
    }
  });

  it.each(kinds.filter((kind) => kind !== 'lock-order' && kind !== 'livelock'))(
    'of kind %s has no step that could be left out',
    (kind) => {
      const shrunk = checkSync(VIOLATIONS[kind](), { only: [kind] });
      const raw = checkSync(VIOLATIONS[kind](), { only: [kind], shrink: false });
      const { schedule } = parseSchedule(shrunk.schedule ?? '');
      expect(schedule.length).toBeLessThanOrEqual(parseSchedule(raw.schedule ?? '').schedule.length);
      expect(shrunk.violation?.name).toBe(raw.violation?.name);
      schedule.forEach((_, i) => {
        const shorter = formatSchedule(
          schedule.filter((__, j) => j !== i),
          '00000000',
        );
        expect(() => replay(VIOLATIONS[kind](), shorter, [kind])).toThrow(StaleSchedule);
        // A wrong fingerprint throws too: so ask for the reason.
        expect(
          stillBroken(
            VIOLATIONS[kind](),
            schedule.filter((__, j) => j !== i),
            kind,
          ),
        ).toBe(false);
      });
    },
  );

  it.each([peterson, dekker, ticketLock])('of $name has no step that could be left out', (scenario) => {
    const only = ['mutual-exclusion'];
    for (const strategy of STRATEGIES) {
      const { schedule } = parseSchedule(checkSync(build(scenario, 'broken'), { strategy, only }).schedule ?? '');
      schedule.forEach((_, i) => {
        expect(
          stillBroken(
            build(scenario, 'broken'),
            schedule.filter((__, j) => j !== i),
            only[0],
          ),
        ).toBe(false);
      });
    }
  });

  it('found by chance in loops, over several runs, is shrunk as well', () => {
    const loops = (): System => {
      const cells = world();
      const nested = kfunc('nested', function* (first: typeof cells.a, second: typeof cells.b) {
        yield* rmw('xor', 'toggle', 'full', cells.x, 1);
        yield* lockAcquire(first, 'spin_lock');
        yield* lockAcquire(second, 'spin_lock');
        yield* lockRelease(second, 'spin_unlock');
        yield* lockRelease(first, 'spin_unlock');
      });
      const turn = kfunc('turn', function* () {
        if ((yield* choose(20)) === 19) yield* nested(cells.b, cells.a);
        else yield* nested(cells.a, cells.b);
      });
      return { layout: cells.layout, threads: [0, 1].map((i) => ({ name: `T${i}`, repeat: true, run: () => turn() })) };
    };
    for (let seed = 1; seed <= 8; seed++) {
      const result = checkSync(loops(), {
        strategy: seed % 2 === 0 ? 'random' : 'pct',
        seed,
        only: ['lock-order'],
        maxRuns: 200,
      });
      expect(result.verdict).toBe('violated');
      expect(replay(loops(), result.schedule ?? '', ['lock-order']).violation).toEqual(result.violation);
    }
  });
});

/** Whether a schedule, run as far as it can be, breaks the rule: tried with the fingerprint that replay says it has. */
function stillBroken(
  model: System,
  schedule: readonly { thread: number; choice: number }[],
  kindOrName: string,
): boolean {
  try {
    replay(model, formatSchedule(schedule, '00000000'), [kindOrName]);
  } catch (error) {
    const now = /now ([0-9a-f]{8})/.exec((error as Error).message)?.[1];
    if (now === undefined) return false;
    try {
      replay(model, formatSchedule(schedule, now), [kindOrName]);
      return true;
    } catch {
      return false;
    }
  }
  return true;
}

describe('a schedule text', () => {
  const action = fc.record({ thread: fc.nat(31), choice: fc.oneof(fc.constant(0), fc.nat(254)) });
  const loop = fc.stringMatching(/^[a-z0-9]{1,14}$/);

  it('says every schedule', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), fc.nat(), fc.array(loop), (schedule, n, loops) => {
        const fingerprint = (n >>> 0).toString(16).padStart(8, '0');
        const text = formatSchedule(schedule, fingerprint, loops);
        expect(parseSchedule(text)).toEqual({ fingerprint, schedule, loops });
      }),
      { seed: 1 },
    );
  });

  it('is refused with a sentence, whatever it is', () => {
    const { schedule = '' } = checkSync(build(peterson, 'broken'));
    const wrong = (text: string): void => {
      expect(() => replay(build(peterson, 'broken'), text)).toThrow(StaleSchedule);
      expect(() => replay(build(peterson, 'broken'), text)).toThrow(/copy the whole token|run check again/);
    };
    for (const text of [
      '',
      'x',
      '1',
      '1..',
      schedule.replace(/^1/, '2'),
      `${schedule}!`,
      schedule.slice(0, 12),
      schedule.slice(0, -2),
      ` ${schedule}`,
    ])
      wrong(text);
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (junk, at) => {
        if (junk !== '') wrong(schedule.slice(0, at) + junk + schedule.slice(at));
      }),
      { seed: 1, numRuns: 100 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        wrong(`1.00000000.${Buffer.from(bytes).toString('base64url')}`);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it.each([
    [
      'another value',
      (w: ReturnType<typeof world>) => ({
        T0: function* () {
          yield* writeOnce(w.x, 2);
        },
        T1: function* () {
          yield* writeOnce(w.y, 1);
        },
      }),
    ],
    [
      'another target',
      (w: ReturnType<typeof world>) => ({
        T0: function* () {
          yield* writeOnce(w.y, 1);
        },
        T1: function* () {
          yield* writeOnce(w.x, 1);
        },
      }),
    ],
    [
      'another kind of step',
      (w: ReturnType<typeof world>) => ({
        T0: function* () {
          yield* rmw('xchg', 'xchg', 'full', w.x, 1);
        },
        T1: function* () {
          yield* writeOnce(w.y, 1);
        },
      }),
    ],
    [
      'one thread less',
      (w: ReturnType<typeof world>) => ({
        T0: function* () {
          yield* writeOnce(w.x, 1);
        },
      }),
    ],
    [
      'another order of threads',
      (w: ReturnType<typeof world>) => ({
        T1: function* () {
          yield* writeOnce(w.y, 1);
        },
        T0: function* () {
          yield* writeOnce(w.x, 1);
        },
      }),
    ],
  ] as [string, Parameters<typeof system>[0]][])('of a model that has changed since is noticed: %s', (_, changed) => {
    const rest = ({ x, y }: ReturnType<typeof world>): Partial<System> => ({
      invariants: { both: (m) => m.get(x) === 0 || m.get(y) === 0 },
    });
    const original = system(
      (w) => ({
        T0: function* () {
          yield* writeOnce(w.x, 1);
        },
        T1: function* () {
          yield* writeOnce(w.y, 1);
        },
      }),
      rest,
    );
    const { schedule = '' } = checkSync(original);
    expect(() => replay(system(changed, rest), schedule)).toThrow(StaleSchedule);
    expect(() => replay(system(changed, rest), schedule)).toThrow(
      /the model has changed since this token was made .*run check again/,
    );
  });

  it('of a model that was mended is noticed', () => {
    const { schedule = '' } = checkSync(build(peterson, 'broken'));
    expect(() => replay(build(peterson, 'correct'), schedule)).toThrow(StaleSchedule);
  });
});

describe('an operation of the specification', () => {
  /** T0 writes x, then something of its own, with which the operation goes; T1 writes y. */
  function ghostly(forbids: (x: number, y: number, g: number) => boolean): System {
    const layout = new Layout();
    const [x, y, own] = [layout.one('x', u8), layout.one('y', u8), layout.one('own', u8)];
    const g = layout.one('g', u8.ghost());
    const tell = defineOperation({ name: 'tell', isLocal: true, run: (memory: Memory) => memory.set(g, 1) });
    const first = kfunc('first', function* () {
      yield* writeOnce(x, 1);
      yield* writeOnce(own, 1);
      yield* tell();
    });
    const second = kfunc('second', function* () {
      yield* writeOnce(y, 1);
    });
    return {
      layout,
      threads: [
        { name: 'T0', run: () => first() },
        { name: 'T1', run: () => second() },
      ],
      invariants: { never: (memory) => !forbids(memory.get(x), memory.get(y), memory.get(g)) },
    };
  }

  it('is not seen before the step it goes with', () => {
    expect(checkSync(ghostly((x, y, g) => x === 1 && y === 1 && g === 0)).verdict).toBe('violated');
    expect(checkSync(ghostly((x, _y, g) => x === 0 && g === 1)).verdict).toBe('holds');
  });
});

it('of two rules that a step under a lock breaks, the search tells the one that a replay tells', () => {
  const build = (): System => {
    const layout = new Layout();
    const { lock, guarded, open } = layout.one(
      's',
      struct('s', { lock: spinLockWord, guarded: u8.writesGuardedBy('lock'), open: u8 }),
    );
    const main = kfunc('main', function* () {
      yield* lockAcquire(lock, 'spin_lock');
      yield* writeOnce(guarded, 1);
      yield* lockRelease(lock, 'spin_unlock');
      yield* writeOnce(open, 2);
    });
    return {
      layout,
      init: (memory) => {
        memory.set(open, 1);
      },
      threads: [{ name: 'T0', run: () => main() }],
      invariants: {
        both: (memory) => memory.get(guarded) !== memory.get(open),
        confined: (memory) => memory.get(guarded) !== 1,
      },
    };
  };
  const { violation, schedule = '' } = checkSync(build());
  expect(violation?.name).toBe('both');
  expect(replay(build(), schedule).violation).toEqual(violation);
});

it('of two rules that the initial state breaks, the search tells the one that a replay tells', () => {
  const build = (): System => {
    const layout = new Layout();
    const [written, untouched] = ['written', 'untouched'].map((name) => layout.one(name, u8));
    const twice = kfunc('twice', function* () {
      yield* readOnce(written);
      yield* writeOnce(written, 2);
    });
    return {
      layout,
      init: (memory) => {
        for (const cell of [written, untouched]) memory.set(cell, 1);
      },
      threads: [{ name: 'T0', run: () => twice() }],
      invariants: {
        observed: (memory) => memory.get(written) !== 1,
        confined: (memory) => memory.get(untouched) !== 1,
      },
    };
  };
  const { violation, schedule = '' } = checkSync(build());
  expect(violation?.name).toBe('observed');
  expect(replay(build(), schedule).violation).toEqual(violation);
});

it('two conditions that look at the same and answer differently are both pure', () => {
  const layout = new Layout();
  const cell = layout.one('cell', u8);
  const set = kfunc('set', function* () {
    yield* writeOnce(cell, 1);
  });
  const system: System = {
    layout,
    threads: [{ name: 'T0', run: () => set() }],
    within: (memory) => memory.get(cell) < 2,
    finals: { unset: (memory) => memory.get(cell) !== 1 },
  };
  expect(checkSync(system).violation?.name).toBe('unset');
});

it.each([{}, { reduction: false }, { deadAnswers: true }, { strategy: 'bfs' }] as const)(
  'an access that goes with the choice before it races with a plain one met later, and that replays: %j',
  (how) => {
    const build = (): System => {
      const layout = new Layout();
      const x = layout.one('x', u8);
      const attempt = kfunc('attempt', function* () {
        const old = yield* rmw('xor', 'xor', 'full', x, 1);
        yield* choose(2);
        return old !== 1;
      });
      const spins = kfunc('spins', function* () {
        yield* writeOnce(x, 1);
        yield* spinUntil(() => attempt());
      });
      const writes = kfunc('writes', function* () {
        yield* rmw('or', 'or', 'full', x, 1);
        if ((yield* readOnce(x)) === 1) throw new KernelBug('assertion', 'saw-one', 'one was seen');
        yield* write(x, 1);
      });
      return { layout, threads: [spins, writes].map((f, i) => ({ name: `T${i}`, run: () => f() })) };
    };
    const only = ['data-race'];
    const { violation, schedule = '' } = checkSync(build(), { ...how, only });
    expect(violation?.kind).toBe('data-race');
    expect(replay(build(), schedule, only).violation).toEqual(violation);
  },
);
