import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { runCli, withFiles, type Ran } from '../fixtures/run-cli.js';
import { catalogue } from './catalogue.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const MODEL = ['npu/atsd-shootdown', '--set', 'threads=2,regs=2', '--no-symmetry', '--no-reduction', '--json'];

const run = (cwd: string, ...args: readonly string[]): Promise<Ran> => runCli(['check', ...args], { catalogue, cwd });
const totals = (stdout: string): object => {
  const { verdict, complete, states, transitions, depth } = JSON.parse(stdout) as Record<string, unknown>;
  return { verdict, complete, states, transitions, depth };
};

/** A file with the first few states of {@link MODEL}. */
async function begun(cwd: string, ...more: readonly string[]): Promise<Ran> {
  return run(cwd, ...MODEL, '--checkpoint', 'kept', '--max-states', '2000', ...more);
}

describe('a search kept in a file', () => {
  test('ends with the totals of one that was never stopped', async () => {
    await withFiles({}, async (cwd) => {
      const whole = await run(cwd, ...MODEL);
      const first = await begun(cwd);
      expect(first.code).toBe(3);
      expect(first.stderr).toMatch(
        /the search so far is in .*kept; go on with: npm start -- check npu\/atsd-shootdown@merged --set .* --resume .*kept/,
      );
      expect(readdirSync(cwd)).toEqual(['kept']);
      const second = await run(cwd, ...MODEL, '--resume', 'kept');
      expect(second.code).toBe(0);
      expect(totals(second.stdout)).toEqual(totals(whole.stdout));
      expect(totals(second.stdout)).toMatchObject({ verdict: 'holds', complete: true });
    });
  });

  test('is kept when it is interrupted', async () => {
    await withFiles({}, async (cwd) => {
      const args = ['check', ...MODEL, '--checkpoint', 'kept'];
      const { code, stderr } = await runCli(args, { catalogue, cwd, interrupted: AbortSignal.abort() });
      expect(code).toBe(3);
      expect(stderr).toContain('go on with');
      expect(await run(cwd, ...MODEL, '--resume', 'kept')).toMatchObject({ code: 0 });
    });
  });

  test('is refused where it is of another model, other sizes or another search', async () => {
    await withFiles({}, async (cwd) => {
      await begun(cwd);
      for (const args of [
        ['npu/atsd-shootdown@original', '--strategy', 'dfs', ...MODEL.slice(1)],
        ['npu/atsd-shootdown', '--no-symmetry', '--no-reduction'],
        MODEL.filter((arg) => arg !== '--no-reduction'),
      ]) {
        const { code, stderr } = await run(cwd, ...args, '--resume', 'kept');
        expect(code).toBe(2);
        expect(stderr).toMatch(
          /--resume kept: it is of npu\/atsd-shootdown@merged .*, not of .*; go on with: npm start -- check/,
        );
      }
    });
  });

  test('is refused where it is damaged, no checkpoint, or of another version', async () => {
    await withFiles({ other: 'hello\n', empty: '' }, async (cwd) => {
      await begun(cwd);
      const whole = readFileSync(path.join(cwd, 'kept'));
      writeFileSync(path.join(cwd, 'torn'), whole.subarray(0, whole.length - 100));
      const changed = Buffer.from(whole);
      changed[whole.length - 5] ^= 1;
      writeFileSync(path.join(cwd, 'changed'), changed);
      writeFileSync(path.join(cwd, 'older'), whole.toString('latin1').replace(/"format":\d+/, '"format":0'), 'latin1');
      const moved = whole
        .toString('latin1')
        .replace(/"snapshot":(\d+),"visited":(\d+)/, (_, a, b) => `"snapshot":${+a + 4},"visited":${+b - 4}`);
      writeFileSync(path.join(cwd, 'moved'), moved, 'latin1');
      for (const [file, why] of [
        ['torn', 'it is damaged'],
        ['moved', 'it is damaged'],
        ['changed', 'it is damaged'],
        ['older', 'another version of shootdown wrote it'],
        ['other', 'it is no checkpoint'],
        ['empty', 'it is no checkpoint'],
        ['missing', 'cannot read it'],
      ]) {
        const { code, stderr } = await run(cwd, ...MODEL, '--resume', file);
        expect([code, stderr]).toEqual([2, expect.stringContaining(`--resume ${file}: ${why}`)]);
      }
    });
  });

  test('is refused where the model file was edited, though no step shows it', async () => {
    const model = (limit: number): string => `import { Layout, kfunc, modify, scenario, u8 } from '@shootdown/machine';
      const LIMIT = ${limit};
      export default scenario({
        name: 'my/counter', asks: 'q?', source: 'test', given: {},
        variants: { correct: { expect: 'holds', about: 'a' } },
        build() {
          const layout = new Layout();
          const count = layout.one('count', u8);
          const inc = kfunc('inc', function* () { for (let i = 0; i < 9; i++) yield* modify('add', 'inc', 'full', count, 1); });
          return {
            layout,
            threads: ['A', 'B'].map((name) => ({ name, run: () => inc() })),
            invariants: { limit: (memory) => memory.get(count) <= LIMIT },
          };
        },
      });`;
    await withFiles({ 'm.ts': model(18) }, async (cwd) => {
      expect((await run(cwd, 'm.ts', '--checkpoint', 'kept', '--max-states', '20')).code).toBe(3);
      writeFileSync(path.join(cwd, 'm.ts'), model(1));
      const { code, stderr } = await run(cwd, 'm.ts', '--resume', 'kept');
      expect([code, stderr]).toEqual([2, expect.stringContaining('--resume kept: the model file has changed')]);
    });
  });

  test('takes the place of a checkpoint, and of no other file', async () => {
    await withFiles({ 'm.ts': 'precious' }, async (cwd) => {
      const { code, stderr } = await run(cwd, ...MODEL, '--checkpoint', 'm.ts', '--max-states', '2000');
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('--checkpoint m.ts: expected a checkpoint or no file'),
      ]);
      expect(readFileSync(path.join(cwd, 'm.ts'), 'utf8')).toBe('precious');
      await begun(cwd);
      expect((await begun(cwd)).code).toBe(3);
    });
  });

  test('needs a folder to be in, and a search that can be kept', async () => {
    await withFiles({}, async (cwd) => {
      const nowhere = await run(cwd, ...MODEL, '--checkpoint', 'no/such/folder/kept');
      expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('there is no folder')]);
      const bfs = await run(cwd, ...MODEL, '--checkpoint', 'kept', '--strategy', 'bfs');
      expect([bfs.code, bfs.stderr]).toEqual([2, expect.stringContaining('expected the strategy dfs, got bfs')]);
      expect(readdirSync(cwd)).toEqual([]);
    });
  });
});

/** Runs the built program: what it keeps and what its threads say to each other names functions by their compiled text. */
function runBuilt(cwd: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'check', ...args], { cwd, encoding: 'utf8' });
  return { code: status ?? -1, stdout, stderr };
}

// Turbo builds before it tests; a plain `vitest run` in a fresh clone has nothing to run.
describe.runIf(existsSync(CLI))('the built program', () => {
  test('killed at any moment leaves a whole checkpoint', { timeout: 120_000 }, async () => {
    await withFiles({}, async (cwd) => {
      const args = ['npu/atsd-shootdown', '--set', 'threads=3,regs=2', '--no-symmetry', '--no-reduction'];
      const keep = ['--checkpoint', 'kept', '--checkpoint-seconds', '0.01'];
      for (const patience of [0, 37, 90]) {
        const child = spawn(process.execPath, [CLI, 'check', ...args, ...keep], { cwd, stdio: 'ignore' });
        while (!existsSync(path.join(cwd, 'kept'))) await new Promise((resolve) => setTimeout(resolve, 5));
        await new Promise((resolve) => setTimeout(resolve, patience));
        child.kill('SIGKILL');
        await new Promise((resolve) => child.once('close', resolve));
        const { code, stderr, stdout } = runBuilt(cwd, ...args, '--resume', 'kept', '--max-seconds', '0.01', '--json');
        expect([code, stderr]).toEqual([3, '']);
        expect(JSON.parse(stdout)).toMatchObject({ verdict: 'unknown' });
      }
    });
  });

  test('finds with two threads what it finds with one', { timeout: 120_000 }, async () => {
    await withFiles({}, (cwd) => {
      const args = ['npu/atsd-shootdown', '--set', 'threads=3', '--no-symmetry', '--no-reduction', '--json'];
      const [one, two] = [runBuilt(cwd, ...args), runBuilt(cwd, ...args, '--workers', '2')];
      const { states, transitions, verdict } = JSON.parse(one.stdout) as Record<string, unknown>;
      expect(JSON.parse(one.stdout)).toMatchObject({ verdict: 'holds', workers: 1 });
      expect(JSON.parse(two.stdout)).toMatchObject({ states, transitions, verdict, workers: 2 });
      return Promise.resolve();
    });
  });
});
