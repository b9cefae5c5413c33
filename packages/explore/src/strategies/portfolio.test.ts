import { expect, describe, test } from 'vitest';
import type { System } from '@shootdown/machine';
import { peterson } from '../../scenarios/index.js';
import { Check, checkSync } from '../api/check.js';
import { JobRunner, type JobReport, type Samplers } from './portfolio.js';
import type { SearchOptions } from '../base/options.js';
import type { SearchResult } from '../api/result.js';

const build = (variant: string): System =>
  peterson.build({
    given: Object.fromEntries(Object.entries(peterson.given).map(([name, spec]) => [name, spec.default])),
    variant,
    checks: () => true,
  });

/** One system of each variant: of two systems in one process the functions count as different ones. */
const systems = { correct: build('correct'), broken: build('broken') };
type Variant = keyof typeof systems;

const options: SearchOptions = { strategy: 'portfolio', seed: 3, only: ['mutual-exclusion'] };

/** Samplers in this thread that answer only when asked so many times, so that their reports come late. */
function lateSamplers(variant: Variant, members: number, delay: number): Samplers {
  return {
    wait: () => undefined,
    failure: undefined,
    ready: Array.from({ length: members }, () => {
      const runner = new JobRunner(systems[variant], options);
      let report: JobReport | undefined;
      let left = 0;
      return {
        post: (job: number) => {
          report = structuredClone(runner.run(job));
          left = delay;
        },
        receive: () => (left-- > 0 ? undefined : report),
      };
    }),
  };
}

function checkWith(variant: Variant, samplers: Samplers | undefined, more: SearchOptions = {}): SearchResult {
  const check = new Check(systems[variant], { ...options, ...more }, samplers === undefined ? {} : { samplers });
  while (!check.advance());
  return check.result();
}

/** What must not depend on how many threads there are. */
const figures = ({ verdict, schedule, states, transitions, depth, sampling }: SearchResult): unknown => ({
  verdict,
  schedule,
  states,
  transitions,
  depth,
  sampling,
});

describe('a portfolio', () => {
  test('finds the same with one thread and with others, however late they answer', () => {
    const alone = checkWith('broken', undefined);
    expect(alone.violation?.name).toBe('mutual-exclusion');
    for (const [members, delay] of [
      [1, 0],
      [2, 3],
      [3, 1],
    ])
      expect(figures(checkWith('broken', lateSamplers('broken', members, delay)))).toEqual(figures(alone));
  });

  test('counts the same runs up to its bound, and is unknown where nothing is found', () => {
    const alone = checkWith('correct', undefined, { maxRuns: 500 });
    expect(alone).toMatchObject({ verdict: 'unknown', bound: 'runs', complete: false });
    expect(alone.sampling?.runs).toBeGreaterThanOrEqual(500);
    expect(figures(checkWith('correct', lateSamplers('correct', 2, 2), { maxRuns: 500 }))).toEqual(figures(alone));
  });

  test('runs a job alike whatever ran before it', () => {
    const [fresh, used] = [new JobRunner(systems.correct, options), new JobRunner(systems.correct, options)];
    used.run(0);
    used.run(5);
    expect(used.run(2)).toEqual(fresh.run(2));
  });

  test('runs other jobs under another seed', () => {
    const of = (seed: number): JobReport => new JobRunner(systems.correct, { ...options, seed }).run(0);
    expect(of(1)).not.toEqual(of(2));
  });

  test('ends when a thread of it fails', () => {
    const failure = new Error('out of luck');
    expect(() => checkWith('correct', { ready: [], wait: () => undefined, failure })).toThrow('out of luck');
  });
});

describe.each(['random', 'pct'] as const)('%s', (strategy) => {
  test('is the same for the same seed, and never says that a model holds', () => {
    const twice = [1, 2].map(() => checkSync(systems.correct, { strategy, seed: 9, maxRuns: 200 }));
    expect(figures(twice[0])).toEqual(figures(twice[1]));
    expect(twice[0]).toMatchObject({ verdict: 'unknown', bound: 'runs', sampling: { runs: 200 } });
    expect(figures(checkSync(systems.correct, { strategy, seed: 10, maxRuns: 200 }))).not.toEqual(figures(twice[0]));
  });

  test('takes every step for a point without reductions, and finds the same rule broken', () => {
    const only = ['mutual-exclusion'];
    const coarse = checkSync(build('broken'), { strategy, only });
    const fine = checkSync(build('broken'), { strategy, only, reduction: false });
    expect([coarse.violation?.name, fine.violation?.name]).toEqual(['mutual-exclusion', 'mutual-exclusion']);
    expect(fine.reductions).toMatchObject({ guarded: false, symmetry: false, deadAnswers: false });
  });
});

test('pct says how many change points it took, random has none', () => {
  const only = ['mutual-exclusion'];
  const found = checkSync(build('broken'), { strategy: 'pct', changePoints: 2, only });
  expect(found.sampling?.changePoints).toBeLessThanOrEqual(2);
  expect(checkSync(build('broken'), { strategy: 'random', only }).sampling).not.toHaveProperty('changePoints');
});
