import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../fixtures/run-cli.js';
import { twoRegisters } from '../fixtures/scenarios.js';
import { AnswerSchema, type AnswerJson } from './report/answer-json.js';

/** A model whose readers see 0 or 1, so that what follows another value is dead; `line` is that of the dead request. */
const model = (
  condition: string,
): string => `import { Layout, choose, kfunc, readOnce, scenario, u8, writeOnce, type Cell } from '@shootdown/machine';

interface Cells {
  readonly x: Cell<number>;
  readonly y: Cell<number>;
}

const reader = kfunc('get_x', function* (x: Cell<number>, y: Cell<number>) {
  const value: number = yield* readOnce(x);
  if (${condition}) {
    yield* writeOnce(y, 1);
  }
});

export default scenario({
  name: 'mine/reader',
  asks: 'What does the reader see?',
  source: 'me',
  given: {},
  variants: {
    correct: { expect: 'holds', about: 'the writer writes 1' },
    other: { expect: 'holds', about: 'the writer writes 2' },
  },
  build({ variant }) {
    const layout = new Layout();
    const cells: Cells = { x: layout.one('x', u8), y: layout.one('y', u8) };
    const writer = kfunc('set_x', function* () {
      const way = yield* choose(2);
      if (variant === 'correct') yield* writeOnce(cells.x, way);
      else yield* writeOnce(cells.x, 2);
    });
    return {
      layout,
      threads: [
        { name: 'W', run: () => writer() },
        { name: 'R', run: () => reader(cells.x, cells.y) },
      ],
    };
  },
});
`;
const DEAD = { func: 'get_x', file: 'model.ts', line: 11, code: 'yield* writeOnce(y, 1);' };

async function check(condition: string, variant = 'correct'): Promise<{ answer: AnswerJson; stderr: string }> {
  return withFiles({ 'model.ts': model(condition) }, async (cwd) => {
    const json = await runCli(['check', `./model.ts@${variant}`, '--json'], { cwd });
    expect(json.code).toBe(0);
    const { stderr } = await runCli(['check', `./model.ts@${variant}`], { cwd });
    return { answer: v.parse(AnswerSchema, JSON.parse(json.stdout)), stderr };
  });
}

describe("check, of a user's model file", () => {
  test('warns of a dead branch, at the line it was written on', async () => {
    const { answer, stderr } = await check('value === 7');
    expect(answer).toMatchObject({ verdict: 'holds', unreached: [DEAD] });
    expect(stderr).toBe(
      'warning: ./model.ts@correct: model code was never reached at these sizes, so nothing was checked of it:\n' +
        '  model.ts:11 in get_x: yield* writeOnce(y, 1);\n',
    );
  });

  test('does not warn where everything is reached', async () => {
    const { answer, stderr } = await check('value === 1');
    expect(answer.unreached).toEqual([]);
    expect(stderr).toBe('');
  });

  test('does not warn of what only another variant reaches', async () => {
    expect((await check('value === 2')).answer.unreached).toEqual([]);
    expect((await check('value === 1', 'other')).answer.unreached).toEqual([]);
  });

  test('of a branch with many lines in front says the right one, in JavaScript too', async () => {
    const script = `// ${'x'.repeat(200)}\n\n\n${model('value === 7')}`
      .replace(/interface[^}]*\}\n/, '')
      .replace(/, type Cell|: Cells|: Cell<number>|: number/g, '');
    await withFiles({ 'model.mjs': script }, async (cwd) => {
      const { stdout } = await runCli(['check', './model.mjs', '--json'], { cwd });
      const line = script.split('\n').findIndex((one) => one.includes('writeOnce(y, 1)')) + 1;
      expect((JSON.parse(stdout) as AnswerJson).unreached).toMatchObject([{ ...DEAD, file: 'model.mjs', line }]);
    });
  });
});

describe('the field unreached', () => {
  test('is there where nothing is broken, and not where something is', async () => {
    const { stdout } = await runCli(['check', 'test/two-registers', '--set', 'noisy=true', '--json']);
    expect((JSON.parse(stdout) as AnswerJson).unreached).toEqual([]);
    const broken = await runCli(['check', 'test/two-registers@opposite', '--json']);
    expect(Object.keys(JSON.parse(broken.stdout) as AnswerJson)).not.toContain('unreached');
  });

  test('is there in the suite with --coverage, told of all variants together', async () => {
    const variants = { ordered: twoRegisters.variants['ordered'], opposite: twoRegisters.variants['opposite'] };
    const catalogue = [{ ...twoRegisters, variants }];
    const { code, stdout, stderr } = await runCli(['suite', '--coverage', '--json'], { catalogue });
    expect([code, stderr.includes('warning')]).toEqual([0, false]);
    const { results } = JSON.parse(stdout) as { results: AnswerJson[] };
    expect(results[0].unreached).toMatchObject([
      { func: 'get_mmio_atsd_reg', code: expect.stringContaining('readOnce(usage[reg])') as string },
      { func: 'get_mmio_atsd_reg', code: expect.stringContaining('writeOnce(usage[reg], 1)') as string },
      { func: 'mmio_invalidate', code: expect.stringContaining("fence('smp_mb')") as string },
    ]);
    expect(Object.keys(results[1])).not.toContain('unreached');
    const text = await runCli(['suite', '--coverage'], { catalogue });
    expect(text.stderr).toContain('warning: test/two-registers: model code was never reached');
    const plain = await runCli(['suite', '--json'], { catalogue });
    expect(plain.stdout).not.toContain('unreached');
  });
});
