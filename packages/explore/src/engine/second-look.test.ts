/** Models that keep something behind memory's back are refused, whatever hides it. */
import {
  ImpureModel,
  Layout,
  choose,
  defineOperation,
  kfunc,
  readOnce,
  u8,
  writeOnce,
  type Memory,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync } from '../index.js';

const MODES = [{}, { reduction: false }, { strategy: 'bfs' }, { strategy: 'random', maxRuns: 20 }] as const;

type Model = () => System;

/** A function leaves its result in a variable, or returns it. */
const outParameter =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const y = layout.one('y', u8);
    let found = 0;
    const find = kfunc('find', function* () {
      const way = yield* choose(2);
      found = way;
      return isPure ? way : 0;
    });
    const caller = kfunc('caller', function* () {
      const way = yield* find();
      if ((isPure ? way : found) === 1) yield* writeOnce(y, 1);
    });
    return { layout, threads: [{ name: 'T0', run: () => caller() }] };
  };

/** An operation leaves its result in a variable, or answers it. */
const answerBehind =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
    let taken = 0;
    const look = (memory: Memory): number => {
      taken = memory.get(x);
      return isPure ? taken : 0;
    };
    const take = defineOperation({ name: 'take', run: look });
    const taker = kfunc('taker', function* () {
      const answer = yield* take();
      if ((isPure ? answer : taken) === 1) yield* writeOnce(y, 1);
    });
    const maker = kfunc('maker', function* () {
      yield* writeOnce(x, 1);
      yield* writeOnce(x, 0);
    });
    return { layout, threads: [taker, maker].map((f, i) => ({ name: `T${i}`, run: () => f() })) };
  };

/** Each thread sets a variable before it looks at it, but another may set it in between; or each has its own. */
const scratch =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const [own, copied] = [layout.array('own', u8, 2), layout.array('copied', u8, 2)];
    const other = layout.one('other', u8);
    let shared = 0;
    const copy = kfunc('copy', function* (i: number) {
      const local = yield* readOnce(own[i]);
      shared = local;
      yield* writeOnce(other, 1);
      yield* writeOnce(copied[i], isPure ? local : shared);
    });
    return {
      layout,
      init: (memory) => {
        own.forEach((cell, i) => {
          memory.set(cell, i + 1);
        });
      },
      threads: [0, 1].map((i) => ({ name: `T${i}`, run: () => copy(i) })),
    };
  };

/** What one operation looks at, or whether it looks at all, depends on what another one kept. */
const operationToOperation =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const [x, y, z, held] = ['x', 'y', 'z', 'held'].map((name) => layout.one(name, u8));
    let kept = 0;
    const keepIt = (memory: Memory): void => {
      kept = memory.get(x);
      memory.set(held, kept);
    };
    const useIt = (memory: Memory): void => {
      if ((isPure ? memory.get(held) : kept) === 1) memory.set(y, 1);
    };
    const keep = defineOperation({ name: 'keep', run: keepIt });
    const use = defineOperation({ name: 'use', run: useIt });
    const a = kfunc('a', function* () {
      yield* keep();
      yield* readOnce(z);
      yield* use();
    });
    const b = kfunc('b', function* () {
      yield* writeOnce(x, 1);
      yield* writeOnce(x, 0);
    });
    return { layout, threads: [a, b].map((f, i) => ({ name: `T${i}`, run: () => f() })) };
  };

/** A final looks at a variable that a thread sets. */
const finalBehind =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const x = layout.one('x', u8);
    let seen = 0;
    const thread = kfunc('thread', function* () {
      yield* writeOnce(x, yield* choose(2));
      seen = yield* readOnce(x);
      yield* writeOnce(x, 3);
    });
    return {
      layout,
      threads: [{ name: 'T0', run: () => thread() }],
      finals: { seen: (memory) => (isPure ? memory.get(x) === 3 : seen === 0) },
    };
  };

/** A depth that a recursion counts in a variable and, where it ends early, does not count back. */
const depth =
  (isPure: boolean): Model =>
  () => {
    const layout = new Layout();
    const x = layout.one('x', u8);
    let count = 0;
    const inner = kfunc('inner', function* (level: number) {
      count++;
      yield* writeOnce(x, isPure ? level : Math.min(count, 9));
    });
    const outer = kfunc('outer', function* () {
      yield* inner(1);
      yield* inner(2);
    });
    return { layout, threads: [{ name: 'T0', run: () => outer() }] };
  };

const HIDDEN = { outParameter, answerBehind, scratch, operationToOperation, finalBehind, depth };

describe.each(MODES)('by %j', (options) => {
  test.each(Object.entries(HIDDEN))('%s', (_, model) => {
    expect(() => checkSync(model(false), options)).toThrow(ImpureModel);
    expect(checkSync(model(true), options).violation).toBeUndefined();
  });

  test('an initial state that is drawn', () => {
    let built = 0;
    const model =
      (isPure: boolean): Model =>
      () => {
        const system = outParameter(true)();
        const x = system.layout.one('x', u8);
        const mine = isPure ? 1 : ++built;
        return {
          ...system,
          init: (memory) => {
            memory.set(x, mine);
          },
        };
      };
    expect(() => checkSync(model(false), options)).toThrow('init is not a pure function');
    expect(checkSync(model(true), options).violation).toBeUndefined();
  });

  test.each([
    ['operation', 'the operation op'],
    ['condition', 'Math.random()'],
    ['invariant', 'the invariant "asked"'],
    ['within', 'within'],
    ['init', 'Math.random()'],
  ])('a random number that is drawn in an %s', (where, told) => {
    // eslint-disable-next-line no-restricted-properties -- what is to be caught
    const draws = (here: string): boolean => here !== where || Math.random() < 2;
    const layout = new Layout();
    const x = layout.one('x', u8);
    const op = defineOperation({
      name: 'op',
      when: () => draws('condition'),
      run: () => (draws('operation') ? 1 : 0),
    });
    const thread = kfunc('thread', function* () {
      yield* op();
      yield* writeOnce(x, 1);
    });
    const system: System = {
      layout,
      init: (memory) => {
        memory.set(x, draws('init') ? 1 : 0);
      },
      threads: [{ name: 'T0', run: () => thread() }],
      invariants: { asked: () => draws('invariant') },
      within: () => draws('within'),
    };
    expect(() => checkSync(system, options)).toThrow(told);
    expect(() => checkSync(system, options)).toThrow(ImpureModel);
    expect(checkSync(system, { ...options, checkPurity: false, maxRuns: 3 }).violation).toBeUndefined();
  });

  test.each(['invariant', 'final', 'within', 'condition'])('a %s that changes memory', (where) => {
    const build = (isPure: boolean): System => {
      const layout = new Layout();
      const x = layout.one('x', u8);
      const changes = (here: string, memory: unknown): true => {
        if (here === where && !isPure) (memory as Memory).set(x, (memory as Memory).get(x) ^ 1);
        return true;
      };
      const op = defineOperation({ name: 'op', when: (memory) => changes('condition', memory), run: () => 0 });
      const thread = kfunc('thread', function* () {
        yield* op();
      });
      return {
        layout,
        threads: [{ name: 'T0', run: () => thread() }],
        invariants: { one: (memory) => changes('invariant', memory) },
        finals: { two: (memory) => changes('final', memory) },
        within: (memory) => changes('within', memory),
      };
    };
    expect(() => checkSync(build(false), options)).toThrow('changes memory; a condition must only look at it');
    expect(() => checkSync(build(false), { ...options, checkPurity: false })).toThrow('changes memory');
    expect(checkSync(build(true), options).violation).toBeUndefined();
  });

  test('an initial state outside the stated size is no search', () => {
    const build = (limit: number): System => {
      const layout = new Layout();
      const [x, ghost] = [layout.one('x', u8), layout.one('ghost', u8.ghost())];
      const thread = kfunc('thread', function* () {
        yield* writeOnce(ghost, 1);
        yield* writeOnce(x, 1);
      });
      return { layout, threads: [{ name: 'T0', run: () => thread() }], within: (memory) => memory.get(ghost) < limit };
    };
    expect(() => checkSync(build(1), options)).toThrow('the initial state is outside the stated size (within)');
    expect(checkSync(build(2), options).violation).toBeUndefined();
  });
});

test('what code throws only in turns that no real run takes is no fault of the model', () => {
  const layout = new Layout();
  const [x, done] = [layout.one('x', u8), layout.one('done', u8)];
  const work = kfunc('work', function* () {
    yield* writeOnce(x, 1);
    yield* writeOnce(done, 1);
  });
  const main = kfunc('main', function* () {
    yield* writeOnce(x, 1);
  });
  const model = (): System => ({
    layout,
    threads: [
      { name: 'main', run: () => main() },
      { name: 'worker', kind: 'daemon', run: () => work() },
    ],
    finals: {
      done: (memory) => {
        if (memory.get(done) === 0) throw new TypeError('asked too early');
        return true;
      },
    },
  });
  for (const options of MODES) expect(checkSync(model, options).violation).toBeUndefined();
});
