/** Numbers of states that programs nobody here wrote agree on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Given, Scenario, System } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { dekker, peterson, ticketLock } from '../../scenarios/mutual-exclusion.js';
import { philosophers } from '../../scenarios/philosophers.js';
import { toy } from '../../scenarios/toy.js';
import { checkSync } from '../index.js';

const MODELS = path.join(import.meta.dirname, '../../../../bench/spin');

function build(scenario: Scenario, variant: string, sizes: Readonly<Record<string, Given>> = {}): System {
  const given = Object.fromEntries(
    Object.entries(scenario.given).map(([name, spec]): [string, Given] => [name, spec.default]),
  );
  return scenario.build({ given: { ...given, ...sizes }, variant, checks: () => true });
}

/** States of the whole graph, violations or not. */
const statesOf = (system: System): number => {
  const result = checkSync(system, { reduction: false, symmetry: false, only: ['nothing'] });
  expect(result).toMatchObject({ verdict: 'holds', complete: true });
  return result.states;
};

const LOCKS = [
  { file: 'peterson', scenario: peterson, variant: 'correct', states: 48 },
  { file: 'peterson', scenario: peterson, variant: 'broken', states: 96 },
  { file: 'dekker', scenario: dekker, variant: 'correct', states: 126 },
  { file: 'dekker', scenario: dekker, variant: 'broken', states: 64 },
  { file: 'ticket-lock', scenario: ticketLock, variant: 'correct', states: 723 },
  { file: 'ticket-lock', scenario: ticketLock, variant: 'broken', states: 34_623 },
] as const;

/** By threads: the states for ever, with one round and with two. */
const PHILOSOPHERS = Object.entries({
  'left-first': { define: '', states: { 2: [10, 19, 57], 3: [35, 87, 461], 4: [118, 391, 3633] } },
  ordered: { define: '-DORDERED', states: { 2: [7, 16, 45], 3: [24, 72, 357], 4: [79, 320, 2769] } },
  waiter: { define: '-DWAITER', states: { 2: [11, 24, 69], 3: [82, 200, 1089], 4: [551, 1512, 15_537] } },
}).flatMap(([variant, { define, states: known }]) =>
  Object.entries(known).flatMap(([threads, counts]) =>
    counts.map((states, rounds) => ({ variant, define, threads: Number(threads), rounds, states })),
  ),
);

describe('numbers of states without reductions', () => {
  it.each([
    [3, 18_953],
    [4, 162_410],
    [5, 940_513],
  ])('of the toy with %i operations: %i', (operations, states) => {
    expect(statesOf(toy(operations, false))).toBe(states);
    if (operations < 5) expect(statesOf(toy(operations, true))).toBe(states);
  });

  it.each(LOCKS)('of $file, $variant: $states', ({ scenario, variant, states }) => {
    expect(statesOf(build(scenario, variant))).toBe(states);
  });

  it.each(PHILOSOPHERS)(
    'of $threads philosophers, $rounds rounds, $variant: $states',
    ({ variant, threads, rounds, states }) => {
      expect(statesOf(build(philosophers, variant, { threads, rounds }))).toBe(states);
    },
  );
});

const missing = ['spin', 'gcc'].filter((tool) => {
  try {
    execFileSync(tool, [tool === 'spin' ? '-V' : '--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.log(`not compared with Spin: ${missing.join(' and ')} not installed`);

interface SpinFigures {
  readonly states: number;
  readonly errors: number;
  /** Of a second run, in which a process may not stop anywhere but at an `end` label. */
  readonly deadlocks: number;
}

/** Runs Spin's verifier on a model; all states, or up to the first failed assertion with -DCHECK. */
function spin(file: string, defines: readonly string[]): SpinFigures {
  const folder = mkdtempSync(path.join(tmpdir(), 'spin-'));
  try {
    const run = (command: string, args: readonly string[]): string =>
      execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
    run('spin', ['-o2', ...defines, '-a', path.join(MODELS, `${file}.pml`)]);
    run('gcc', ['-O1', '-w', '-DSAFETY', '-DNOREDUCE', '-o', 'pan', 'pan.c']);
    const report = run('./pan', ['-E', '-n', ...(defines.includes('-DCHECK') ? [] : ['-c0']), '-m100000']);
    const figure = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);
    return {
      states: figure(report, /(\d+) states, stored/),
      errors: figure(report, /errors: (\d+)/),
      deadlocks: figure(run('./pan', ['-n', '-m100000']), /errors: (\d+)/),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(missing.length > 0)('the same models in Promela', () => {
  it.each(LOCKS)(
    '$file, $variant: Spin stores as many states, and comes to the same verdict',
    ({ file, scenario, variant }) => {
      const defines = variant === 'broken' ? ['-DBROKEN'] : [];
      expect(spin(file, defines).states).toBe(statesOf(build(scenario, variant)));
      const result = checkSync(build(scenario, variant), { only: ['mutual-exclusion'] });
      expect(result.verdict).toBe(spin(file, [...defines, '-DCHECK']).errors > 0 ? 'violated' : 'holds');
    },
  );

  it.each(PHILOSOPHERS.filter(({ rounds, threads }) => rounds === 1 || threads === 3))(
    '$threads philosophers, $rounds rounds, $variant: Spin stores as many states, and comes to the same verdict',
    ({ variant, define, threads, rounds }) => {
      const defines = [`-DN=${threads}`, `-DROUNDS=${rounds}`, ...(define === '' ? [] : [define])];
      const model = build(philosophers, variant, { threads, rounds });
      const spins = spin('philosophers', defines);
      expect(spins.states).toBe(statesOf(model));
      const result = checkSync(model, { only: ['deadlock'] });
      expect(result.verdict).toBe(spins.deadlocks > 0 ? 'violated' : 'holds');
    },
  );

  it('toy: Spin stores as many states', () => {
    expect(spin('toy', ['-DNOPS=3']).states).toBe(statesOf(toy(3, false)));
  });
});
