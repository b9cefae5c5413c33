/** A handler and the code that it interrupts, on one CPU. */
import { checkSync, replay, type SearchOptions } from '@shootdown/explore';
import {
  Layout,
  bool,
  kfunc,
  read,
  readOnce,
  u32,
  waitFor,
  write,
  writeOnce,
  type Kthread,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  declareThreads,
  irqEnter,
  irqExit,
  spinLock,
  spinLockIrqsave,
  spinTrylock,
  spinUnlock,
  spinUnlockIrqrestore,
  spinlockT,
  type SpinLock,
} from './model.js';

const WAYS: readonly SearchOptions[] = [
  {},
  { strategy: 'bfs' },
  { reduction: false },
  { strategy: 'random', maxRuns: 200 },
  { strategy: 'pct', maxRuns: 200 },
];

interface Cells {
  readonly lock: SpinLock;
  readonly n: ReturnType<typeof counter>;
  readonly flag: ReturnType<typeof flagIn>;
}
const counter = (layout: Layout) => layout.one('n', u32.guardedBy('lock'));
const flagIn = (layout: Layout) => layout.one('flag', bool);

interface Options {
  readonly cpu?: number;
  readonly context?: 'hardirq' | 'softirq';
  readonly kind?: 'device';
}

/** A handler that takes the lock, unless told otherwise, and a task. */
function system(
  task: (cells: Cells) => Kthread<void>,
  handler: (cells: Cells) => Kthread<void> = locked,
  { cpu = 0, context = 'hardirq', kind }: Options = {},
): System {
  const layout = new Layout();
  declareThreads(layout, [{ cpu: 0 }, { cpu, context }]);
  const cells = { lock: layout.one('lock', spinlockT), n: counter(layout), flag: flagIn(layout) };
  const main = kfunc('task', () => task(cells));
  const irq = kfunc('handler', function* () {
    yield* irqEnter();
    yield* handler(cells);
    yield* irqExit();
  });
  return {
    layout,
    threads: [
      { name: 'task', run: () => main() },
      { name: 'irq', run: () => irq(), ...(kind !== undefined && { kind, repeat: true }) },
    ],
  };
}

function* locked({ lock, n }: Cells): Kthread<void> {
  yield* spinLock(lock);
  yield* write(n, (yield* read(n)) + 1);
  yield* spinUnlock(lock);
}

function* lockedIrqsave({ lock, n }: Cells): Kthread<void> {
  const flags = yield* spinLockIrqsave(lock);
  yield* write(n, (yield* read(n)) + 1);
  yield* spinUnlockIrqrestore(lock, flags);
}

const kindOf = (model: System, how: SearchOptions): string => {
  const { verdict, violation } = checkSync(model, how);
  return violation?.kind ?? (verdict === 'unknown' ? 'holds' : verdict);
};

describe.each(WAYS)('a lock that a handler takes: %o', (how) => {
  test('is a deadlock if what it interrupts holds it', () => {
    expect(kindOf(system(locked), how)).toBe('deadlock');
    expect(kindOf(system(locked, locked, { context: 'softirq' }), how)).toBe('deadlock');
  });

  test('is none with interrupts off, or on another CPU, or if it is only tried', () => {
    expect(kindOf(system(lockedIrqsave), how)).toBe('holds');
    expect(kindOf(system(locked, locked, { cpu: 1 }), how)).toBe('holds');
    const tries = function* ({ lock }: Cells): Kthread<void> {
      if (yield* spinTrylock(lock)) yield* spinUnlock(lock);
    };
    expect(kindOf(system(locked, tries), how)).toBe('holds');
  });

  test('is none if the handler sees that it must not take it', () => {
    const marked = function* (cells: Cells): Kthread<void> {
      yield* writeOnce(cells.flag, true);
      yield* locked(cells);
      yield* writeOnce(cells.flag, false);
    };
    const careful = function* (cells: Cells): Kthread<void> {
      if (!(yield* readOnce(cells.flag))) yield* locked(cells);
    };
    expect(kindOf(system(marked, careful), how)).toBe('holds');
    expect(kindOf(system(locked, careful), how)).toBe('deadlock');
  });
});

test.each(WAYS)('a handler that waits for what it interrupts waits for ever: %o', (how) => {
  const sets = function* ({ flag }: Cells): Kthread<void> {
    yield* writeOnce(flag, true);
  };
  const waits = function* ({ flag }: Cells): Kthread<void> {
    yield* waitFor(flag, { equals: 1 });
  };
  expect(kindOf(system(sets, waits), how)).toBe('deadlock');
  expect(kindOf(system(sets, waits, { cpu: 1 }), how)).toBe('holds');
});

test('hardware may interrupt again and again', () => {
  const short = function* ({ lock }: Cells): Kthread<void> {
    yield* spinLock(lock);
    yield* spinUnlock(lock);
  };
  expect(checkSync(system(locked, short, { kind: 'device' })).violation?.kind).toBe('deadlock');
  expect(checkSync(system(lockedIrqsave, short, { kind: 'device' })).verdict).toBe('holds');
});

test('a plain access beside the handler of its CPU still races', () => {
  const counts = function* ({ flag }: Cells): Kthread<void> {
    yield* write(flag, true);
  };
  expect(checkSync(system(counts, counts)).violation?.kind).toBe('data-race');
});

test('the report says who was interrupted', () => {
  const model = (): System => system(locked);
  const { violation, evidence = [], schedule = '' } = checkSync(model());
  expect(violation?.message).toMatch(/task is interrupted in task \(.*\); irq waits in handler \(spin_lock lock\)$/);
  expect(evidence.map(({ role, thread, op, target }) => `${role} by ${thread}: ${op} ${target}`)).toEqual([
    expect.stringMatching(/^interrupted step by task: /),
    'interrupt by irq: irq_enter ',
    'wait by irq: spin_lock lock',
    'lock held by task: spin_lock lock',
  ]);
  expect(replay(model(), schedule).violation).toEqual(violation);
});

test.each<[unknown, string]>([
  [{ cpu: 0, contxt: 'hardirq' }, 'declareThreads, thread 1: unknown key "contxt"; did you mean context?'],
  [
    { cpu: 0, context: 'hard_irq' },
    'declareThreads, thread 1: expected one of task, softirq, hardirq, atomic, got "hard_irq"; did you mean hardirq?',
  ],
  ['hardirq', 'declareThreads, thread 1: expected an object with cpu and context, got "hardirq"'],
])('a handler that is declared by a misspelt word would be a task, so it is refused: %o', (context, message) => {
  expect(() => {
    declareThreads(new Layout(), [{ cpu: 0 }, context as { cpu: 0 }]);
  }).toThrow(new TypeError(message));
});
