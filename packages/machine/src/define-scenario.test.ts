import { describe, expect, test } from 'vitest';
import {
  Layout,
  Memory,
  array,
  bool,
  buildScenario,
  callOf,
  givenOf,
  initialize,
  kfunc,
  omit,
  perThread,
  ptr,
  readOnce,
  runDirect,
  scenario,
  slab,
  struct,
  functionsOfScenario,
  times,
  u64,
  u8,
  writeOnce,
  type Scenario,
  type System,
  type Threads,
} from './index.js';

const counter = scenario({
  name: 'mine/counter',
  given: { threads: { default: 2, min: 1, max: 4 } },
  state: { count: u8 },
  threads: ({ count }, { given }) =>
    times(given.threads, function* increment() {
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
    }),
  finals: { sum: ({ count }, { given }) => count === given.threads },
});

function built(made: Scenario, variant = Object.keys(made.variants)[0]): System {
  return buildScenario(made, { given: givenOf(made, variant), variant, checks: () => true });
}

/** Runs the threads one after the other. */
function run(system: System): Memory {
  const memory = new Memory(system.layout);
  initialize(system, memory);
  for (const thread of system.threads) runDirect(memory, callOf(thread));
  return memory;
}

const threadsOf = (threads: Threads): System['threads'] => built(scenario({ name: 'mine/x', threads })).threads;

describe('a scenario that says little', () => {
  test('is completed', () => {
    expect(counter).toMatchObject({ asks: '', source: '', variants: { plain: { expect: 'holds' } } });
    expect(scenario(counter)).toEqual({ ...counter, build: expect.any(Function) as Scenario['build'] });
  });

  test('has its state under its names, threads that run, and finals that see values', () => {
    const system = built(counter);
    expect(system.threads.map(({ name }) => name)).toEqual(['T0', 'T1']);
    const memory = run(system);
    expect(system.layout.nameOf(1)).toBe('count');
    expect(system.finals?.['sum'](memory)).toBe(true);
    expect(system.finals?.['sum'](new Memory(system.layout))).toBe(false);
  });
});

const Slot = struct('slot', { isFull: bool, value: u64 });

test('a pool and an array of threads are found by name in a state that is no function', () => {
  const made = scenario({
    name: 'mine/pool',
    state: { pool: slab(Slot, 2), mine: perThread(u64, 1) },
    threads: ({ pool, mine }) => ({
      *fill() {
        yield* writeOnce(pool.slots[1].value, yield* readOnce(mine[0]));
      },
    }),
  });
  expect(built(made).layout.slabs).toHaveLength(1);
});

test('a state has words, arrays, structs, pointers, pools, and what places itself', () => {
  const made = scenario({
    name: 'mine/state',
    given: { slots: { default: 3 } },
    state: ({ given }) => ({
      ring: array(Slot, given.slots),
      grid: array(array(u8, 2), 2),
      head: Slot,
      next: ptr(() => Slot),
      pool: slab(Slot, 2),
      mine: perThread(u8, 1),
      pair: (layout: Layout, name: string) => [layout.one(`${name}.a`, u8), layout.one(`${name}.b`, u8)] as const,
    }),
    init: (memory, { ring, grid, next, pair }, { given }) => {
      memory.set(ring[2].value, 7n);
      memory.set(grid[1][1], given.slots);
      memory.set(next, ring[2]);
      memory.set(pair[1], 9);
    },
    threads: ({ head }) => ({
      *fill() {
        yield* writeOnce(head.isFull, true);
      },
    }),
    invariants: {
      all: ({ ring, grid, head, next, pair, mine, pool }) => {
        expect(ring.map(({ value }) => value)).toEqual([0n, 0n, 7n]);
        expect([...grid[1], ring.length, head.isFull, next?.value, mine[0]]).toEqual([0, 3, 3, true, 7n, 0]);
        expect(next).toBe(ring[2]);
        expect(pair).toEqual([0, 9]);
        expect(pool.slots).toHaveLength(2);
        return true;
      },
    },
  });
  const system = built(made);
  expect(system.invariants?.['all'](run(system))).toBe(true);
  expect(system.layout.slabs).toHaveLength(1);
  expect(system.layout.threadArrays).toHaveLength(1);
  expect(system.layout.nameOf(2)).toBe('ring[0].value');
});

test('a value is read where it is asked for, and nothing else is', () => {
  const made = scenario({
    name: 'mine/reads',
    state: { a: u8, both: array(u8, 2), slot: Slot },
    threads: [],
    invariants: { one: ({ both }) => both[1] === 0, field: ({ slot }) => slot.value === 0n, none: () => true },
  });
  const { invariants = {}, layout } = built(made);
  const memory = new Memory(layout);
  const read: string[] = [];
  memory.watch = (address) => read.push(layout.nameOf(address));
  for (const ask of Object.values(invariants)) ask(memory);
  expect(read).toEqual(['both[1]', 'slot.value']);
});

test('values are those of the memory that is asked, and of no time after', () => {
  let kept: { readonly count: number } | undefined;
  const made = scenario({
    name: 'mine/kept',
    state: { count: u8 },
    threads: [],
    invariants: { keep: (now) => ((kept = now), now.count === now.get({} as never) || true) },
    finals: { is5: ({ count }) => count === 5 },
  });
  const { invariants = {}, finals = {}, layout } = built(made);
  expect(() => invariants['keep'](new Memory(layout))).toThrow('memory.get: expected a cell');
  expect(() => kept?.count).toThrow('a value of the state is asked for outside of the function that was given it');
  const [one, other] = [new Memory(layout), new Memory(layout)];
  one.store(1, 5);
  expect([finals['is5'](one), finals['is5'](other), finals['is5'](one)]).toEqual([true, false, true]);
});

test('a world of a package is a state as it is, and so are functions of memory', () => {
  const layout = new Layout();
  const busy = layout.array('busy', bool, 2);
  const made = scenario({
    name: 'mine/world',
    state: () => ({ layout, busy, idle: (memory: { get: Memory['get'] }) => !memory.get(busy[0]) }),
    threads: ({ busy: cells }) =>
      times(
        2,
        function* work(cpu) {
          yield* writeOnce(cells[cpu], true);
        },
        { name: 'CPU ' },
      ),
    invariants: { values: ({ busy: values }) => values.includes(true) },
    finals: ({ idle }) => ({ idle }),
  });
  const system = built(made);
  expect(system.layout).toBe(layout);
  expect(system.threads.map(({ name }) => name)).toEqual(['CPU 0', 'CPU 1']);
  const memory = run(system);
  expect([system.invariants?.['values'](memory), system.finals?.['idle'](memory)]).toEqual([true, false]);
});

describe('threads', () => {
  const f = kfunc('f', function* (_i: number) {});
  function* increment(): Generator<never, void> {}

  test('are generator functions, kfuncs, functions that make a call, or these with more to say', () => {
    const found = threadsOf({
      a: increment,
      b: () => f(1),
      c: { kind: 'daemon', repeat: true, run: increment },
      d: { name: 'dd', run: () => f(2) },
      *e() {},
      f: { *run() {} },
    });
    expect(found.map(({ name, kind, repeat }) => [name, kind, repeat])).toEqual([
      ['a', undefined, undefined],
      ['b', undefined, undefined],
      ['c', 'daemon', true],
      ['dd', undefined, undefined],
      ['e', undefined, undefined],
      ['f', undefined, undefined],
    ]);
    expect(found.map((thread) => callOf(thread).label)).toEqual(['increment', 'f', 'increment', 'f', 'e', 'f']);
    expect(callOf(found[0]).fn).toBe(callOf(found[2]).fn);
  });

  test('in a list are called by their place, unless they have a name', () => {
    const found = threadsOf([increment, ...times(2, f, { name: 'CPU ', repeat: true }), function* () {}]);
    expect(found.map(({ name, repeat }) => [name, repeat])).toEqual([
      ['T0', undefined],
      ['CPU 0', true],
      ['CPU 1', true],
      ['T3', undefined],
    ]);
    expect(found.map((thread) => [callOf(thread).label, ...callOf(thread).args])).toEqual([
      ['increment'],
      ['f', 0],
      ['f', 1],
      ['T3'],
    ]);
  });

  test('that run one function which does not ask which of them they are, are alike', () => {
    const [a, b] = times(2, increment).map(({ run: call }) => call());
    expect(a).toBe(b);
    const [c, d] = times(2, function* who(_i) {}).map(({ run: call }) => call());
    expect([c, d].map((call) => ('args' in call ? call.args : []))).toEqual([[0], [1]]);
    expect(() => times(-1, increment)).toThrow(new RangeError('times: expected a count >= 0, got -1'));
  });
});

describe('a variant', () => {
  const made = scenario({
    name: 'mine/variants',
    given: { size: { default: 1 } },
    variants: {
      now: { expect: 'holds', code: { era: 'v6' } },
      then: { expect: 'holds', code: { era: 'v4' } },
      broken: { expect: 'invariant', mutations: [omit({ in: 'f', step: 'WRITE_ONCE' })] },
    },
    state: { count: u8 },
    threads: ({ count }, { code, variant }) => ({
      *f() {
        yield* writeOnce(count, code === undefined ? 1 : Number(code.era.slice(1)));
        if (variant === 'then') yield* writeOnce(count, 40);
      },
    }),
  });

  test('has its code, its name and its mutations', () => {
    expect(run(built(made, 'now')).words[1]).toBe(6);
    expect(run(built(made, 'then')).words[1]).toBe(40);
    expect(built(made, 'broken').mutations).toHaveLength(1);
    expect(made.build({ given: {}, variant: 'now', checks: () => true }).mutations).toBeUndefined();
  });

  test('is named in texts that can be looked through', () => {
    expect(functionsOfScenario(made).join()).toMatch(/variant === ["']then["']/);
    const records = scenario({
      name: 'mine/x',
      threads: [],
      finals: { last: (_, { variant }) => variant === 'plain' },
    });
    expect(functionsOfScenario(records).join()).toMatch(/variant === ["']plain["']/);
  });
});

describe('a misspelt name', () => {
  const fails =
    (definition: object): (() => System) =>
    () =>
      built(scenario(definition as typeof counter));

  test.each<[string, object]>([
    ['the state has no "cuont"; did you mean count?', { threads: ({ cuont }: never) => cuont }],
    ['given has no "sise"; did you mean size?', { threads: (_: never, { given: { sise } }: never) => sise }],
    ['state.count: expected a type, such as u8', { state: { count: undefined } }],
    ['state.get: the name is taken', { state: { get: u8 } }],
    ['state: expected an object of types by name, got an array', { state: [u8] }],
    ['state.layout: expected the Layout that the state is in, got an object', { state: { layout: {} } }],
    ['threads: expected generator functions, by name or in a list, got 5', { threads: () => 5 }],
    [
      'threads[0]: expected an object with name and run, got a call of f; write',
      { threads: [kfunc('f', function* () {})()] },
    ],
    ['threads[0]: expected a thread: an object with name and run, got 5', { threads: [5] }],
    ['threads[0]: unknown key "repaet"; did you mean repeat?', { threads: [{ run: () => 0, repaet: true }] }],
  ])('%s', (message, part) => {
    const base = { name: 'mine/x', given: { size: { default: 1 } }, state: { count: u8 }, threads: [] };
    expect(fails({ ...base, ...part })).toThrow(message);
  });

  test('in a condition', () => {
    const conditions = { word: ({ cuont }: never) => cuont, field: ({ slot }: { slot: never }) => slot['valeu'] };
    const { invariants = {}, layout } = fails({
      name: 'mine/x',
      state: { count: u8, slot: Slot },
      threads: [],
      invariants: conditions,
    })();
    expect(() => invariants['word'](new Memory(layout))).toThrow('the state has no "cuont"; did you mean count?');
    expect(() => invariants['field'](new Memory(layout))).toThrow('slot has no "valeu"; did you mean value?');
  });
});

test.each<[string, object]>([
  ['mine/x: threads: expected generator functions, by name or in a list, or a function that makes', {}],
  ['mine/x: unknown key "final"; did you mean finals?', { threads: [], final: {} }],
  ['mine/x: finals.sum: expected a function of the state, got true', { threads: [], finals: { sum: true } }],
  ['mine/x: finals: expected an object of functions, by name, got an array', { threads: [], finals: [] }],
  ['mine/x: init: expected a function that sets the initial state, got an object', { threads: [], init: {} }],
  ['mine/x: expected either build, which makes the whole system, or state, got both', { build: () => 0, state: {} }],
])('a definition is refused: %s', (message, part) => {
  expect(() => scenario({ name: 'mine/x', ...part })).toThrow(message);
});
