import { tmpdir } from 'node:os';
import * as v from 'valibot';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { IntervalTreeSchema, intervalTreeText, whyNoIntervalTree } from './interval-tree.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('bench --filter interval-tree', () => {
  test('measures the trees alone, and prints the ratio of each phase', { timeout: 60_000 }, async () => {
    vi.stubEnv('INTERVAL_TREE_BENCH_COUNT', '1000');
    const { code, stdout } = await runCli(['bench', '--filter', 'interval-tree', '--runs', '1', '--json']);
    expect(code).toBe(0);
    const { cases, hunts, intervalTree } = JSON.parse(stdout) as Record<string, unknown>;
    expect([cases, hunts]).toEqual([[], []]);
    const { intervals, ratios } = v.parse(IntervalTreeSchema, intervalTree);
    expect(intervals).toBe(1000);
    for (const peer of ['ours / @flatten-js/interval-tree', 'ours / interval-tree-1d'])
      expect(Object.values(ratios.find(({ name }) => name === peer) ?? {}).slice(1)).toHaveLength(3);
  });

  test('prints a line a peer, and what peers failed to do', () => {
    const phases = { insert: 0.5, query: 1.234, remove: 2 };
    const text = intervalTreeText({
      intervals: 1000,
      matches: 5,
      milliseconds: [],
      ratios: [{ name: 'ours / theirs', ...phases }],
      flaws: [{ name: 'theirs', flaw: 'failed to remove 3' }],
      skipped: [{ name: 'C', reason: 'no compiler' }],
    });
    expect(text.split('\n')).toEqual([
      'interval-tree: ratios of times for 1000 random intervals, below 1 is faster',
      '                  insert    query   remove',
      '  ours / theirs     0.50     1.23     2.00',
      '  note: theirs failed to remove 3',
      '  left out: C: no compiler',
      '',
    ]);
  });

  test('says why it is left out', () => {
    expect(whyNoIntervalTree(tmpdir())).toBe(`bench/run.mjs is not in ${tmpdir()}`);
  });
});
