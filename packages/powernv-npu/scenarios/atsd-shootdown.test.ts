import { readFileSync } from 'node:fs';
import { checkSync, type SearchOptions, type SearchResult } from '@shootdown/explore';
import { type Given } from '@shootdown/machine';
import { describe, expect, it, test } from 'vitest';
import { atsdShootdown } from './atsd-shootdown.js';

const { given: sizes, variants } = atsdShootdown;
const NO_STALE = 'no-stale-gpu-entry';

/** Searches a variant at its suite size, but for what is set. */
function run(
  variant: string,
  set: Readonly<Record<string, Given>> = {},
  only: readonly string[] | undefined = variants[variant].only,
  strategy: SearchOptions['strategy'] = 'dfs',
  more: SearchOptions = {},
): SearchResult {
  const { given: always, suite } = variants[variant];
  const usual = Object.fromEntries(Object.entries(sizes).map(([name, spec]) => [name, spec.suite ?? spec.default]));
  const given = { ...usual, ...always, ...suite, ...set };
  const checks = (name: string): boolean => only === undefined || only.includes(name) || only.includes('invariant');
  const system = atsdShootdown.build({ given, variant, checks });
  return checkSync(system, { strategy, ...(only === undefined ? {} : { only }), ...more });
}

/** Names of what is asked, as the columns of the table, and what each column of {@link TABLE} says. */
const QUESTIONS = ['deadlock', 'single-holder', 'no-leaked-usage', 'polls-own-register'] as const;
const YES = 'yes';
const NO = 'no';

/** Threads, NPUs, registers of each; then for each question whether it is broken. */
const TABLE = [
  ['original', 2, 1, 1, NO, NO, NO, NO],
  ['original', 2, 2, 1, YES, NO, NO, NO],
  ['original', 3, 1, 1, NO, NO, NO, NO],
  ['original', 2, 1, 2, NO, NO, YES, YES],
  ['original', 3, 1, 2, NO, YES, YES, YES],
  ['original', 3, 1, 3, NO, YES, YES, YES],
  ['original', 3, 2, 2, NO, YES, YES, YES],
  ['merged', 2, 1, 1, NO, NO, NO, NO],
  ['merged', 2, 2, 1, NO, NO, NO, NO],
  ['merged', 3, 1, 1, NO, NO, NO, NO],
  ['merged', 2, 1, 2, NO, NO, NO, NO],
  ['merged', 3, 1, 2, NO, NO, NO, NO],
  ['merged', 3, 1, 3, NO, NO, NO, NO],
  ['merged', 3, 2, 2, NO, NO, NO, NO],
  ['merged', 4, 1, 3, NO, NO, NO, NO],
] as const;

describe('every thread shoots down once', () => {
  const cases = TABLE.flatMap(([variant, threads, npus, regs, ...answers]) =>
    QUESTIONS.map((rule, i) => ({ variant, threads, npus, regs, rule, broken: answers[i] })),
  );

  it.each(cases)(
    '$variant, $threads threads, $npus NPUs, $regs registers: $rule broken: $broken',
    { timeout: 600_000 },
    ({ variant, threads, npus, regs, rule, broken }) => {
      const { verdict, complete, violation } = run(variant, { threads, npus, regs }, [rule]);
      expect({ verdict, complete, name: violation?.name }).toEqual(
        broken === YES
          ? { verdict: 'violated', complete: false, name: rule }
          : { verdict: 'holds', complete: true, name: undefined },
      );
    },
  );

  test('the README has this table', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = readme.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|'));
    const isResult = (row: string): boolean => /^\|`(original|merged)`\|\d/.test(row);
    expect(rows.filter(isResult)).toEqual(TABLE.map(([variant, ...rest]) => `|\`${variant}\`|${rest.join('|')}|`));
  });
});

test('the shortest deadlock is the one of the commit message', () => {
  const { trace = [], violation } = run('original', { threads: 2, npus: 2, regs: 1 }, undefined, 'bfs');
  const steps = trace.filter(({ target }) => target.endsWith('.mmio_atsd_usage'));
  const one = steps[0]?.thread;
  const other = one === 'T0' ? 'T1' : 'T0';
  expect(steps.map(({ thread, op, target, result }) => [thread, op, target, result])).toEqual([
    [one, 'test_and_set_bit(0)', 'npu[1].mmio_atsd_usage', 'false'],
    [one, 'test_and_set_bit(0)', 'npu[2].mmio_atsd_usage', 'false'],
    [one, 'clear_bit(0)', 'npu[1].mmio_atsd_usage', ''],
    [other, 'test_and_set_bit(0)', 'npu[1].mmio_atsd_usage', 'false'],
  ]);
  expect(violation?.message).toContain(`${one} spins for ever in get_mmio_atsd_reg (test_and_set_bit npu[1]`);
  expect(violation?.message).toContain(`${other} spins for ever in get_mmio_atsd_reg (test_and_set_bit npu[2]`);
});

describe('at its suite size', () => {
  it.each(Object.entries(variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict',
    { timeout: 600_000 },
    ({ name, verdict, rule }) => {
      const strategy = variants[name].strategy as SearchOptions['strategy'];
      const result = run(name, {}, undefined, strategy, { shrink: false });
      expect(result.violation?.kind ?? result.verdict).toBe(verdict);
      expect(result.complete).toBe(verdict === 'holds');
      if (rule !== undefined) expect(result.violation?.name).toBe(rule);
    },
  );
});

describe('no reduction changes a verdict', () => {
  const off: readonly SearchOptions[] = [
    { reduction: false },
    { symmetry: false },
    { deadAnswers: true },
    { reduction: false, symmetry: false, deadAnswers: true },
  ];
  const small = Object.keys(variants).filter((name) => variants[name].given === undefined);
  const cases = small.flatMap((variant) => [0, 1].flatMap((gpus) => off.map((more) => ({ variant, gpus, more }))));

  it.each(cases)('$variant, gpus $gpus, $more', ({ variant, gpus, more }) => {
    const size = { threads: 2, npus: 2, regs: 1, gpus };
    const usual = run(variant, size);
    const plain = run(variant, size, undefined, 'dfs', more);
    expect(usual.verdict).not.toBe('unknown');
    expect([plain.verdict, plain.violation?.kind]).toEqual([usual.verdict, usual.violation?.kind]);
    if (usual.verdict === 'holds') expect(plain.states).toBeGreaterThanOrEqual(usual.states);
  });
});

describe('a translation that outlives its shootdown', () => {
  it.each([
    ['original', 1, 'holds'],
    ['original', 2, 'violated'],
    ['merged', 1, 'holds'],
    ['merged', 2, 'holds'],
    ['single-flush', 1, 'violated'],
    ['no-wait', 1, 'violated'],
  ])('%s with %i registers: %s', (variant, regs, verdict) => {
    expect(run(variant, { threads: 2, npus: 1, regs, gpus: 1 }, [NO_STALE]).verdict).toBe(verdict);
  });
});

test('threads that never stop: the merged code still lets every shootdown end', () => {
  expect(run('merged', { rounds: 0, gpus: 0 })).toMatchObject({ verdict: 'holds', complete: true });
});
