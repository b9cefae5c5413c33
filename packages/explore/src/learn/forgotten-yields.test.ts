/* eslint-disable shootdown/no-dropped-request, shootdown/no-unyielded-call -- what is forgotten here is forgotten on purpose */
import {
  Layout,
  ModelError,
  choose,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  readOnce,
  runDirect,
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
import { describe, expect, test } from 'vitest';
import { checkSync } from '../api/check.js';
import type { SearchOptions } from '../base/options.js';

interface World {
  readonly x: Cell<number>;
  readonly y: Cell<number>;
  readonly lock: Cell<number>;
}

/** What two threads run; a third one sets `y` meanwhile. */
type Body = (world: World) => Kthread<void>;

const step = kfunc('step', function* (cell: Cell<number>) {
  yield* writeOnce(cell, 1);
});
const look = kfunc('look', function* (cell: Cell<number>): Kthread<boolean> {
  return (yield* readOnce(cell)) === 1;
});
const bump = defineOperation({
  name: 'bump',
  run: (memory: Memory, cell: Cell<number>): void => {
    memory.set(cell, (memory.get(cell) + 1) & 3);
  },
});

function system(body: Body, own: Pick<Thread, 'kind' | 'repeat'> = {}): System {
  const layout = new Layout();
  const world = { x: layout.one('x', u8), y: layout.one('y', u8), lock: layout.one('lock', spinLockWord) };
  const f = kfunc('f', () => body(world));
  const other = kfunc('other', function* () {
    yield* writeOnce(world.y, 1);
  });
  return {
    layout,
    threads: [
      { name: 'A', run: () => f(), ...own },
      { name: 'B', run: () => f(), ...own },
      { name: 'C', run: () => other() },
    ],
  };
}

const FORGOTTEN: Readonly<Record<string, Body>> = {
  'a write': function* ({ x }) {
    yield* readOnce(x);
    writeOnce(x, 1);
  },
  'a write before the end of a path': function* ({ x, y }) {
    if ((yield* readOnce(y)) === 1) {
      writeOnce(x, 1);
      return;
    }
    yield* writeOnce(x, 1);
  },
  'a read that is tested': function* ({ x, y }) {
    if (readOnce(x) as unknown) yield* readOnce(y);
  },
  'the second of two reads of one cell': function* ({ x }) {
    yield* readOnce(x);
    readOnce(x);
  },
  'the first of two reads of one cell': function* ({ x }) {
    readOnce(x);
    yield* readOnce(x);
  },
  'a call': function* ({ x, y }) {
    step(x);
    yield* step(y);
  },
  'the same call, once of twice': function* ({ x }) {
    yield* step(x);
    step(x);
  },
  'an operation': function* ({ x, y }) {
    bump(x);
    yield* readOnce(y);
  },
  'taking a lock': function* ({ x, lock }) {
    lockAcquire(lock, 'lock');
    yield* writeOnce(x, 1);
  },
  'letting a lock go on one of two ways': function* ({ x, y, lock }) {
    yield* lockAcquire(lock, 'lock');
    if ((yield* readOnce(y)) === 0) {
      yield* writeOnce(x, 1);
      lockRelease(lock, 'unlock');
      yield* readOnce(x);
    }
    yield* lockRelease(lock, 'unlock');
  },
  'what is kept in an array': function* ({ x, y }) {
    const later = [writeOnce(x, 1), writeOnce(y, 1)];
    yield* readOnce(x);
    later.pop();
  },
  'what a loop makes': function* ({ x, y }) {
    for (const cell of [x, y]) writeOnce(cell, 1);
    yield* readOnce(x);
  },
  'what a spin loop makes besides its attempt': function* ({ x, y }) {
    yield* spinUntil(() => {
      writeOnce(x, 1);
      return look(y);
    });
  },
  'what is made in a helper': function* ({ x, y }) {
    const clear = (cell: Cell<number>): Request<void> => writeOnce(cell, 0);
    yield* clear(x);
    clear(y);
  },
  'what is made under a lock': function* ({ x, y, lock }) {
    yield* lockAcquire(lock, 'lock');
    if ((yield* readOnce(y)) === 1) writeOnce(x, 1);
    yield* lockRelease(lock, 'unlock');
  },
};

const YIELDED: Readonly<Record<string, Body>> = {
  'what is made early': function* ({ x, y }) {
    const later = writeOnce(x, 1);
    yield* readOnce(y);
    yield* later;
    yield* later;
  },
  'what is yielded on one of two ways': function* ({ x, y }) {
    const mark = writeOnce(x, 1);
    if ((yield* readOnce(y)) === 1) yield* mark;
  },
  'one of a table': function* ({ x, y }) {
    yield* [writeOnce(x, 1), readOnce(y), step(x)][yield* choose(3)] as Request<unknown>;
  },
  'what a helper yields': function* ({ x, y }) {
    function* both(first: Request<unknown>, second: Request<unknown>): Kthread<void> {
      yield* first;
      yield* second;
    }
    yield* both(writeOnce(x, 1), step(y));
  },
  'what a helper yields only if it must': function* ({ x, y }) {
    function* either(first: Request<number>, second: Request<number>): Kthread<boolean> {
      return (yield* first) === 1 || (yield* second) === 1;
    }
    yield* either(readOnce(y), readOnce(x));
  },
  'a plain yield': function* ({ x }) {
    yield writeOnce(x, 1);
  },
  'the attempt of a spin loop': function* ({ y }) {
    yield* spinUntil(() => look(y));
  },
  'a value that did not fit, and was expected not to': function* ({ x }) {
    try {
      yield* writeOnce(x, 256);
    } catch {
      yield* writeOnce(x, 255);
    }
  },
};

const WAYS: Readonly<Record<string, SearchOptions>> = {
  dfs: {},
  'dfs without reduction': { reduction: false },
  'dfs with purity': { checkPurity: true },
  bfs: { strategy: 'bfs' },
  random: { strategy: 'random', maxRuns: 40 },
  portfolio: { strategy: 'portfolio', maxRuns: 40 },
};

describe.each(Object.entries(WAYS))('%s', (_way, options) => {
  test.each(Object.entries(FORGOTTEN))('finds the forgotten yield* of %s', (_title, body) => {
    const run = (): unknown => checkSync(system(body), options);
    expect(run).toThrow(ModelError);
    expect(run).toThrow(/^kfunc f makes the request \S+.*forgotten-yields\.test\.ts:\d+:\d+ and never yields it/);
  });

  test.each(Object.entries(YIELDED))('does not mind %s', (_title, body) => {
    const { verdict } = checkSync(system(body), options);
    expect(verdict).toBe(options.maxRuns === undefined ? 'holds' : 'unknown');
  });
});

test('the message names the request, its target, the function and the line, and says what is missing', () => {
  const body: Body = function* ({ x }) {
    yield* readOnce(x);
    writeOnce(x, 1);
  };
  expect(() => checkSync(system(body))).toThrow(
    /kfunc f makes the request WRITE_ONCE of x at .*: is yield\* missing\?/,
  );
});

test.each<[string, Body, Pick<Thread, 'kind' | 'repeat'>]>([
  [
    'waits for ever at its end',
    function* ({ x, y }) {
      writeOnce(x, 1);
      yield* waitFor(y, { equals: 9 });
    },
    { kind: 'device' },
  ],
  [
    'goes round for ever',
    function* ({ x, y }) {
      yield* readOnce(y);
      writeOnce(x, 1);
    },
    { repeat: true },
  ],
])('a thread that %s is looked at too', (_title, body, own) => {
  expect(() => checkSync(system(body, own))).toThrow(/is yield\* missing/);
});

test('what is forgotten is told although something else is broken', () => {
  const broken = { ...system(FORGOTTEN['a write']), invariants: { never: () => false } };
  expect(() => checkSync(broken)).toThrow(/is yield\* missing/);
});

test.each<[string, Partial<System>, RegExp]>([
  ['init', { init: () => void writeOnce(X, 1) }, /^init makes the request WRITE_ONCE of x/],
  [
    'run()',
    {
      threads: [
        {
          name: 'A',
          run: () => {
            writeOnce(X, 1);
            return step(X);
          },
        },
      ],
    },
    /^thread A: run\(\) makes the request WRITE_ONCE/,
  ],
  [
    'an operation',
    { threads: [{ name: 'A', run: () => stray() }] },
    /^the operation poke makes the request WRITE_ONCE/,
  ],
])('%s makes no request that nobody takes', (_title, part, message) => {
  expect(() => checkSync({ ...SMALL, ...part })).toThrow(message);
});

const LAYOUT = new Layout();
const X = LAYOUT.one('x', u8);
const SMALL: System = { layout: LAYOUT, threads: [{ name: 'A', run: () => step(X) }] };
const poke = defineOperation({ name: 'poke', run: () => void writeOnce(X, 1) });
const stray = kfunc('stray', function* () {
  yield* poke();
});

test('init may run what it makes', () => {
  const init = (memory: Memory): void => {
    runDirect(memory, step(X));
  };
  expect(checkSync({ ...SMALL, init }).verdict).toBe('holds');
});
