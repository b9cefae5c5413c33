import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { isBuilt, runBuilt } from '../../fixtures/run-built.js';
import { withFiles } from '../../fixtures/run-cli.js';
import { litmusText, whyNoLitmus, type LitmusResult } from './litmus.js';

const writes = (value: number): string => `C t\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, ${value});\n}\nexists (x=1)\n`;

describe('bench --filter litmus', () => {
  test.skipIf(!isBuilt)('compares with the table in the folder', { timeout: 60_000 }, async () => {
    const titles = 'test\tverdict\tpositive\tnegative\tstates\tflags\tcpu_ms';
    const files = {
      'corpus-verdicts.tsv': `${titles}\na.litmus\tAlways\t1\t0\t1\t\t2500\nb.litmus\tAlways\t1\t0\t1\t\t500\n`,
      'a.litmus': writes(1),
      'b.litmus': writes(2),
      'c.litmus': writes(3),
      'd.litmus': 'C d\n',
    };
    const { stdout, code } = await withFiles(files, (folder) =>
      runBuilt(['bench', '--filter', 'litmus', '--runs', '1', '--json'], {
        cwd: tmpdir(),
        env: { SHOOTDOWN_LITMUS: folder },
      }),
    );
    expect(code).toBe(0);
    const { litmus } = JSON.parse(stdout) as { litmus: LitmusResult };
    expect(litmus).toMatchObject({
      tests: 2,
      different: ['b.litmus'],
      herd7CpuSeconds: 3,
      unlisted: 2,
      unlistedEnded: 1,
    });
    expect(litmus.ratio).toBeCloseTo(3 / litmus.cpuSeconds);
  });

  test('prints the times side by side', () => {
    const text = litmusText({
      tests: 100,
      different: ['x.litmus'],
      cpuSeconds: 1.5,
      processSeconds: 2.25,
      herd7CpuSeconds: 60,
      ratio: 40,
      unlisted: 3,
      unlistedEnded: 2,
    });
    expect(text.split('\n')).toEqual([
      'litmus: 100 tests in one process: 1.50 s of CPU, herd7 60.00 s, ratio 40.0; 2.25 s from the start of the process to its end',
      '  1 answered otherwise than by herd7: x.litmus',
      '  2 of 3 tests that herd7 gave up end here within 8 s',
      '',
    ]);
  });

  test('says why it is left out', () => {
    expect(whyNoLitmus({})).toBe('SHOOTDOWN_LITMUS names no folder of litmus tests');
    expect(whyNoLitmus({ SHOOTDOWN_LITMUS: tmpdir() })).toBe(`${tmpdir()} has no corpus-verdicts.tsv`);
  });
});
