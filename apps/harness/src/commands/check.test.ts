import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue.js';
import { runCli } from '../../fixtures/run-cli.js';
import { AnswerSchema, type AnswerJson } from '../report/answer-json.js';

async function checkJson(...args: string[]): Promise<{ code: number; answer: AnswerJson }> {
  const { code, stdout } = await runCli(['check', ...args, '--json']);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return { code, answer: v.parse(AnswerSchema, JSON.parse(stdout)) };
}

describe('check', () => {
  test('takes the first variant where none is named, and ends with 0 when the verdict is the expected one', async () => {
    const { code, answer } = await checkJson('test/two-registers');
    expect(code).toBe(0);
    expect(answer).toMatchObject({
      scenario: 'test/two-registers',
      variant: 'ordered',
      verdict: 'holds',
      expected: 'holds',
    });
    expect(answer).toMatchObject({ complete: true, strategy: 'dfs', seed: 1 });
    expect(answer.given).toEqual({ threads: 2, rounds: 2, order: 'both', noisy: false });
    expect(Object.keys(answer)).not.toContain('violation');
  });

  test('reports an expected violation with its trace and ends with 0', async () => {
    const { code, answer } = await checkJson('test/two-registers@opposite');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ verdict: 'violated', expected: 'deadlock', complete: false });
    expect(answer.violation).toMatchObject({ kind: 'deadlock', name: 'deadlock' });
    expect(answer.trace?.[0]).toMatchObject({ thread: 'CPU 0', func: 'pnv_npu2_mn_invalidate_range', op: 'spin_lock' });
    expect(answer.replay).toMatch(/^test\/two-registers@opposite::1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(answer.reductions).toMatchObject({ guarded: true, symmetry: expect.any(Boolean) as boolean });
  });

  test('ends with 1 when the verdict is not the expected one', async () => {
    const { code, answer } = await checkJson('test/two-registers@wrong');
    expect(code).toBe(1);
    expect(answer).toMatchObject({ verdict: 'holds', expected: 'deadlock' });
  });

  test('ends with 1 when the right kind of violation has the wrong name', async () => {
    const { code, answer } = await checkJson('test/two-registers@misnamed');
    expect(code).toBe(1);
    expect(answer).toMatchObject({ expected: 'invariant', expectedName: 'another', violation: { name: 'one-holder' } });
  });

  test.each([
    ['--max-states', '5', 'states'],
    ['--max-seconds', '0.05', 'seconds'],
  ])('ends with 3 when %s is reached, and never says holds', async (option, value, bound) => {
    const { code, answer } = await checkJson('test/endless', option, value);
    expect(code).toBe(3);
    expect(answer).toMatchObject({ verdict: 'unknown', bound, complete: false });
  });

  test('ends with 3 when it is interrupted, with the figures so far', async () => {
    const interrupt = new AbortController();
    setTimeout(() => {
      interrupt.abort();
    }, 200);
    const { code, stdout } = await runCli(['check', 'test/endless', '--json'], { interrupted: interrupt.signal });
    const answer = v.parse(AnswerSchema, JSON.parse(stdout));
    expect(code).toBe(3);
    expect(answer).toMatchObject({ verdict: 'unknown', bound: 'interrupted' });
    expect(answer.states).toBeGreaterThan(0);
  });

  test('--only lets the search go on past other violations', async () => {
    const { code, answer } = await checkJson('test/two-registers@opposite', '--only', 'invariant');
    expect(answer).toMatchObject({ verdict: 'holds', only: ['invariant'] });
    expect(code).toBe(1);
  });

  test('--set, --strategy, --seed and the switches reach the search', async () => {
    const args = ['--set', 'rounds=1,threads=3', '--set', 'noisy=true', '--strategy', 'pct', '--seed', '7'];
    const { answer } = await checkJson(
      'test/two-registers@careless',
      ...args,
      '--change-points',
      '2',
      '--no-reduction',
      '--no-symmetry',
    );
    expect(answer).toMatchObject({ strategy: 'pct', seed: 7, verdict: 'violated' });
    expect(answer.given).toEqual({ threads: 3, rounds: 1, order: 'both', noisy: true });
    expect(answer.reductions).toMatchObject({ guarded: false, symmetry: false });
    expect(answer.replay).toContain(':threads=3,rounds=1,noisy=true:');
  });

  test('a portfolio finds the same with one worker and with two', async () => {
    const model = `${path.join(import.meta.dirname, '..', '..', 'fixtures', 'scenarios.ts')}#test/two-registers@careless`;
    const args = [model, '--strategy', 'portfolio', '--seed', '5', '--workers'];
    const [one, two] = [await checkJson(...args, '1'), await checkJson(...args, '2')];
    const rest = ({ seconds: _, sampling, ...answer }: AnswerJson): object => ({ ...answer, runs: sampling?.runs });
    expect(one.answer).toMatchObject({ strategy: 'portfolio', verdict: 'violated' });
    expect(rest(two.answer)).toEqual(rest(one.answer));
  });

  test('a portfolio that finds nothing is unknown, and its workers end', async () => {
    const args = ['locks/peterson', '--strategy', 'portfolio', '--workers', '2', '--max-runs', '500', '--json'];
    const { code, stdout } = await runCli(['check', ...args], { catalogue });
    expect(code).toBe(3);
    const answer = v.parse(AnswerSchema, JSON.parse(stdout));
    expect(answer).toMatchObject({ verdict: 'unknown', bound: 'runs', complete: false });
    expect(answer.sampling?.runs).toBeGreaterThanOrEqual(500);
  });

  test('says what sampling took', async () => {
    const args = ['test/two-registers@careless', '--strategy', 'pct', '--change-points', '2'];
    const { stdout } = await runCli(['check', ...args]);
    expect(stdout).toMatch(/\n {2}found with [012] change points?, \d+ runs, [\d,]+ runs\/s, /);
  });

  test('draws the counterexample as commit messages do', async () => {
    const cwd = path.join(import.meta.dirname, '..', '..');
    const { stdout } = await runCli(['check', 'test/two-registers@opposite', '--set', 'rounds=1,noisy=true'], { cwd });
    expect(stdout.slice(stdout.indexOf('CPU 0 '))).toBe(
      `
CPU 0                                  CPU 1
   -------------------------------------  --------------------------------------
   get_mmio_atsd_reg:
3    test_and_set_bit npu.usage[0]
       0 -> 1
                                          get_mmio_atsd_reg:
8                                           test_and_set_bit npu.usage[1] 0 -> 1
     <spins for ever: test_and_set_bit      <spins for ever: test_and_set_bit
       npu.usage[1]>                          npu.usage[0]>

2 of 10 steps shown, --steps shows all

deadlock: no thread can go on: CPU 0 spins for ever in get_mmio_atsd_reg
  (test_and_set_bit npu.usage[1]); CPU 1 spins for ever in get_mmio_atsd_reg
  (test_and_set_bit npu.usage[0])

wait by CPU 0: test_and_set_bit npu.usage[1] = 1
    get_mmio_atsd_reg             fixtures/scenarios.ts:53
    mmio_invalidate               fixtures/scenarios.ts:62
    pnv_npu2_mn_invalidate_range  fixtures/scenarios.ts:75
last change by CPU 1: test_and_set_bit npu.usage[1] 0 -> 1
    get_mmio_atsd_reg             fixtures/scenarios.ts:53
    mmio_invalidate               fixtures/scenarios.ts:62
    pnv_npu2_mn_invalidate_range  fixtures/scenarios.ts:75
wait by CPU 1: test_and_set_bit npu.usage[0] = 1
    get_mmio_atsd_reg             fixtures/scenarios.ts:53
    mmio_invalidate               fixtures/scenarios.ts:62
    pnv_npu2_mn_invalidate_range  fixtures/scenarios.ts:75
last change by CPU 0: test_and_set_bit npu.usage[0] 0 -> 1
    get_mmio_atsd_reg             fixtures/scenarios.ts:53
    mmio_invalidate               fixtures/scenarios.ts:62
    pnv_npu2_mn_invalidate_range  fixtures/scenarios.ts:75

replay: npm start -- replay ${/replay (\S+)\n$/.exec(stdout)?.[1] ?? ''}
`.trimStart(),
    );
  });

  test('--steps adds the rows that the table leaves out', async () => {
    const short = await runCli(['check', 'test/two-registers@opposite', '--set', 'noisy=true']);
    const long = await runCli(['check', 'test/two-registers@opposite', '--set', 'noisy=true', '--steps']);
    expect(short.stdout).not.toMatch(/smp_mb|note holders/);
    expect(long.stdout).toMatch(/smp_mb[^]*note holders/);
  });

  test('prints lines of at most 80 characters, plain ASCII', async () => {
    const { stdout } = await runCli(['check', 'test/two-registers@opposite', '--set', 'threads=4', '--steps']);
    const isWhole = (line: string): boolean => line.startsWith('replay: ') || /^ {4}\S+ .*\.ts:\d+$/.test(line);
    const lines = stdout.split('\n').filter((line) => !isWhole(line));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^[\n -~]*$/);
  });
});

describe('check refuses with 2 and says what to do:', () => {
  test.each([
    ['test/two-register', 'no scenario "test/two-register"; did you mean test/two-registers?'],
    ['two-registers', 'no scenario "two-registers"; did you mean test/two-registers?'],
    ['nothing/like-it', 'scenarios: test/two-registers, test/endless; or give the path of a model file'],
    ['test/two-registers@oposite', 'test/two-registers has no variant "oposite"; did you mean opposite?'],
    ['test/two-registers --set thread=3', '--set: test/two-registers has no "thread"; did you mean threads?'],
    ['test/two-registers --set threads=9', '--set threads: expected a whole number, 1 to 4, got "9"'],
    ['test/two-registers --set threads=two', '--set threads: expected a whole number, 1 to 4, got "two"'],
    ['test/two-registers --set order=none', '--set order: expected one of both, first, got "none"'],
    ['test/two-registers --set noisy=1', '--set noisy: expected true or false, got "1"'],
    ['test/two-registers --set threads', '--set: expected name=value, got "threads"'],
    [
      'test/two-registers --set constructor=1',
      '--set: test/two-registers has no "constructor"; it has: threads, rounds',
    ],
    [
      'test/two-registers --only deadlok',
      '--only: no violation kind or invariant is called "deadlok"; did you mean deadlock?',
    ],
    [
      'test/two-registers --strategy bfs --workers 2',
      '--workers: expected 1 for the strategy bfs, got 2: only dfs and portfolio are searched by several threads',
    ],
    ['test/two-registers --strategy astar', 'Allowed choices are dfs, bfs, random, pct, portfolio'],
    ['test/two-registers --strategy portfolio --workers 0', 'Expected a whole number from 1 to 256'],
    ['test/two-registers --workers 100000', 'Expected a whole number from 1 to 256'],
    ['test/two-registers --strategy pct --workers 2', '--workers: expected 1 for the strategy pct, got 2'],
    ['test/two-registers --strategy pct --change-points -1', 'Expected a whole number >= 0'],
    ['test/two-registers --strategy portfolio --max-runs 0', 'Expected a whole number >= 1'],
    ['test/two-registers --max-states 0', "argument '0' is invalid. Expected a whole number >= 1"],
    ['test/two-registers --max-seconds -1', "argument '-1' is invalid. Expected a number above 0"],
    ['test/two-registers --seed x', 'Expected a whole number from 0 to 4294967295'],
    ['test/two-registers --frobnicate', "unknown option '--frobnicate'"],
    ['', "missing required argument 'scenario[@variant]'"],
  ])('check %s', async (line, message) => {
    const { code, stdout, stderr } = await runCli(['check', ...line.split(' ').filter((word) => word !== '')]);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('a name in --only that nothing declares is warned of', async () => {
    const { code, stderr } = await runCli(['check', 'test/two-registers', '--only', 'refcount-saturated']);
    expect(stderr).toMatch(/^warning: --only refcount-saturated: no violation kind or invariant/);
    expect(code).toBe(0);
  });
});
