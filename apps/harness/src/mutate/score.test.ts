import type { Equivalent } from '@shootdown/machine';
import { KIND } from '@shootdown/machine';
import { expect, test } from 'vitest';
import { UsageError } from '../exit.js';
import type { Job, JobResult } from './job.js';
import type { SeenSite } from './mutants.js';
import { scoreOf, type Score } from './score.js';

const site = (label: string, line: number, more: Partial<SeenSite> = {}): SeenSite => ({
  kname: 'f',
  label,
  kind: KIND.OP,
  order: 'full',
  of: undefined,
  at: `f:${line}#0`,
  file: '/own/code.ts',
  line,
  column: 1,
  ...more,
});
const SITES: readonly SeenSite[] = [
  site('flush', 1),
  site('flush', 9),
  site('wait', 3),
  site('spin_lock', 4, { kind: KIND.LOCK, of: 'lock' }),
  site('spin_unlock', 5, { kind: KIND.UNLOCK, of: 'lock' }),
  site('smp_mb', 6, { kind: KIND.FENCE }),
  site('xchg', 7, { kind: KIND.XCHG }),
  site('read', 8, { kind: KIND.READ, order: 'plain' }),
  site('flush', 2, { file: '/other/code.ts' }),
];
const DONE = { states: 1, seconds: 1, sites: [] };

/** Scores a package in which every search ends as `outcome` says. */
function score(
  outcome: (job: Job) => Partial<JobResult>,
  equivalents: readonly Equivalent[] = [],
  runs: readonly string[] = ['s'],
): Promise<Score> {
  const pool = {
    run: (job: Job): Promise<JobResult> =>
      Promise.resolve(
        job.mutation === undefined
          ? { ...DONE, verdict: 'holds', sites: SITES, ...outcome(job) }
          : { ...DONE, verdict: 'holds', ...outcome(job) },
      ),
  };
  const all = runs.map((called) => ({ called, variant: 'v' }));
  return scoreOf(
    {
      name: 'p',
      runs: all,
      subjects: all,
      plan: { operations: { flush: { class: 'flush' }, wait: { class: 'wait', answer: 1 } }, equivalents },
      isOwn: (file) => file.startsWith('/own/'),
    },
    {
      pool: pool as unknown as Parameters<typeof scoreOf>[1]['pool'],
      maxSeconds: 1,
      interrupted: new AbortController().signal,
      progress: () => undefined,
    },
  );
}
const killing = ({ mutation }: Job): Partial<JobResult> =>
  mutation === undefined ? {} : { verdict: 'violated', kind: 'invariant', rule: 'r' };

test('each operation is a mutant, once for each place', async () => {
  const { killed, survived } = await score(killing);
  expect(survived).toEqual([]);
  expect(killed.map(({ class: kind, step, nth, mutation }) => [kind, step, nth, mutation])).toEqual([
    ['flush', 'flush', 1, { kind: 'omit', in: ['f'], step: 'flush', at: 'f:1#0' }],
    ['wait', 'wait', 1, { kind: 'omit', in: ['f'], step: 'wait', at: 'f:3#0', answer: 1 }],
    ['lock', 'spin_lock', 1, { kind: 'unlock', in: ['f'], step: 'spin_lock', of: 'lock', until: ['spin_unlock'] }],
    ['barrier', 'smp_mb', 1, { kind: 'omit', in: ['f'], step: 'smp_mb', at: 'f:6#0' }],
    ['ordering', 'xchg', 1, { kind: 'weaken', in: ['f'], step: 'xchg', at: 'f:7#0', order: 'relaxed' }],
    ['flush', 'flush', 2, { kind: 'omit', in: ['f'], step: 'flush', at: 'f:9#0' }],
  ]);
  expect(killed.every(({ by, kind, rule }) => by === 's@v' && kind === 'invariant' && rule === 'r')).toBe(true);
});

test('a lock that is about several things is one mutant', async () => {
  const lockOf = (called: string): SeenSite => site('spin_lock', 4, { kind: KIND.LOCK, of: called, kname: called });
  const { killed } = await score(
    ({ called, mutation }) =>
      mutation === undefined ? { sites: [lockOf(called)] } : { verdict: 'violated', kind: 'guard', rule: 'guard' },
    [],
    ['a', 'b'],
  );
  expect(killed.map(({ mutation }) => mutation)).toEqual([
    { kind: 'unlock', in: ['a', 'b'], step: 'spin_lock', until: ['unlock'] },
  ]);
});

test('a search that hit a bound, or failed, kills nobody, and nothing explains it', async () => {
  const explained = [{ reason: 'none' }, { class: 'ordering', reason: 'none' }] as const;
  const bound = await score(
    ({ mutation }) => (mutation === undefined ? {} : { verdict: 'unknown', bound: 'seconds' }),
    explained,
  );
  expect([bound.killed.length, bound.explained.length, bound.survived.length]).toEqual([0, 0, 6]);
  expect(bound.survived[0].bounds).toEqual(['seconds']);
  const failed = await score(
    ({ mutation }) => (mutation === undefined ? {} : { verdict: 'error', error: 'oh' }),
    explained,
  );
  expect(failed.survived.map(({ errors }) => errors[0])).toEqual(Array.from({ length: 6 }, () => 's@v: oh'));
});

test('whoever survives is explained or not', async () => {
  const { explained, survived, wrong } = await score(
    () => ({}),
    [
      { in: 'f', step: 'flush', nth: 2, reason: 'twice' },
      { class: 'ordering', reason: 'no order' },
    ],
  );
  expect(explained.map(({ step, nth, reason }) => [step, nth, reason])).toEqual([
    ['xchg', 1, 'no order'],
    ['flush', 2, 'twice'],
  ]);
  expect(survived.map(({ step, nth }) => [step, nth])).toEqual([
    ['flush', 1],
    ['wait', 1],
    ['spin_lock', 1],
    ['smp_mb', 1],
  ]);
  expect(wrong).toEqual([]);
});

test('an explanation of a mutant that is killed, or that there is not, is wrong', async () => {
  const { wrong } = await score(killing, [
    { in: 'f', step: 'wait', reason: 'nobody waits' },
    { in: 'g', step: 'wait', reason: 'nobody at all' },
  ]);
  expect(wrong).toEqual([
    'wait wait in f (1) is explained, and s@v kills it: nobody waits',
    'no mutant is wait in g: nobody at all',
  ]);
});

test('the quickest scenario that comes by is asked first, until one kills', async () => {
  const asked: string[] = [];
  await score(
    ({ called, mutation }) => {
      if (mutation === undefined) return { seconds: { slow: 3, quick: 1, other: 2 }[called] ?? 0 };
      if (mutation.kind === 'weaken') asked.push(called);
      return called === 'other' ? { verdict: 'violated', kind: 'leak', rule: 'leak' } : {};
    },
    [],
    ['slow', 'quick', 'other'],
  );
  expect(asked).toEqual(['quick', 'other']);
});

test('code that does not hold is no code to mutate', async () => {
  await expect(score(() => ({ verdict: 'violated', kind: 'leak', rule: 'leak' }))).rejects.toThrow(
    new UsageError('s@v: expected it to hold before anything is mutated, got leak (leak)'),
  );
});
