import { expect, test } from 'vitest';
import { runCli, withFiles } from '../fixtures/run-cli.js';
import type { AnswerJson } from './report/answer-json.js';

/** Two threads that take two locks in two orders, and count what they should not. */
const MANY = `import { mutexLock, mutexT, mutexUnlock } from '@shootdown/kernel/model';
import { readOnce, scenario, u8, writeOnce } from '@shootdown/machine';
export default scenario({
  name: 'mine/many',
  state: { x: u8, a: mutexT, b: mutexT },
  threads: ({ x, a, b }) => ({
    *A() { yield* mutexLock(a); yield* mutexLock(b); yield* writeOnce(x, (yield* readOnce(x)) + 1); yield* mutexUnlock(b); yield* mutexUnlock(a); },
    *B() { yield* mutexLock(b); yield* mutexLock(a); yield* writeOnce(x, (yield* readOnce(x)) + 1); yield* mutexUnlock(a); yield* mutexUnlock(b); },
  }),
  invariants: { small: ({ x }) => x < 1, smaller: ({ x }) => x < 2, fine: ({ x }) => x < 3 },
  finals: { three: ({ x }) => x === 3 },
});
`;
const BROKEN = ['deadlock', 'lock-order', 'small', 'smaller', 'three'];

const all = async (cwd: string, ...options: readonly string[]): Promise<{ code: number; found: AnswerJson[] }> => {
  const { code, stdout } = await runCli(['check', 'many.ts', '--all', '--json', ...options], { cwd });
  return { code, found: JSON.parse(stdout) as AnswerJson[] };
};

test.each([[[]], [['--strategy', 'bfs']], [['--no-reduction']], [['--workers', '2']]])(
  '--all tells every rule that is broken, each with a token that replays it: %j',
  async (options) => {
    await withFiles({ 'many.ts': MANY }, async (cwd) => {
      const { code, found } = await all(cwd, ...options);
      expect(code).toBe(1);
      expect(found.flatMap(({ violation }) => (violation === undefined ? [] : [violation.name])).sort()).toEqual(
        BROKEN,
      );
      expect(found.at(-1)).toMatchObject({ verdict: 'holds', complete: true });
      for (const { replay, violation } of found.slice(0, -1)) {
        const again = await runCli(['replay', replay ?? '', '--json'], { cwd });
        expect(JSON.parse(again.stdout)).toMatchObject({ violation });
      }
    });
  },
);

test('--all says past what it went on', async () => {
  await withFiles({ 'many.ts': MANY }, async (cwd) => {
    const { stdout } = await runCli(['check', 'many.ts', '--all'], { cwd });
    expect(stdout.match(/^violated: .*/gm)).toHaveLength(BROKEN.length);
    expect(stdout).toMatch(/^violated: invariant, but expected holds$/m);
    const last = /^nothing else is broken, past (.*)$/m.exec(stdout)?.[1].split(', ');
    expect(last?.sort()).toEqual(BROKEN);
  });
});

test('--all goes past what is left out anyway, and stops at a bound', async () => {
  await withFiles({ 'many.ts': MANY }, async (cwd) => {
    const { found } = await all(cwd, '--only', 'small,three');
    expect(found.map(({ only }) => only)).toEqual([
      ['small', 'three'],
      ['small', 'three', '-small'],
      ['small', 'three', '-small', '-three'],
    ]);
    expect(found.map(({ verdict }) => verdict)).toEqual(['violated', 'violated', 'holds']);
    const cut = await all(cwd, '--max-states', '6');
    expect(cut.found.at(-1)).toMatchObject({ verdict: 'unknown', bound: 'states' });
  });
});

test('--only with a - in front leaves a rule out, and knows its name', async () => {
  await withFiles({ 'many.ts': MANY }, async (cwd) => {
    const check = (only: string): ReturnType<typeof runCli> =>
      runCli(['check', 'many.ts', '--json', '--only', only], { cwd });
    const { stdout } = await check('-lock-order,-small,-smaller,-three');
    expect(JSON.parse(stdout)).toMatchObject({ violation: { kind: 'deadlock' } });
    expect(await check('-smalle')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean small') as string,
    });
  });
});

test.each(['--html', '--checkpoint', '--junit'])('%s is refused with --all', async (option) => {
  await withFiles({ 'many.ts': MANY }, async (cwd) => {
    const { code, stderr } = await runCli(['check', 'many.ts', '--all', option, 'file'], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(`${option} is for one search, and --all searches several`),
    ]);
  });
});
