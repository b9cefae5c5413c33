import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../exit.js';
import type { Io } from '../io.js';
import { run } from '../program.js';

const MODEL = `
import { spinLock, spinUnlock, smpMb } from '@shootdown/kernel/model';
import { Layout, kfunc, readOnce, scenario, spinLockWord, u8, writeOnce } from '@shootdown/machine';

export default scenario({
  name: 'mine/lock',
  asks: 'Does every increment count?',
  source: 'a test',
  given: {},
  variants: { locked: { expect: 'holds', about: 'under the lock' } },
  build() {
    const layout = new Layout();
    const lock = layout.one('lock', spinLockWord);
    const count = layout.one('count', u8);
    const bump = kfunc('bump', function* () {
      yield* spinLock(lock);
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      yield* smpMb();
      yield* spinUnlock(lock);
    });
    return {
      layout,
      threads: ['A', 'B'].map((name) => ({ name, run: () => bump() })),
      finals: { both: (memory) => memory.get(count) === 2 },
    };
  },
});
`;

async function runs(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'mutate-'));
  writeFileSync(path.join(cwd, 'lock.ts'), MODEL);
  const told = { out: '', err: '' };
  const output = (to: 'out' | 'err'): Io['stdout'] => ({
    write: (text) => void (told[to] += text),
    isTTY: false,
    columns: undefined,
  });
  const code = await run(args, {
    stdout: output('out'),
    stderr: output('err'),
    interrupted: new AbortController().signal,
    cwd,
  });
  return { code, ...told };
}

test('the operations of a model of one’s own', { timeout: 60_000 }, async () => {
  const { code, out, err } = await runs('mutate', './lock.ts', '--json');
  expect(err).not.toContain('shootdown:');
  expect(code).toBe(EXIT.UNEXPECTED);
  const [score, ...others] = JSON.parse(out) as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(score).toMatchObject({
    package: './lock.ts',
    mutants: 2,
    killed: 1,
    explained: 0,
    survived: 1,
    isComplete: true,
    wrong: [],
    killedBy: [
      {
        class: 'lock',
        mutant: 'omit spin_lock(lock)',
        in: ['bump'],
        by: './lock.ts@locked',
        kind: 'invariant',
        rule: 'both',
        site: 'lock.ts:16',
      },
    ],
    survivors: [{ class: 'barrier', mutant: 'omit smp_mb', in: ['bump'], bounds: [], errors: [] }],
  });
});

test('what is named must be there, and hold', { timeout: 60_000 }, async () => {
  const misspelt = await runs('mutate', 'mm/unmapp');
  expect(misspelt.code).toBe(EXIT.USAGE);
  expect(misspelt.err).toContain('did you mean mm/unmap');
  const broken = await runs('mutate', 'mm/unmap@no-flush');
  expect(broken.code).toBe(EXIT.USAGE);
  expect(broken.err).toContain('nothing that was named has a variant that is expected to hold');
});
