import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  Layout,
  defineOperation,
  kfunc,
  scenario,
  waitFor,
  u8,
  writeOnce,
  type Memory,
  type Scenario,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../../fixtures/run-cli.js';
import { twoRegisters } from '../../fixtures/scenarios.js';

interface Changed {
  readonly threads?: number;
  readonly measures?: string;
  readonly breaks?: 'stuck' | 'bug' | 'range' | 'timing';
}

/** Jobs of 3 µs, one after the other or all at once. */
function jobs({ measures = 'all_jobs', breaks }: Changed = {}): Scenario {
  return scenario({
    name: 'test/jobs',
    asks: 'Are all done?',
    source: 'here',
    given: {
      jobs: { default: 2, about: 'jobs', min: 1, max: 4 },
      note: { default: 'x', about: 'any text' },
      big: { default: 1, about: 'a number', min: 0, max: 1_000_000 },
    },
    variants: { together: { expect: 'holds', about: '' }, 'in-turn': { expect: 'holds', about: '' } },
    comparison: {
      over: 'jobs',
      measures,
      variants: {
        'in-turn': { about: 'n & 3', of: ({ jobs: count }) => count * 3000 },
        together: { about: '<3>', of: () => 3000 },
      },
    },
    build: ({ given, variant }) => {
      const layout = new Layout();
      const done = layout.one('done', u8);
      const work = defineOperation({ name: 'work', run: (_memory: Memory, _times: number): void => undefined });
      const allJobs = kfunc('all_jobs', function* () {
        yield* work(variant === 'together' ? 1 : given.jobs);
        if (breaks === 'stuck') yield* waitFor(done, { equals: 9 });
        yield* writeOnce(done, breaks === 'bug' ? 2 : 1);
      });
      const duration = breaks === 'range' ? -1 : 3000;
      return {
        layout,
        threads: [{ name: 'worker', run: () => allJobs() }],
        invariants: { once: (memory) => memory.get(done) < 2 },
        ...(breaks === 'timing'
          ? {}
          : { timing: { durationOf: ({ label, args }) => (label === 'work' ? duration * Number(args[0]) : 0) } }),
      };
    },
  });
}

const run = (args: string, changed?: Changed) =>
  runCli(['simulate', ...args.split(' ')], { catalogue: [jobs(changed), twoRegisters] });

describe('simulate', () => {
  test('prints model and formula of each variant, side by side, and how often each fits into the first', async () => {
    const { code, stdout, stderr } = await run('test/jobs --set jobs=1..3');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('given: note=x big=1\n');
    expect(stdout.split('\n').slice(-6)).toEqual([
      'jobs  in-turn  n & 3  together   <3>  in-turn / together',
      '-'.repeat('jobs  in-turn  n & 3  together   <3>  in-turn / together'.length),
      '   1     3.00   3.00      3.00  3.00                1.00',
      '   2     6.00   6.00      3.00  3.00                2.00',
      '   3     9.00   9.00      3.00  3.00                3.00',
      '',
    ]);
  });

  test.each([
    ['test/jobs', 'jobs', [1, 2, 3, 4]],
    ['test/jobs --set jobs=2', 'jobs', [2]],
    ['test/jobs --set jobs=2..2', 'jobs', [2]],
    ['test/jobs --set jobs=3,big=7..9', 'big', [7, 8, 9]],
    ['test/jobs --set big=5 --set jobs=1..2', 'jobs', [1, 2]],
  ])('%s: over %s', async (args, over, values) => {
    const { code, stdout } = await run(`${args} --json`);
    const result = JSON.parse(stdout) as {
      over: string;
      given: Record<string, unknown>;
      rows: Record<string, unknown>[];
    };
    expect([code, result.over, result.rows.map((row) => row[over])]).toEqual([0, over, values]);
    expect(Object.keys(result.given)).not.toContain(over);
  });

  test('--json has nanoseconds', async () => {
    const { stdout } = await run('test/jobs --set jobs=2 --json');
    expect(JSON.parse(stdout)).toMatchObject({
      scenario: 'test/jobs',
      unit: 'ns',
      rows: [
        {
          jobs: 2,
          variants: {
            'in-turn': { model: 6000, closedForm: 6000, speedup: 1 },
            together: { model: 3000, closedForm: 3000, speedup: 2 },
          },
        },
      ],
    });
  });

  test.each([
    ['test/jobs --set jobs=0..2', 'expected a whole number, 1 to 4, got "0"'],
    ['test/jobs --set jobs=1..5', 'expected a whole number, 1 to 4, got "5"'],
    ['test/jobs --set jobs=3..1', 'expected a range from less to more, got 3..1'],
    ['test/jobs --set jobs=1..', 'got ""'],
    ['test/jobs --set note=a..b', 'expected a range of numbers only'],
    ['test/jobs --set jobs=1..2,big=1..2', 'expected at most one range, got jobs and big'],
    ['test/jobs --set jobs=1..2,jobs=3', 'expected a value or a range, got both'],
    ['test/jobs --set big=1..2000', 'expected at most 1000 values, got 2000'],
    ['test/jobs --set cpus=1..2', 'has no "cpus"'],
    ['test/jobs@together', 'leave @together out: test/jobs'],
    ['test/two-registers', 'test/two-registers compares nothing in virtual time; those that do: test/jobs'],
    ['test/job', 'did you mean test/jobs?'],
    ['test/jobs --svg missing/plot.svg', '--svg: cannot write missing/plot.svg: ENOENT'],
  ])('%s is refused', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test.each<[Changed, string]>([
    [{ breaks: 'stuck' }, 'got stuck: worker waits for smp_cond_load_acquire done; see: check test/jobs@in-turn'],
    [{ breaks: 'bug' }, 'got invariant (once): once does not hold'],
    [{ breaks: 'range' }, 'duration of work: expected nanoseconds >= 0, got -1'],
    [{ breaks: 'timing' }, 'expected a timing in the system'],
    [{ measures: 'other' }, 'in which other is called'],
  ])('a model with %o is refused', async (changed, message) => {
    const { code, stdout, stderr } = await run('test/jobs --set jobs=1', changed);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test('stops when it is interrupted', async () => {
    const { code, stdout } = await runCli(['simulate', 'test/jobs'], {
      catalogue: [jobs()],
      interrupted: AbortSignal.abort(),
    });
    expect([code, stdout]).toEqual([3, '']);
  });
});

describe('simulate --svg', () => {
  test('writes a plot with a dot for every run and a line for every formula', async () => {
    await withFiles({}, async (cwd) => {
      const { code } = await runCli(['simulate', 'test/jobs', '--svg', 'plot.svg'], { catalogue: [jobs()], cwd });
      expect([code, readdirSync(cwd)]).toEqual([0, ['plot.svg']]);
      const svg = readFileSync(path.join(cwd, 'plot.svg'), 'utf8');
      expect(svg.match(/<circle /g)).toHaveLength(2 * 4 + 2);
      expect(svg.match(/<path d="M[-\d.,L]+"/g)).toHaveLength(2);
      expect(svg).toContain('in-turn (dots), n &amp; 3 (line)');
      expect(svg).toContain('together (dots), &lt;3&gt; (line)');
      expect(svg).not.toMatch(/NaN|undefined/);
    });
  });

  test('plots a single run too', async () => {
    await withFiles({}, async (cwd) => {
      await runCli(['simulate', 'test/jobs', '--set', 'jobs=2', '--svg', 'plot.svg'], { catalogue: [jobs()], cwd });
      expect(readFileSync(path.join(cwd, 'plot.svg'), 'utf8')).not.toMatch(/NaN|undefined/);
    });
  });

  test('leaves what was there when the model fails, and nothing behind when it cannot be written', async () => {
    await withFiles({ 'plot.svg': 'before' }, async (cwd) => {
      const args = ['simulate', 'test/jobs', '--svg', 'plot.svg'];
      const broken = await runCli(args, { catalogue: [jobs({ breaks: 'bug' })], cwd });
      expect([broken.code, readFileSync(path.join(cwd, 'plot.svg'), 'utf8')]).toEqual([2, 'before']);
      mkdirSync(path.join(cwd, 'folder'));
      writeFileSync(path.join(cwd, 'folder', 'inside'), '');
      const onFolder = await runCli(['simulate', 'test/jobs', '--svg', 'folder'], { catalogue: [jobs()], cwd });
      expect([onFolder.code, readdirSync(cwd).sort()]).toEqual([2, ['folder', 'plot.svg']]);
    });
  });
});
