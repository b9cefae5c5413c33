/** The evidence of violations that the gallery of @shootdown/kernel does not show. */
import {
  KernelBug,
  Layout,
  SLOT_FREED,
  SLOT_LIVE,
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  readOnce,
  rmw,
  spinLockWord,
  spinUntil,
  struct,
  u8,
  waitFor,
  write,
  writeOnce,
  type Kthread,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync, type SearchOptions } from '../index.js';

const Thing = struct('thing', { value: u8 });

function world() {
  const layout = new Layout();
  return {
    layout,
    lock: layout.one('lock', spinLockWord),
    guarded: layout.one('guarded', u8.guardedBy('lock')),
    x: layout.one('x', u8),
    things: layout.slab('thing', Thing, 1),
  };
}

type World = ReturnType<typeof world>;
type Bodies = (cells: World) => Readonly<Record<string, () => Kthread<void>>>;

function system(bodies: Bodies, rest: (cells: World) => Partial<System> = () => ({})): System {
  const cells = world();
  const threads = Object.entries(bodies(cells)).map(([name, body]) => {
    const main = kfunc(`${name}_main`, body);
    return { name, run: () => main() };
  });
  return { layout: cells.layout, threads, ...rest(cells) };
}

/** Each piece of evidence in one line. */
function told(model: System, options: SearchOptions = {}): string[] {
  const { evidence = [] } = checkSync(model, { strategy: 'bfs', ...options });
  return evidence.map(({ role, thread, op, target, frames }) =>
    [`${role} by ${thread}: ${op} ${target}`.trim(), ...frames.map(({ func }) => func)].join(' < '),
  );
}

describe('evidence names', () => {
  test.each([
    ['where a lock was taken that its holder takes again', true],
    ['where a lock was taken that is held at the end', false],
  ])('%s', (_, again) => {
    const model = system(({ lock }) => ({
      *T0() {
        yield* lockAcquire(lock, 'spin_lock');
        if (again) yield* lockAcquire(lock, 'spin_lock');
      },
    }));
    const taken = 'spin_lock lock < T0_main';
    expect(told(model)).toEqual([`misuse by T0: ${taken}`, `lock held by T0: ${taken}`]);
  });

  test('who let the lock go last, where nobody holds it', () => {
    const model = system(({ lock, guarded, x }) => ({
      *T0() {
        yield* lockAcquire(lock, 'spin_lock');
        yield* lockRelease(lock, 'spin_unlock');
        yield* writeOnce(x, 1);
      },
      *T1() {
        yield* waitFor(x, { equals: 1 });
        yield* readOnce(guarded);
      },
    }));
    expect(told(model)).toEqual([
      'access by T1: READ_ONCE guarded < T1_main',
      'lock released by T0: spin_unlock lock < T0_main',
    ]);
    expect(checkSync(model).violation?.message).toBe('read of guarded without lock, nobody holds it');
  });

  test('the initial state, where that allocated the object', () => {
    const model = system(
      ({ things }) => ({
        *T0() {
          yield* writeOnce(things.states[0], SLOT_FREED);
        },
        *T1() {
          yield* readOnce(things.slots[0].value);
        },
      }),
      ({ things }) => ({
        init: (memory) => {
          memory.set(things.states[0], SLOT_LIVE);
        },
      }),
    );
    expect(told(model, { only: ['use-after-free'] })).toEqual([
      'access by T1: READ_ONCE thing#0.value < T1_main',
      'freed by T0: WRITE_ONCE thing.state[0] < T0_main',
      'allocated by : in the initial state',
    ]);
  });

  test('nobody, for an object that never was', () => {
    const model = system(({ things }) => ({
      *T0() {
        yield* readOnce(things.slots[0].value);
      },
    }));
    expect(told(model)).toEqual(['access by T0: READ_ONCE thing#0.value < T0_main']);
    expect(checkSync(model).violation?.message).toBe('read of thing#0.value, which was never allocated');
  });

  test('the function and the line of a rule that model code throws', () => {
    const model = system(({ x }) => {
      const check = kfunc('check', function* () {
        if ((yield* readOnce(x)) === 0) throw new KernelBug('contract', 'x-unset', 'x is not set');
      });
      return {
        *T0() {
          yield* check();
        },
      };
    });
    const { evidence = [] } = checkSync(model);
    expect(told(model)).toEqual(['call by T0: x-unset < check < T0_main']);
    expect(evidence[0]?.frames[0]?.site).toMatch(/evidence\.test\.ts:\d+:\d+$/);
  });

  test('both accesses of a race with what they see and store, also where one is atomic', () => {
    const model = system(({ x, lock }) => ({
      *T0() {
        yield* rmw('add', 'atomic_fetch_add', 'full', x, 3);
      },
      *T1() {
        yield* lockAcquire(lock, 'spin_lock');
        yield* write(x, 7);
        yield* lockRelease(lock, 'spin_unlock');
      },
    }));
    const { violation, evidence = [] } = checkSync(model, { strategy: 'bfs' });
    expect(violation?.message).toBe(
      'data race on x: plain write of 7 by T1 in T1_main; atomic_fetch_add by T0 in T0_main',
    );
    expect(evidence).toMatchObject([
      { role: 'plain access', thread: 'T1', before: '0', after: '7', holding: ['lock'] },
      { role: 'other access', thread: 'T0', before: '0', after: '3', result: '0', holding: [] },
    ]);
  });

  test('who changed the word last that a stuck thread waits for', () => {
    const model = system(({ x }) => ({
      *T0() {
        yield* writeOnce(x, 2);
      },
      *T1() {
        yield* waitFor(x, { equals: 1 });
      },
    }));
    expect(told(model)).toEqual([
      'wait by T1: smp_cond_load_acquire x < T1_main',
      'last change by T0: WRITE_ONCE x < T0_main',
    ]);
  });
});

test('of a livelock, a device that goes round beside who spins does not spin', () => {
  const model = (): System => {
    const layout = new Layout();
    const [lock, busy] = [layout.one('lock', spinLockWord), layout.one('busy', u8)];
    const work = kfunc('work', function* (): Kthread<void> {
      yield* writeOnce(busy, 0);
      yield* writeOnce(busy, 1);
    });
    const isIdle = kfunc('is_idle', function* (): Kthread<boolean> {
      yield* lockAcquire(lock, 'spin_lock');
      const idle = (yield* readOnce(busy)) === 0;
      yield* lockRelease(lock, 'spin_unlock');
      return idle;
    });
    const stop = kfunc('stop', function* (): Kthread<void> {
      yield* spinUntil(() => isIdle());
    });
    return {
      layout,
      init: (memory) => memory.set(busy, 1),
      threads: [
        { name: 'timer', kind: 'device', repeat: true, run: () => work() },
        { name: 'driver', run: () => stop() },
      ],
    };
  };
  expect(checkSync(model()).violation?.kind).toBe('livelock');
  expect(told(model())).toEqual([
    expect.stringMatching(/^spin by driver: /),
    expect.stringMatching(/^meanwhile by timer: WRITE_ONCE busy/),
  ]);
});

test('a livelock is told in full where it is not shrunk', () => {
  const model = (): System =>
    system(({ lock, x }) => {
      const attempt = kfunc('attempt', function* (): Kthread<boolean> {
        if (!(yield* lockTry(lock, 'spin_trylock'))) return false;
        yield* lockRelease(lock, 'spin_unlock');
        return (yield* readOnce(x)) === 1;
      });
      return {
        *T0() {
          yield* spinUntil(() => attempt());
        },
      };
    });
  const [long, short] = [false, true].map((shrink) => checkSync(model(), { shrink }));
  expect(long.violation?.kind).toBe('livelock');
  expect(long.trace?.map(({ identity }) => identity)).toEqual(short.trace?.map(({ identity }) => identity));
  expect(told(model())).toEqual(['spin by T0: READ_ONCE x < attempt < T0_main']);
});
