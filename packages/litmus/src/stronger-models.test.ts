import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseLitmus, runLitmus, verdictOf, type Model } from './index.js';

function verdict(threads: readonly string[], condition: string, model: Model): string {
  const bodies = threads.map((body, n) => `P${n}(int *x, int *y)\n{\n\tint r0;\n\tint r1;\n${body}\n}\n`);
  return verdictOf(runLitmus(parseLitmus(`C t\n{}\n${bodies.join('')}exists (${condition})\n`), { model }));
}

const W = (at: string, value = 1): string => `WRITE_ONCE(*${at}, ${value});`;
const R = (register: string, at: string): string => `${register} = READ_ONCE(*${at});`;

describe('store buffers are seen where they should be:', () => {
  test.each([
    // What, threads, condition, lkmm, tso, sc.
    ['SB', [W('x') + R('r0', 'y'), W('y') + R('r0', 'x')], '0:r0=0 /\\ 1:r0=0', 'Sometimes', 'Sometimes', 'Never'],
    [
      'SB with a fence in one thread',
      [`${W('x')}smp_mb();${R('r0', 'y')}`, W('y') + R('r0', 'x')],
      '0:r0=0 /\\ 1:r0=0',
      'Sometimes',
      'Sometimes',
      'Never',
    ],
    [
      'SB with fences',
      [`${W('x')}smp_mb();${R('r0', 'y')}`, `${W('y')}smp_mb();${R('r0', 'x')}`],
      '0:r0=0 /\\ 1:r0=0',
      'Never',
      'Never',
      'Never',
    ],
    [
      'SB with smp_wmb()',
      [`${W('x')}smp_wmb();${R('r0', 'y')}`, `${W('y')}smp_wmb();${R('r0', 'x')}`],
      '0:r0=0 /\\ 1:r0=0',
      'Sometimes',
      'Sometimes',
      'Never',
    ],
    [
      'SB with relaxed exchanges, which x86 locks',
      [`r1 = xchg_relaxed(x, 1);${R('r0', 'y')}`, `r1 = xchg_relaxed(y, 1);${R('r0', 'x')}`],
      '0:r0=0 /\\ 1:r0=0',
      'Sometimes',
      'Never',
      'Never',
    ],
    ['R', [W('x') + W('y'), W('y', 2) + R('r0', 'x')], 'y=2 /\\ 1:r0=0', 'Sometimes', 'Sometimes', 'Never'],
    ['MP', [W('x') + W('y'), R('r0', 'y') + R('r1', 'x')], '1:r0=1 /\\ 1:r1=0', 'Sometimes', 'Never', 'Never'],
    ['LB', [R('r0', 'x') + W('y'), R('r0', 'y') + W('x')], '0:r0=1 /\\ 1:r0=1', 'Sometimes', 'Never', 'Never'],
    ['2+2W', [W('x') + W('y', 2), W('y') + W('x', 2)], 'x=1 /\\ y=1', 'Sometimes', 'Never', 'Never'],
    ['S', [W('x', 2) + W('y'), R('r0', 'y') + W('x')], '1:r0=1 /\\ x=2', 'Sometimes', 'Never', 'Never'],
    [
      'IRIW',
      [W('x'), W('y'), R('r0', 'x') + R('r1', 'y'), R('r0', 'y') + R('r1', 'x')],
      '2:r0=1 /\\ 2:r1=0 /\\ 3:r0=1 /\\ 3:r1=0',
      'Sometimes',
      'Never',
      'Never',
    ],
    [
      'a store read in its own buffer',
      [W('x') + R('r0', 'x') + R('r1', 'y'), W('y') + R('r0', 'y') + R('r1', 'x')],
      '0:r0=1 /\\ 0:r1=0 /\\ 1:r0=1 /\\ 1:r1=0',
      'Sometimes',
      'Sometimes',
      'Never',
    ],
  ] as const)('%s', (_, threads, condition, lkmm, tso, sc) => {
    const verdicts = (['lkmm', 'tso', 'sc'] as const).map((model) => verdict(threads, condition, model));
    expect(verdicts).toEqual([lkmm, tso, sc]);
  });
});

const TESTS = path.join(import.meta.dirname, '..', 'litmus-tests');
const files = ['ordering', 'own'].flatMap((folder) =>
  readdirSync(path.join(TESTS, folder))
    .filter((name) => name.endsWith('.litmus'))
    .map((name) => path.join(folder, name)),
);

test.each(files)('%s: what sc allows, tso allows, and what tso allows, the kernel allows', (file) => {
  const litmus = parseLitmus(readFileSync(path.join(TESTS, file), 'utf8'));
  const [sc, tso, lkmm] = (['sc', 'tso', 'lkmm'] as const).map((model) => {
    const { states, fitting, others } = runLitmus(litmus, { model });
    return { states: new Set(states.map((state) => state.map(String).join())), executions: fitting + others };
  });
  expect([...sc.states].filter((state) => !tso.states.has(state))).toEqual([]);
  expect([...tso.states].filter((state) => !lkmm.states.has(state))).toEqual([]);
  expect(sc.executions).toBeLessThanOrEqual(tso.executions);
  expect(tso.executions).toBeLessThanOrEqual(lkmm.executions);
});
