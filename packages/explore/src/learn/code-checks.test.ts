import {
  ImpureModel,
  KernelBug,
  Layout,
  defineOperation,
  kfunc,
  readOnce,
  rmw,
  u8,
  writeOnce,
  type Memory,
  type MemoryReader,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync } from '../index.js';

/** Threads that take an operation each, and write. */
function system(operation: (memory: Memory) => number, others: Partial<System> = {}): System {
  const layout = new Layout();
  const x = layout.one('x', u8);
  const step = defineOperation({ name: 'step', run: operation });
  const thread = kfunc('thread', function* () {
    yield* step();
    yield* writeOnce(x, 1);
    yield* step();
  });
  return { layout, threads: ['A', 'B'].map((name) => ({ name, run: () => thread() })), ...others };
}

const MODES = [{}, { reduction: false }, { strategy: 'bfs' }, { strategy: 'random', maxRuns: 20 }] as const;

describe.each(MODES)('impure code is refused, %j', (options) => {
  const search = (model: System | (() => System)) => () => checkSync(model, { ...options, checkPurity: true });

  test('an operation that counts', () => {
    let count = 0;
    expect(search(system(() => ++count))).toThrow(ImpureModel);
    expect(search(system(() => ++count))).toThrow('the operation step is not a pure function');
  });

  test('an operation that another one tells something behind the back of memory', () => {
    const model = (): System => {
      const layout = new Layout();
      const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
      let told = false;
      const markTold = (memory: Memory): void => {
        told = true;
        memory.set(x, 1);
      };
      const tell = defineOperation({ name: 'tell', run: markTold });
      const ask = defineOperation({ name: 'ask', run: () => told });
      const teller = kfunc('teller', function* () {
        yield* tell();
      });
      const asker = kfunc('asker', function* () {
        yield* writeOnce(y, (yield* ask()) ? 1 : 2);
      });
      return { layout, threads: [asker, teller].map((f, i) => ({ name: `T${i}`, run: () => f() })) };
    };
    expect(search(model)).toThrow('the operation ask is not a pure function');
  });

  test('an invariant that remembers', () => {
    let seen = 0;
    const invariants = {
      short: (memory: MemoryReader): boolean => memory !== undefined && ++seen < 1000 && seen % 2 === 1,
    };
    expect(search(system(() => 0, { invariants }))).toThrow('the invariant "short" is not a pure function');
  });

  test('a condition that remembers', () => {
    const layout = new Layout();
    const x = layout.one('x', u8);
    let asked = 0;
    const wait = defineOperation({
      name: 'wait',
      when: (memory) => memory.get(x) === 0 && ++asked % 2 === 1,
      run: () => 0,
    });
    const thread = kfunc('thread', function* () {
      yield* wait();
    });
    const model = { layout, threads: [{ name: 'A', run: () => thread() }] };
    expect(search(model)).toThrow('the condition of wait is not a pure function');
  });

  test('a function that looks at a variable which another one changes', () => {
    const model = (): System => {
      const layout = new Layout();
      const x = layout.one('x', u8);
      let isSet = false;
      const set = kfunc('set', function* () {
        yield* writeOnce(x, 1);
        isSet = true;
      });
      const get = kfunc('get', function* () {
        if ((yield* readOnce(x)) === 1 && !isSet) yield* writeOnce(x, 9);
      });
      return { layout, threads: [set, get].map((f, i) => ({ name: `T${i}`, run: () => f() })) };
    };
    expect(search(model)).toThrow('kfunc get is not a pure function');
  });

  test('but none that is a function of memory, its arguments and its thread', () => {
    expect(search(system((memory) => memory.thread))).not.toThrow();
  });
});

describe('what singles out a member of a scalarset', () => {
  type How = 'invariant' | 'short invariant' | 'operation' | 'condition' | 'within' | 'second final' | 'nothing';

  function members(how: How): System {
    const layout = new Layout();
    const done = layout.perThread('done', u8, 3);
    const first = layout.one('first', u8);
    const work = defineOperation({
      name: 'work',
      run: (memory, i: number) => {
        if (how === 'operation' && i === 2) memory.report(new KernelBug('assertion', 'third', 'the third one works'));
      },
    });
    const pass = defineOperation({
      name: 'pass',
      when: (memory: Memory, i: number) => how !== 'condition' || i !== 2 || memory.get(first) === 0,
      run: (_memory: Memory, _i: number): void => undefined,
    });
    const thread = kfunc('thread', function* (i: number) {
      if ((yield* rmw('xchg', 'xchg', 'full', first, 1)) !== 0) return;
      yield* readOnce(first);
      yield* work(i);
      yield* pass(i);
      yield* writeOnce(done[i], 1);
      yield* readOnce(first);
      if (how === 'within') throw new KernelBug('assertion', 'third', 'one got through');
    });
    const ends = (memory: MemoryReader): number[] => [0, 1, 2].filter((i) => isDone(memory, i));
    const isDone = (memory: MemoryReader, i: number): boolean => memory.get(done[i]) === 1;
    return {
      layout,
      threads: [0, 1, 2].map((i) => ({ name: `T${i}`, run: () => thread(i) })),
      symmetries: [{ name: 'T', size: 3, threads: [[0, 1, 2]], objects: [done] }],
      ...(how === 'invariant' && { invariants: { third: (m) => !isDone(m, 2) } }),
      ...(how === 'short invariant' && { invariants: { third: (m) => !(isDone(m, 2) && !isDone(m, 0)) } }),
      ...(how === 'second final' && {
        finals: { one: (m) => ends(m).length === 1, third: (m) => !ends(m).includes(2) },
      }),
      ...(how === 'within' && { within: (m) => !isDone(m, 0) && !isDone(m, 1) }),
    };
  }

  test.each([
    ['invariant', 'invariant'],
    ['short invariant', 'invariant'],
    ['operation', 'assertion'],
    ['condition', 'deadlock'],
    ['within', 'assertion'],
    ['second final', 'invariant'],
  ] as const)('%s: the symmetry is not used, and the result says why', (how, kind) => {
    for (const strategy of ['dfs', 'bfs'] as const) {
      const result = checkSync(members(how), { strategy });
      expect(result).toMatchObject({ verdict: 'violated', violation: { kind } });
      expect(result.reductions.symmetry).toBe(false);
      expect(result.notes.join()).toContain('singles out a member of T');
    }
  });

  test('nothing: it is used', () => {
    const result = checkSync(members('nothing'));
    expect(result).toMatchObject({ verdict: 'holds', reductions: { symmetry: true }, notes: [] });
  });
});
