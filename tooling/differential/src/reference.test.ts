import * as explored from '@shootdown/explore/scenarios';
import * as kinds from '@shootdown/kernel/scenarios';
import {
  Layout,
  choose,
  givenOf,
  kfunc,
  lockAcquire,
  lockRelease,
  numberingKfuncs,
  read,
  readOnce,
  spinLockWord,
  spinUntil,
  u8,
  waitFor,
  write,
  writeOnce,
  type Cell,
  type Kthread,
  type Scenario,
  type System,
} from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { rulesAtHand } from './abilities.js';
import { tellPosition } from './position.js';
import { explore, type Reference } from './reference.js';

const BOUNDS = { states: 20_000, time: 20_000 };
const RULES = rulesAtHand();

function kindsOf(reference: Reference): string[] {
  return [...reference.broken].filter((name) => !name.includes(':')).sort();
}

function threads(...bodies: ((cell: Cell<number>) => Kthread<void>)[]): Reference {
  const layout = new Layout();
  const cell = layout.one('cell', u8);
  const running = bodies.map((body, i) => {
    const run = kfunc(`t${i}`, () => body(cell));
    return { name: `T${i}`, run: () => run() };
  });
  return explore({ layout, threads: running }, BOUNDS, RULES);
}

describe('the reference', () => {
  const scenarios = [...Object.values(kinds), ...Object.values(explored)].flat().filter(isScenario);
  const variants = scenarios.flatMap((scenario) =>
    Object.entries(scenario.variants).map(([variant, { expect: expected, only }]) => ({
      name: `${scenario.name}@${variant}`,
      expected,
      only,
      build: (): System => scenario.build({ variant, given: givenOf(scenario, variant, 'suite'), checks: () => true }),
    })),
  );
  it.each(variants)('finds in $name what it says: $expected', ({ expected, only, build }) => {
    const reference = explore(numberingKfuncs(build), { ...BOUNDS, states: 3000 }, RULES);
    const found = kindsOf(reference).filter((kind) => only === undefined || only.includes(kind));
    if (expected === 'holds') expect(found).toEqual([]);
    else expect(found).toContain(expected);
  });

  it('counts the states of two threads that each write twice', () => {
    const twice = function* (cell: Cell<number>): Kthread<void> {
      yield* writeOnce(cell, 1);
      yield* writeOnce(cell, 1);
    };
    // Three places each, and the cell is 0 only before the first write.
    expect(threads(twice, twice).states).toBe(9);
  });

  it('keeps all answers of a call apart, and forgets them when it returns', () => {
    const four = kfunc('four', function* () {
      const a = yield* choose(2);
      return a + (yield* choose(2));
    });
    const reference = threads(function* () {
      yield* four();
    });
    // The start, two after one choice, and one each for the results 0, 1 and 2 is one, for the thread has ended.
    expect(reference.states).toBe(4);
  });

  it('does not take a spinning thread that others can help for stuck', () => {
    const look = kfunc('look', function* (cell: Cell<number>) {
      return (yield* readOnce(cell)) !== 0;
    });
    const spins = function* (cell: Cell<number>): Kthread<void> {
      yield* spinUntil(() => look(cell));
    };
    const sets = function* (cell: Cell<number>): Kthread<void> {
      yield* writeOnce(cell, 1);
    };
    expect(kindsOf(threads(spins, sets))).toEqual([]);
    expect(kindsOf(threads(spins))).toEqual(['deadlock']);
  });

  it('takes code for where it says that it stands, and for stuck where it stays in a loop for ever', () => {
    const polls = function* (cell: Cell<number>): Kthread<void> {
      for (;;) {
        tellPosition({ text: 'polls', loops: ['loop'] });
        if ((yield* readOnce(cell)) !== 0) break;
      }
      tellPosition({ text: 'after', loops: [] });
      yield* writeOnce(cell, 2);
    };
    const sets = function* (cell: Cell<number>): Kthread<void> {
      yield* writeOnce(cell, 1);
    };
    // Before and after the write of one, and before and after that of the other.
    expect(threads(polls, sets)).toMatchObject({ states: 4, broken: new Set() });
    expect(kindsOf(threads(polls))).toEqual(['deadlock']);
  });

  it('does not take a thread for stuck that changes memory in its loop, but for one that gets nowhere', () => {
    const counts = function* (cell: Cell<number>): Kthread<void> {
      for (;;) {
        tellPosition({ text: 'counts', loops: ['loop'] });
        const value = yield* readOnce(cell);
        yield* writeOnce(cell, 1 - value);
      }
    };
    expect(kindsOf(threads(counts))).toEqual(['livelock']);
  });

  it('sees a race only where both could go next', () => {
    const plain = function* (cell: Cell<number>): Kthread<void> {
      yield* write(cell, 1);
    };
    const waits = function* (cell: Cell<number>): Kthread<void> {
      yield* waitFor(cell, { equals: 1 });
      yield* read(cell);
    };
    expect(kindsOf(threads(plain, waits))).toEqual([]);
    expect(kindsOf(threads(plain, plain))).toEqual(['data-race']);
  });

  it('reports a lock that is held where its thread ends', () => {
    const layout = new Layout();
    const lock = layout.one('lock', spinLockWord);
    const takes = kfunc('takes', function* () {
      yield* lockAcquire(lock, 'spin_lock');
    });
    const gives = kfunc('gives', function* () {
      yield* lockAcquire(lock, 'spin_lock');
      yield* lockRelease(lock, 'spin_unlock');
    });
    const of = (...runs: (typeof takes)[]): string[] =>
      kindsOf(explore({ layout, threads: runs.map((run, i) => ({ name: `T${i}`, run: () => run() })) }, BOUNDS, RULES));
    expect(of(gives, gives)).toEqual([]);
    expect(of(takes)).toEqual(['lock-misuse']);
    expect(of(takes, gives)).toEqual(['deadlock', 'lock-misuse']);
  });
});

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && 'variants' in value;
}
