import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../../fixtures/run-cli.js';

/** Each thread writes one variable and reads the other. */
const storeBuffers = (fence = '', comment = ''): string => `C SB
${comment}
{}
P0(int *x, int *y)
{
	int r0;
	WRITE_ONCE(*x, 1);
	${fence}
	r0 = READ_ONCE(*y);
}
P1(int *x, int *y)
{
	int r0;
	WRITE_ONCE(*y, 1);
	${fence}
	r0 = READ_ONCE(*x);
}
exists (0:r0=0 /\\ 1:r0=0)
`;

const race = (comment = ''): string => `C race
${comment}
{}
P0(int *x)
{
	*x = 1;
}
P1(int *x)
{
	int r0 = *x;
}
exists (1:r0=1)
`;

const FILES = {
  'weak.litmus': storeBuffers(),
  'strong.litmus': storeBuffers('smp_mb();', '(* Result: Never *)'),
  'wrong.litmus': storeBuffers('', '(* Result: Never *)'),
  'race.litmus': race('(*\n * Result: Never DATARACE\n *)'),
  'unforeseen-race.litmus': race('(* Result: Sometimes *)'),
  'deadlock.litmus': `C deadlock
(* Result: DEADLOCK *)
{}
P0(spinlock_t *s)
{
	spin_lock(s);
	spin_lock(s);
}
exists (true)
`,
  'slip.litmus': 'C slip\n{}\nP0(int *x)\n{\n\tWRITE_ONCE(*x, 1;\n}\nexists (x=1)\n',
  'both.litmus':
    'C both\n{}\nP0(int *x, int *y)\n{\n\tint r0;\n\tr0 = READ_ONCE(*x) && READ_ONCE(*y);\n}\nexists (0:r0=1)\n',
  // Its candidates take budget.
  'huge.litmus': `C huge
{}
${Array.from({ length: 8 }, (_, n) => `P${n}(int *x)\n{\n${'\tWRITE_ONCE(*x, 1);\n'.repeat(8)}}\n`).join('')}
exists (x=2)
`,
};

async function check(args: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return withFiles(FILES, (cwd) => runCli(['check', ...args.split(' ')], { cwd }));
}

/** `text` without times. */
const timeless = (text: string): string =>
  text.replaceAll(/^(Time \S+) \d+\.\d\d$/gm, '$1 0').replaceAll(/"seconds":[\d.]+/g, '"seconds":0');

describe('check FILE.litmus', () => {
  test("prints herd7's words and ends with 0", async () => {
    const { code, stdout, stderr } = await check('weak.litmus');
    expect(timeless(stdout)).toBe(
      `Test SB Allowed
States 4
0:r0=0; 1:r0=0;
0:r0=0; 1:r0=1;
0:r0=1; 1:r0=0;
0:r0=1; 1:r0=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (0:r0=0 /\\ 1:r0=0)
Observation SB Sometimes 1 3
Time SB 0
`,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  test('--explain shows an execution, or the cycle that forbids it', async () => {
    expect((await check('weak.litmus --explain')).stdout).toContain(`
Allowed. An execution with the condition:

  P0                  | P1
  --------------------+--------------------
  a: WRITE_ONCE(x, 1) | c: WRITE_ONCE(y, 1)
  b: READ_ONCE(y) = 0 | d: READ_ONCE(x) = 0

  rf: the initial value -> b
  rf: the initial value -> d
`);
    const { stdout } = await check('strong.litmus --explain');
    expect(stdout).toContain('\nForbidden by propagation');
    expect(stdout).toMatch(/and it goes round:\n\n(?: {2}\S.*\n)+$/);
  });

  test('--sc and --tso say what is asked of other models', async () => {
    const { stdout } = await check('weak.litmus --sc --tso');
    expect(stdout).toContain('\nsc: Never 0 3, states 3\ntso: Sometimes 1 3, states 4\n');
  });

  test('--json prints an object', async () => {
    const { stdout } = await check('wrong.litmus --json --sc');
    const figures = { verdict: 'Sometimes', positive: 1, negative: 3, states: 4, flags: [] };
    expect(JSON.parse(timeless(stdout))).toEqual({
      test: 'wrong.litmus',
      ...figures,
      seconds: 0,
      expected: 'Never',
      sc: { ...figures, verdict: 'Never', positive: 0, states: 3 },
    });
  });

  test('--json explains in words', async () => {
    const { stdout } = await check('strong.litmus --json --explain');
    expect((JSON.parse(stdout) as { explanation: string }).explanation).toMatch(/^Forbidden by propagation/);
  });

  test('--kernel before-v5.17 takes the rules of that time', async () => {
    const unlockLock = `C unlock-lock
{}
P0(int *x, int *y, spinlock_t *s, spinlock_t *t)
{
	spin_lock(s);
	WRITE_ONCE(*x, 1);
	spin_unlock(s);
	spin_lock(t);
	WRITE_ONCE(*y, 1);
	spin_unlock(t);
}
P1(int *x, int *y)
{
	int r0;
	int r1;
	r0 = READ_ONCE(*y);
	smp_rmb();
	r1 = READ_ONCE(*x);
}
exists (1:r0=1 /\\ 1:r1=0)
`;
    await withFiles({ 'unlock-lock.litmus': unlockLock }, async (cwd) => {
      const ask = async (...args: string[]): Promise<string> =>
        (await runCli(['check', 'unlock-lock.litmus', ...args], { cwd })).stdout;
      expect(await ask()).toContain('\nObservation unlock-lock Never 0 ');
      expect(await ask('--kernel', 'before-v5.17')).toContain('\nObservation unlock-lock Sometimes 1 ');
    });
  });

  test.each([
    ['strong.litmus', 0, ''],
    ['wrong.litmus', 1, 'The file says: Result: Never\n'],
    ['race.litmus', 0, 'Flag data-race\n'],
    ['unforeseen-race.litmus', 1, 'The file says: Result: Sometimes\n'],
    ['deadlock.litmus', 0, 'Observation deadlock Never 0 0\n'],
    ['huge.litmus --max-seconds 0.3', 3, 'huge.litmus: unknown, the time was up\n'],
    ['huge.litmus --test-seconds 0.3', 3, 'huge.litmus: unknown, the time was up\n'],
  ])('%s ends with %i', async (args, exit, text) => {
    const { code, stdout } = await check(args);
    expect(stdout).toContain(text);
    expect(code).toBe(exit);
  });

  test.each([
    ['slip.litmus', "slip.litmus: line 5, column 18: expected ')', got ';'"],
    ['both.litmus', "both.litmus: line 6, column 21: '&&' is not supported"],
    ['none.litmus', 'none.litmus: no such file in '],
    ['none.litmus', 'give the path of a litmus test, or of a folder of them'],
    ['weak.litmus --steps', '--steps is for scenarios; with a litmus test go: --explain, '],
    ['. --explain', '--explain: expected one file.litmus, got a folder; explain its tests one by one'],
    ['test/two-registers --explain', '--explain is for litmus tests: a file.litmus, or a folder of them'],
    ['test/two-registers --kernel now', '--kernel is for litmus tests: a file.litmus, or a folder of them'],
    ['weak.litmus --kernel v4', 'v4'],
  ])('%s ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await check(args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('--json names what is not supported, and ends with 2', async () => {
    const { code, stdout } = await check('both.litmus --json');
    expect(JSON.parse(stdout)).toMatchObject({ test: 'both.litmus', unsupported: "'&&'" });
    expect(code).toBe(2);
  });
});

describe('check FOLDER', () => {
  test('prints a table, sums, and what could not be answered', async () => {
    const { code, stdout } = await check('. --test-seconds 0.5 --sc');
    expect(stdout.replaceAll(/\d+\.\d{2,3}/g, 'N'))
      .toBe(`test                    lkmm       positive  negative    states   seconds  sc
-----------------------------------------------------------------------------
both.litmus             line 6, column 21: '&&' is not supported
deadlock.litmus         Never             0         0         0     N  Never
huge.litmus             unknown (seconds)
race.litmus             Sometimes         1         1         2     N  Sometimes  data-race
slip.litmus             line 5, column 18: expected ')', got ';'
strong.litmus           Never             0         3         3     N  Never
unforeseen-race.litmus  Sometimes         1         1         2     N  Sometimes  expected Sometimes, data-race
weak.litmus             Sometimes         1         3         4     N  Never
wrong.litmus            Sometimes         1         3         4     N  Never      expected Never

9 tests, 6 answered in N s: 2 Never, 4 Sometimes, 2 flagged data-race
unsupported: '&&': 1 test, such as both.litmus
unknown, seconds: 1 test, such as huge.litmus
unsupported: syntax: 1 test, such as slip.litmus
2 tests answered otherwise than the file says: unforeseen-race.litmus, wrong.litmus
`);
    expect(code).toBe(1);
  });

  test('--json prints an array; a test is called by its path below the folder', async () => {
    await withFiles({ 'a.litmus': storeBuffers() }, async (cwd) => {
      mkdirSync(path.join(cwd, 'deep'));
      writeFileSync(path.join(cwd, 'deep', 'b.litmus'), FILES['both.litmus']);
      writeFileSync(path.join(cwd, 'deep', 'c.litmus'), FILES['huge.litmus']);
      const { code, stdout } = await runCli(['check', '.', '--json', '--test-seconds', '0.3'], { cwd });
      expect(JSON.parse(timeless(stdout))).toEqual([
        { test: 'a.litmus', verdict: 'Sometimes', positive: 1, negative: 3, states: 4, flags: [], seconds: 0 },
        {
          test: 'deep/b.litmus',
          unsupported: "'&&'",
          message: "line 6, column 21: '&&' is not supported",
        },
        { test: 'deep/c.litmus', unknown: 'seconds' },
      ]);
      expect(code).toBe(3);
    });
  });

  test('answers nothing more once the time is up', async () => {
    const { code, stdout } = await check('. --max-seconds 0.000001 --json');
    const kinds = (JSON.parse(stdout) as { unknown?: string; unsupported?: string }[]).map(
      ({ unknown, unsupported }) => unknown ?? unsupported,
    );
    expect(new Set(kinds)).toEqual(new Set(['seconds', "'&&'", 'syntax']));
    expect(code).toBe(3);
  });

  test('an interrupt ends it, and says so', async () => {
    const { code, stdout } = await withFiles(FILES, (cwd) =>
      runCli(['check', '.', '--json'], { cwd, interrupted: AbortSignal.abort() }),
    );
    expect((JSON.parse(stdout) as { unknown?: string }[]).every(({ unknown }) => unknown === 'interrupted')).toBe(true);
    expect(code).toBe(3);
  });
});
