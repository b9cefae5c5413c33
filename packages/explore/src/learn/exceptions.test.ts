/** Exceptions of model code: those that a run can reach are violations, those of paths that were only tried are nothing. */
import {
  Layout,
  bool,
  choose,
  cmpxchg,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  ptr,
  readOnce,
  spinLockWord,
  struct,
  u8,
  u32,
  waitFor,
  writeOnce,
  type Cell,
  type Kthread,
  type Memory,
  type System,
  type ViewOf,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync, replay, type SearchOptions, type SearchResult } from '../index.js';

const Device = struct('device', { x: u8 });
type Device = ViewOf<typeof Device>;

/** Every way to search that ends on a small model. */
const WAYS: readonly SearchOptions[] = [
  {},
  { strategy: 'bfs' },
  { reduction: false },
  { partialOrder: false },
  { deadAnswers: true },
  { checkPurity: true },
  { strategy: 'random', maxRuns: 200 },
  { strategy: 'pct', maxRuns: 200 },
];

function world() {
  const layout = new Layout();
  return {
    layout,
    lock: layout.one('lock', spinLockWord),
    devices: layout.array('device', Device, 2),
    current: layout.one(
      'current',
      ptr(() => Device),
    ),
    index: layout.one('index', u8),
    isValid: layout.one('is_valid', bool),
    count: layout.one('count', u8),
    sum: layout.one('sum', u8),
  };
}
type World = ReturnType<typeof world>;

function system(
  bodies: (cells: World) => Readonly<Record<string, () => Kthread<unknown>>>,
  init: (cells: World, memory: Memory) => void = () => undefined,
): System {
  const cells = world();
  const threads = Object.entries(bodies(cells)).map(([name, body]) => {
    const main = kfunc(name, body as () => Kthread<void>);
    return { name, run: () => main() };
  });
  return { layout: cells.layout, threads, init: (memory) => init(cells, memory) };
}

/** A pointer that is read once to be checked and once to be followed, beside a thread that clears it. */
const checkedThenFollowed = (): System =>
  system(
    ({ current }) => ({
      *use() {
        if ((yield* readOnce(current)) === null) return;
        const device = yield* readOnce(current);
        yield* readOnce((device as Device).x);
      },
      *remove() {
        yield* writeOnce(current, null);
      },
    }),
    ({ current, devices }, memory) => {
      memory.set(current, devices[0]);
    },
  );

const alone = (body: (cells: World) => Kthread<unknown>): System =>
  system((cells) => ({ *reader() { yield* body(cells); } })); // prettier-ignore

const told = ({ evidence = [] }: SearchResult): string[] =>
  evidence.map(({ role, thread, op, target }) => `${role} by ${thread}: ${op} ${target}`.trim());

describe('a NULL pointer that is followed', () => {
  test.each(WAYS)('is a violation of its own kind: %o', (how) => {
    const result = checkSync(checkedThenFollowed(), how);
    expect(result.violation).toMatchObject({ kind: 'null-dereference', name: 'null-dereference' });
    expect(result.violation?.message).toMatch(
      /^use \(exceptions\.test\.ts:\d+\) follows the NULL pointer read from current: /,
    );
    expect(result.trace?.map(({ op }) => op)).toEqual(expect.arrayContaining(['READ_ONCE', 'WRITE_ONCE', 'READ_ONCE']));
    expect(told(result)).toEqual([
      'dereference by use: NULL',
      'NULL read by use: READ_ONCE current',
      'cleared by remove: WRITE_ONCE current',
    ]);
    expect(replay(checkedThenFollowed(), result.schedule ?? '').violation).toEqual(result.violation);
  });

  test('counts only where it is asked for', () => {
    const found = (only: string[]) => checkSync(checkedThenFollowed(), { only }).verdict;
    expect(['null-dereference', 'exception', 'deadlock'].map((kind) => found([kind]))).toEqual([
      'violated',
      'holds',
      'holds',
    ]);
  });

  test('names the cell though another function read it', () => {
    const find = kfunc('find_device', function* (cell: Cell<Device | null>) {
      return yield* readOnce(cell);
    });
    const model = (): System =>
      alone(function* ({ current }) {
        const device = yield* find(current);
        yield* readOnce((device as Device).x);
      });
    const result = checkSync(model());
    expect(result.violation?.message).toMatch(
      /follows the NULL pointer that find_device returned: .*; NULL was read from current$/,
    );
    expect(told(result)).toEqual([
      'dereference by reader: NULL',
      'NULL read by reader: READ_ONCE current',
      'NULL by : in the initial state',
    ]);
  });

  test('may be an argument, or what ?. makes of one, or what a function that found nothing answers', () => {
    const use = kfunc('use_device', function* (device: Device | null) {
      yield* readOnce((device as Device).x);
    });
    const look = kfunc('look_up', function* (cell: Cell<number>) {
      if ((yield* readOnce(cell)) === 1) return 5;
      return undefined;
    });
    const kinds = [
      alone(function* ({ current }) {
        yield* use(yield* readOnce(current));
      }),
      alone(function* ({ current }) {
        const device = yield* readOnce(current);
        yield* readOnce(device?.x as Cell<number>);
      }),
      alone(function* ({ index }) {
        const found = (yield* look(index)) as unknown as Device;
        yield* readOnce(found.x);
      }),
    ].map((model) => checkSync(model).violation?.kind);
    expect(kinds).toEqual(['null-dereference', 'null-dereference', 'null-dereference']);
  });

  test('may be followed in an operation', () => {
    const peek = defineOperation({
      name: 'peek',
      run: (memory: Memory, cell: Cell<Device | null>) => memory.get((memory.get(cell) as Device).x),
    });
    const result = checkSync(
      alone(function* ({ current }) {
        yield* peek(current);
      }),
    );
    expect(result.violation).toMatchObject({ kind: 'null-dereference' });
    expect(result.violation?.message).toMatch(/^peek \(exceptions\.test\.ts:\d+\)/);
    expect(told(result)[0]).toBe('dereference by reader: peek');
  });
});

describe('an exception that a run reaches', () => {
  const nop = kfunc('nop', function* () {
    yield* choose(1);
  });
  test.each([
    [
      'of an index out of range',
      function* ({ devices, index }) {
        yield* writeOnce(index, 9);
        yield* nop();
        yield* readOnce(devices[yield* readOnce(index)].x);
      },
      /^reader \(exceptions\.test\.ts:\d+\): TypeError: .*undefined.*; undefined is what an array index out of range gives$/,
    ],
    [
      'of an element out of range',
      function* ({ index }) {
        const cells: readonly Cell<number>[] = [index];
        yield* readOnce(cells[yield* choose(2)]);
      },
      /: TypeError: READ_ONCE: expected a cell, got undefined; is a field misspelt, or an array index out of range\?/,
    ],
    [
      'of a number that does not fit',
      function* ({ sum }) {
        yield* writeOnce(sum, 256);
      },
      /: RangeError: WRITE_ONCE: expected a u8, got 256; a u8 is 0 to 255$/,
    ],
    [
      'of a choice among none',
      function* ({ count }) {
        yield* choose(yield* readOnce(count));
      },
      /: RangeError: choose: expected 1 to 255 alternatives, got 0$/,
    ],
    [
      'that is thrown',
      function* () {
        yield* choose(1);
        throw new Error('oops');
      },
      /: Error: oops$/,
    ],
    [
      'that is thrown and no error',
      function* () {
        yield* choose(1);
        throw 'oops'; // eslint-disable-line @typescript-eslint/only-throw-error -- the report must cope with it
      },
      /^reader: Error: oops$/,
    ],
  ] as [string, (cells: World) => Kthread<unknown>, RegExp][])('%s is a violation', (_, body, message) => {
    for (const how of WAYS) {
      const result = checkSync(alone(body), how);
      expect(result.violation?.kind).toBe('exception');
      expect(result.violation?.message).toMatch(message);
      expect(told(result)[0]).toMatch(/^thrown by reader/);
      expect(replay(alone(body), result.schedule ?? '').violation).toEqual(result.violation);
    }
  });

  test('may be of an operation', () => {
    const set = defineOperation({
      name: 'set_to_300',
      run: (memory: Memory, cell: Cell<number>) => memory.set(cell, 300),
    });
    const result = checkSync(
      alone(function* ({ sum }) {
        yield* set(sum);
      }),
    );
    expect(result.violation).toMatchObject({ kind: 'exception', name: 'RangeError' });
    expect(result.violation?.message).toMatch(
      /^set_to_300 .*: RangeError: sum: expected a u8, got 300; a u8 is 0 to 255$/,
    );
  });

  test('is none of an operation that answers no value, or of a condition that throws', () => {
    const odd = defineOperation({ name: 'odd', run: () => ({}) as unknown as number });
    const waits = defineOperation({
      name: 'waits',
      when: (_: Memory, cell: Cell<number> | null) => (cell as Cell<number>).address > 0,
      run: () => 0,
    });
    const fails = (body: () => Kthread<unknown>) => () => checkSync(alone(body));
    expect(fails(function* () { yield* odd(); })).toThrow('the result of odd'); // prettier-ignore
    expect(fails(function* () { yield* waits(null); })).toThrow(/the condition of waits failed: TypeError/); // prettier-ignore
  });
});

/** Models in which two words are never as the code would need them to go wrong, whatever is read of each alone. */
const NEVER: Readonly<Record<string, (cells: World) => Kthread<unknown>>> = {
  *pointer({ current, isValid }) {
    const device = yield* readOnce(current);
    if (yield* readOnce(isValid)) yield* readOnce((device as Device).x);
  },
  *index({ devices, index, isValid }) {
    const i = yield* readOnce(index);
    if (yield* readOnce(isValid)) yield* readOnce(devices[i].x);
  },
  *range({ count, sum, isValid }) {
    const n = yield* readOnce(count);
    if (yield* readOnce(isValid)) yield* writeOnce(sum, n + 200);
  },
  *choice({ index, isValid }) {
    const i = yield* readOnce(index);
    if (yield* readOnce(isValid)) yield* choose(i === 0 ? 2 : 0);
  },
  *thrown({ index, isValid }) {
    const i = yield* readOnce(index);
    if ((yield* readOnce(isValid)) && i !== 0) throw new Error('never');
  },
  *operation({ index, isValid }) {
    const i = yield* readOnce(index);
    if (yield* readOnce(isValid)) yield* refuse(i);
  },
  *loop({ count, index, isValid }) {
    const i = yield* readOnce(index);
    if (yield* readOnce(isValid)) for (let k = 0; k !== i; k += 2) yield* readOnce(count);
  },
  *misuse({ index, isValid }) {
    const i = yield* readOnce(index);
    if (yield* readOnce(isValid)) yield* i === 0 ? readOnce(index) : notARequest();
  },
};
const refuse = defineOperation({
  name: 'refuse',
  run: (_: Memory, i: number) => {
    if (i !== 0) throw new Error('never');
  },
});
function* notARequest(): Kthread<number> {
  yield 5 as never;
  return 0;
}

const withWriter = (body: (cells: World) => Kthread<unknown>, { clears = true } = {}): System =>
  system(
    (cells) => ({
      *reader() {
        yield* body(cells);
      },
      *other_reader() {
        yield* body(cells);
      },
      *writer() {
        if (clears) yield* writeOnce(cells.isValid, false);
        yield* writeOnce(cells.index, 9);
        yield* writeOnce(cells.count, 100);
        yield* writeOnce(cells.current, null);
      },
    }),
    ({ isValid, current, devices }, memory) => {
      memory.set(isValid, true);
      memory.set(current, devices[1]);
    },
  );

test('an exception before the first step of a thread is met before what others do locally', () => {
  const layout = new Layout();
  const guarded = layout.one('guarded', struct('guarded', { word: u8.guardedBy('lock'), lock: spinLockWord }));
  const nobody = null as Device | null;
  const careless = kfunc('careless', function* () {
    yield* readOnce(guarded.word);
  });
  const follows = kfunc('follows', function* () {
    yield* readOnce((nobody as Device).x);
  });
  const system: System = {
    layout,
    threads: [
      {
        name: 'careless',
        run: () => careless(),
      },
      {
        name: 'NULL',
        run: () => follows(),
      },
    ],
  };
  for (const how of WAYS) expect(checkSync(system, how).violation?.kind).toBe('null-dereference');
});

describe('an exception on a path that was only tried', () => {
  test.each(Object.keys(NEVER).flatMap((name) => WAYS.map((how) => [name, how] as const)))(
    'is none: %s %o',
    (name, how) => {
      const result = checkSync(withWriter(NEVER[name]), how);
      expect(result.violation).toBeUndefined();
      if (how.maxRuns === undefined) expect(result.verdict).toBe('holds');
    },
  );

  test('is one as soon as a run can reach it', () => {
    for (const [name, body] of Object.entries(NEVER)) {
      if (name === 'loop' || name === 'misuse') continue;
      const model = withWriter(body, { clears: false });
      for (const how of WAYS)
        expect(checkSync(model, how).violation?.kind).toBe(name === 'pointer' ? 'null-dereference' : 'exception');
    }
  });

  test('is none under the lock that the words are changed together under', () => {
    const model = system(({ lock, count, current, devices }) => {
      const look = function* (): Kthread<void> {
        yield* lockAcquire(lock, 'lock');
        const n = yield* readOnce(count);
        const device = yield* readOnce(current);
        if (n > 0) yield* readOnce((device as Device).x);
        yield* lockRelease(lock, 'unlock');
      };
      return {
        *grow() {
          yield* lockAcquire(lock, 'lock');
          yield* writeOnce(count, 1);
          yield* writeOnce(current, devices[0]);
          yield* lockRelease(lock, 'unlock');
        },
        look,
        look_too: look,
      };
    });
    for (const how of WAYS) expect(checkSync(model, how).violation).toBeUndefined();
  });
});

test('what is wrong with a model is an error where a run comes to it', () => {
  const model = alone(function* ({ index }) {
    yield* waitFor(index, { equals: 0 });
    yield* notARequest();
  });
  for (const how of WAYS) expect(() => checkSync(model, how)).toThrow(/expected yield\* of a request, got 5/);
});

test('a long chain of answers is verified without running out of stack', () => {
  const layout = new Layout();
  const n = layout.one('n', u32);
  const step = kfunc('step', function* () {
    const old = yield* readOnce(n);
    yield* cmpxchg(n, old, old + 1);
  });
  const check = (states: number) =>
    checkSync(
      { layout, threads: [{ name: 'A', run: () => step(), repeat: true }] },
      { checkPurity: true, maxStates: states },
    );
  expect(check(60_000).bound).toBe('states');
});
