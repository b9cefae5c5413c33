import { Layout, choose, defineOperation, kfunc, modify, report, u32, type System } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { Check, checkSync } from '../api/check.js';
import { replay } from '../api/replay.js';
import type { SearchOptions } from './options.js';

/** Threads that each add to a counter of their own, so often; the sum is judged. */
function counting(rounds: number, holds: (sum: number) => boolean): System {
  const layout = new Layout();
  const counters = layout.array('counter', u32, 3);
  const add = kfunc('add', function* (i: number) {
    for (let round = 0; round < rounds; round++) yield* modify('add', 'atomic_add', 'relaxed', counters[i], 1);
  });
  return {
    layout,
    threads: [0, 1, 2].map((i) => ({ name: `T${i}`, run: () => add(i) })),
    invariants: { sum: (memory) => holds(counters.reduce((sum, one) => sum + memory.get(one), 0)) },
  };
}

/** The clock that the search does not take away. */
const now = performance.now.bind(performance);

function busyFor(milliseconds: number): void {
  for (const until = now() + milliseconds; now() < until;);
}

/** Runs a search whose time is over as soon as it has found something. */
function stoppedOnceFound(system: System, options: SearchOptions = {}) {
  let at = Infinity;
  const check = new Check(system, options, { stopAt: () => at });
  while (!check.advance());
  expect(check.found?.kind).toBe('invariant');
  at = performance.now();
  return check.result();
}

describe('a search out of time', () => {
  it('says the violation that it found, though it cannot shrink it', () => {
    const system = counting(12, (sum) => sum < 30);
    const whole = checkSync(system);
    const { verdict, violation, shrinkingCutBy, schedule = '' } = stoppedOnceFound(system);
    expect({ verdict, violation, shrinkingCutBy }).toMatchObject({
      verdict: 'violated',
      violation: whole.violation,
      shrinkingCutBy: 'interrupted',
    });
    expect(whole.shrinkingCutBy).toBeUndefined();
    expect(replay(system, schedule).violation).toEqual(whole.violation);
  });

  it('says it even if there is no time to run it again', () => {
    let at = Infinity;
    const check = new Check(
      counting(100, (sum) => sum < 280),
      {},
      { stopAt: () => at },
    );
    while (!check.advance());
    at = performance.now() - 60_000;
    const { verdict, violation, trace, tellingCutBy } = check.result();
    expect([verdict, violation?.name, trace, tellingCutBy]).toEqual(['violated', 'sum', undefined, 'interrupted']);
  });

  it.each(['dfs', 'bfs', 'random', 'pct', 'portfolio'] as const)(
    'of strategy %s ends soon though each state takes long to judge',
    (strategy) => {
      const system = counting(20, () => {
        busyFor(2);
        return true;
      });
      const started = performance.now();
      const { verdict, bound } = checkSync(system, { strategy, maxSeconds: 0.2 });
      expect([verdict, bound]).toEqual(['unknown', 'seconds']);
      expect(performance.now() - started).toBeLessThan(2000);
    },
  );

  it('ends soon while it learns what functions do', () => {
    const layout = new Layout();
    const word = layout.one('word', u32);
    const wander = kfunc('wander', function* (i: number) {
      for (let step = 0; step < 60; step++) {
        busyFor(0.2);
        yield* modify('add', 'atomic_add', 'relaxed', word, (yield* choose(3)) + i);
      }
    });
    const system: System = { layout, threads: [0, 1].map((i) => ({ name: `T${i}`, run: () => wander(i) })) };
    const started = performance.now();
    const { verdict, bound } = checkSync(system, { maxSeconds: 0.3, strategy: 'bfs', checkPurity: false });
    expect([verdict, bound]).toEqual(['unknown', 'seconds']);
    expect(performance.now() - started).toBeLessThan(2500);
  });

  it('ends with the states it had seen, and never says that a model holds', () => {
    let at = Infinity;
    const check = new Check(
      counting(30, () => true),
      { reduction: false },
      { stopAt: () => at },
    );
    while (check.progress().states < 1000) check.advance();
    at = 0;
    while (!check.advance());
    expect(check.result()).toMatchObject({ verdict: 'unknown', bound: 'interrupted', complete: false });
  });
});

describe('the figures of a search', () => {
  it('do not depend on how fast it was', () => {
    const run = (milliseconds: number) => {
      const system = counting(6, () => {
        busyFor(milliseconds);
        return true;
      });
      const { states, transitions, depth, localStates, generatorRuns } = checkSync(system, { slice: 64 });
      return { states, transitions, depth, localStates, generatorRuns };
    };
    expect(run(0.5)).toEqual(run(0));
  });
});

describe('sampling', () => {
  const broken = (): System => {
    const layout = new Layout();
    layout.one('word', u32);
    const fail = defineOperation({ name: 'nothing', run: () => undefined });
    const run = kfunc('run', function* () {
      yield* fail();
      yield* report('assertion', 'always', 'it is always so');
    });
    return { layout, threads: [{ name: 'T', run: () => run() }] };
  };

  it.each(['random', 'pct', 'portfolio'] as const)('by %s counts the run that found something', (strategy) => {
    expect(checkSync(broken(), { strategy }).sampling).toMatchObject({ runs: 1, cutRuns: 0 });
  });

  it('says how many runs were given up', () => {
    const layout = new Layout();
    const word = layout.one('word', u32);
    const flip = kfunc('flip', function* () {
      yield* modify('xor', 'xor', 'relaxed', word, 1);
    });
    const flipping: System = { layout, threads: [{ name: 'T', run: () => flip(), repeat: true }] };
    const { sampling } = checkSync(flipping, { strategy: 'random', maxRuns: 40 });
    expect(sampling?.runs).toBe(40);
    expect(sampling?.cutRuns).toBeLessThan(40);
    const inner = kfunc('inner', function* () {
      for (let i = 0; i < 60; i++) yield* modify('xor', 'xor', 'relaxed', word, 1);
    });
    const outer = kfunc('outer', function* () {
      for (let i = 0; i < 500; i++) yield* inner();
    });
    const long: System = { layout, threads: [{ name: 'T', run: () => outer() }] };
    expect(checkSync(long, { strategy: 'random', maxRuns: 2 }).sampling).toMatchObject({ runs: 2, cutRuns: 2 });
  });

  it.each([1, 1000, 4321])('by a portfolio visits %i states and no more', (maxStates) => {
    const result = checkSync(
      counting(40, () => true),
      { strategy: 'portfolio', maxStates },
    );
    expect(result).toMatchObject({ verdict: 'unknown', bound: 'states', states: maxStates });
  });
});
