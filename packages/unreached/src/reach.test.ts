import {
  Layout,
  bool,
  choose,
  kfunc,
  notedKthread,
  readOnce,
  rmw,
  u8,
  writeOnce,
  type Cell,
  type Kthread,
  type Request,
  type System,
} from '@shootdown/machine';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { peterson, ticketLock } from '@shootdown/explore/scenarios';
import { Check, type SearchOptions } from '@shootdown/explore';
import { Reach, type Unreached } from './index.js';

type World = Record<'x' | 'y', Cell<number>> & { flag: Cell<boolean> };

/** Searches threads over a few cells and returns what was not reached of them. */
function unreached(
  make: (cells: World) => Record<string, () => Request<unknown>>,
  options?: SearchOptions,
): Unreached[] {
  const layout = new Layout();
  const cells = { x: layout.one('x', u8), y: layout.one('y', u8), flag: layout.one('flag', bool) };
  const threads = Object.entries(make(cells)).map(([name, run]) => ({ name, run }));
  return reachOf({ layout, threads }, options).unreached();
}

function reachOf(system: System, options?: SearchOptions, reach = new Reach()): Reach {
  const check = new Check(system, options);
  while (!check.advance());
  reach.add(check);
  return reach;
}

/** The line of this file that a comment marks. */
const marked = (mark: string): number =>
  readFileSync(import.meta.filename, 'utf8')
    .split('\n')
    .findIndex((line) => line.endsWith(` // ${mark}`)) + 1;

const here = (func: string, mark: string): Unreached => ({
  func,
  file: import.meta.filename,
  line: marked(mark),
  code: expect.stringMatching(new RegExp(`yield.* // ${mark}$`)) as string,
});

describe('unreached requests', () => {
  test('are named by function and line, and others are not', () => {
    const found = unreached(({ x, y }) => {
      const writer = kfunc('set_x', function* () {
        yield* writeOnce(x, 1);
        if ((yield* readOnce(x)) > 1) yield* writeOnce(y, 1); // dead branch
      });
      const reader = kfunc('get_x', function* () {
        if ((yield* readOnce(x)) === 1) yield* writeOnce(y, 2);
        else yield* writeOnce(y, 3);
      });
      return { W: () => writer(), R: () => reader() };
    });
    expect(found).toEqual([here('set_x', 'dead branch')]);
  });

  test('are none where some interleaving gets everywhere, with every reduction', () => {
    const make = ({ x, y }: World): Record<string, () => Request<unknown>> => {
      const writer = kfunc('set_x', function* () {
        yield* writeOnce(x, 1);
        yield* writeOnce(x, 2);
      });
      const reader = kfunc('get_x', function* () {
        const [a, b] = [yield* readOnce(x), yield* readOnce(x)];
        if (a === 1 && b === 2) yield* writeOnce(y, 1);
        if (a === 0 && b === 2) yield* writeOnce(y, 1);
      });
      return { W: () => writer(), R: () => reader() };
    };
    for (const options of [{}, { reduction: false }, { strategy: 'bfs' }, { symmetry: false }] as const)
      expect(unreached(make, options)).toEqual([]);
  });

  test('are seen in generators that kfuncs delegate to, and one that asks for nothing is no unreached request', () => {
    function* perhaps(cell: Cell<number>, isWanted: boolean): Kthread<void> {
      if (isWanted) yield* writeOnce(cell, 1);
    }
    function* never(cell: Cell<number>): Kthread<void> {
      if ((yield* readOnce(cell)) === 9) yield* writeOnce(cell, 1); // in a generator
    }
    function* nothing(cell: Cell<number>, isWanted: boolean): Kthread<void> {
      if (isWanted) yield* writeOnce(cell, 1); // entered in vain
    }
    const found = unreached(({ x, y }) => {
      const main = kfunc('main', function* () {
        yield* perhaps(x, true);
        yield* perhaps(y, false);
        yield* nothing(y, false);
        yield* never(y);
        yield* perhaps(x, false);
      });
      return { T: () => main() };
    });
    expect(found).toEqual([here('never', 'in a generator'), here('nothing', 'entered in vain')]);
  });

  test('are none in calls that are noticed where nobody takes their steps', () => {
    function* steps(cell: Cell<number>): Kthread<void> {
      yield* writeOnce(cell, 1);
      if ((yield* readOnce(cell)) === 9) yield* writeOnce(cell, 2); // in a noted call
    }
    const found = unreached(({ x }) => {
      const main = kfunc('main', function* () {
        yield* notedKthread('steps', steps(x));
      });
      return { T: () => main() };
    });
    expect(found).toEqual([here('steps', 'in a noted call')]);
  });

  test('are those of functions that were entered, even in vain, and of no others', () => {
    const found = unreached(({ x, flag }) => {
      const skip = kfunc('skip', function* (isOn: boolean) {
        if (isOn) yield* writeOnce(x, 2); // skipped
      });
      const other = kfunc('other', function* () {
        yield* writeOnce(x, 3);
      });
      const main = kfunc('main', function* () {
        yield* skip(false);
        if (yield* readOnce(flag)) yield* other(); // not called
      });
      return { T: () => main() };
    });
    expect(found).toEqual([here('skip', 'skipped'), here('main', 'not called')]);
  });

  test('tell apart what stands on one line, inside another and after the last request', () => {
    const found = unreached(({ x, y }) => {
      const idle = kfunc('idle', function* () {
        return undefined;
      });
      const main = kfunc('main', function* () {
        yield* writeOnce(x, (yield* readOnce(y)) === 0 ? 1 : yield* readOnce(x)); // inner
        yield* idle();
      });
      return { T: () => main() };
    });
    expect(found).toEqual([here('main', 'inner')]);
  });

  test('are told of two searches together', () => {
    const search = (step: number, reach: Reach): Reach => {
      const layout = new Layout();
      const x = layout.one('x', u8);
      return reachOf({ layout, threads: [{ name: 'T', run: () => stepped(x, step) }] }, {}, reach);
    };
    const reach = new Reach();
    expect(search(0, reach).unreached()).toMatchObject([{ line: marked('one') }, { line: marked('two') }]);
    expect(search(1, reach).unreached()).toMatchObject([{ line: marked('two') }]);
    expect(search(2, reach).unreached()).toEqual([]);
  });

  test('are those of the owning package only', () => {
    const make = (): System => {
      const system = ticketLock.build({ given: { threads: 2, rounds: 1 }, variant: 'correct', checks: () => true });
      return system;
    };
    const reach = reachOf(make(), {}, new Reach(ticketLock.build));
    for (const { file } of reach.unreached()) expect(path.dirname(file)).toBe(path.resolve('../explore/scenarios'));
    expect(reachOf(make(), {}, new Reach(expect.extend as () => void)).unreached()).toEqual([]);
  });

  test('of textbook locks: what only their broken twins do', () => {
    const reach = new Reach(peterson.build);
    for (const variant of ['correct', 'broken']) {
      reachOf(peterson.build({ given: {}, variant, checks: () => true }), {}, reach);
    }
    expect(reach.unreached()).toEqual([]);
  });

  test('leave everything as it was', () => {
    const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()) as object) as object;
    const before = Object.getOwnPropertyDescriptor(iterators, Symbol.iterator);
    unreached(({ x }) => ({ T: () => stepped(x, 0) }));
    expect(Object.getOwnPropertyDescriptor(iterators, Symbol.iterator)).toEqual(before);
  });
});

const stepped = kfunc('stepped', function* (x: Cell<number>, step: number) {
  yield* readOnce(x);
  if (step === 1) yield* writeOnce(x, 1); // one
  if (step === 2) yield* writeOnce(x, 2); // two
});

describe('choices', () => {
  const chooser = (cells: World): Record<string, () => Request<unknown>> => {
    const main = kfunc('main', function* () {
      for (let i = 0; i < 6; i++) {
        const way = yield* choose(200); // choice
        yield* rmw('add', 'atomic_add', 'relaxed', cells.x, way);
      }
    });
    return { T: () => main() };
  };

  test('are all taken by a search that ends', () => {
    const once = (cells: World): Record<string, () => Request<unknown>> => {
      const main = kfunc('main', function* () {
        if ((yield* choose(3)) === 2) yield* writeOnce(cells.x, 1);
      });
      return { T: () => main() };
    };
    expect(unreached(once)).toEqual([]);
  });

  test('say which alternatives a search by samples never took', () => {
    const [{ alternatives = [], ...rest }, ...more] = unreached(chooser, { strategy: 'random', maxRuns: 3 });
    expect(more).toEqual([]);
    expect(rest).toEqual(here('main', 'choice'));
    expect(alternatives.length).toBeGreaterThan(100);
    expect(alternatives.every((one) => one >= 0 && one < 200)).toBe(true);
  });
});
