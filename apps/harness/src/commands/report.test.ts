import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import * as kernel from '@shootdown/kernel/scenarios';
import { describe, expect, test } from 'vitest';
import { isMeantAsScenario } from '../scenario-shape.js';
import { runCli, withFiles } from '../../fixtures/run-cli.js';
import { AnswerSchema, type AnswerJson } from '../report/answer-json.js';

const BROKEN = 'test/two-registers@opposite';

async function answerOf(...args: string[]): Promise<AnswerJson> {
  const { stdout } = await runCli(['check', ...args, '--json']);
  return v.parse(AnswerSchema, JSON.parse(stdout));
}

/** The data in a page. */
function dataIn(html: string): AnswerJson {
  const [, json = ''] = /<script type="application\/json" id="report">([^]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(json) as AnswerJson;
}

const kinds = Object.values<unknown>({ ...kernel }).filter(isMeantAsScenario);
const broken = kinds.flatMap(({ name, variants }) =>
  Object.entries(variants).flatMap(([variant, { expect: kind }]) => (kind === 'holds' ? [] : [`${name}@${variant}`])),
);

test.each(broken)('what is recorded of %s agrees with its trace', async (name) => {
  const { stdout } = await runCli(['check', name, '--json'], { catalogue: kinds });
  const { recording, trace = [] } = v.parse(AnswerSchema, JSON.parse(stdout));
  const { cells = [], steps = [], stacks = [] } = recording ?? {};
  expect(steps).toHaveLength(trace.length);
  const now = new Map(cells.map(({ path: cell, value }) => [cell, value]));
  for (const [i, { stack, wrote }] of steps.entries()) {
    for (const [cell, value] of wrote) now.set(cells[cell].path, value);
    expect(stacks[stack].map(({ func }) => func)).toEqual(trace[i].stack);
    for (const { target, after } of trace[i].changes) expect(now.get(target)).toBe(after);
  }
});

describe('a counterexample as a page', () => {
  test('is the same from check, from its token and from what --json printed', () =>
    withFiles({}, async (cwd) => {
      const answer = await answerOf(BROKEN);
      writeFileSync(path.join(cwd, 'answer.json'), JSON.stringify(answer));
      const lines = [
        ['check', BROKEN],
        ['report', answer.replay ?? ''],
        ['report', 'answer.json'],
      ];
      for (const [i, line] of lines.entries()) {
        const { code, stderr } = await runCli([...line, '--html', `${i}.html`], { cwd });
        expect(code).toBe(0);
        expect(stderr).toContain(`the report is in ${i}.html`);
        const { trace, evidence, pending, recording, violation, asks } = dataIn(
          readFileSync(path.join(cwd, `${i}.html`), 'utf8'),
        );
        expect(violation).toEqual(answer.violation);
        expect(asks).toBe(answer.asks);
        expect([trace?.length, evidence?.length, pending]).toEqual([
          answer.trace?.length,
          answer.evidence?.length,
          answer.pending,
        ]);
        expect(recording?.steps).toEqual(answer.recording?.steps);
      }
    }));

  test('has the state at each step, and source lines', async () => {
    const { recording, trace = [] } = await answerOf(BROKEN);
    expect(recording?.steps).toHaveLength(trace.length);
    expect(recording?.cells.length).toBeGreaterThan(0);
    expect(Object.values(recording?.code ?? {}).length).toBeGreaterThan(0);
  });

  test('names the step of each piece of evidence', async () => {
    const { evidence = [], trace = [] } = await answerOf(BROKEN);
    expect(evidence.length).toBeGreaterThan(0);
    for (const { step, thread, op } of evidence.filter((one) => one.step > 0 && one.step <= trace.length))
      expect(trace.find((one) => one.step === step)).toMatchObject({ thread, op });
  });

  test('says what was found where nothing is broken', () =>
    withFiles({}, async (cwd) => {
      const { code } = await runCli(['check', 'test/two-registers@ordered', '--html', 'page.html'], { cwd });
      expect(code).toBe(0);
      expect(dataIn(readFileSync(path.join(cwd, 'page.html'), 'utf8'))).toMatchObject({ verdict: 'holds' });
    }));

  test('is opened by the program that BROWSER names', () =>
    withFiles({}, async (cwd) => {
      const { code, stderr } = await runCli(['check', BROKEN, '--html', 'page.html', '--open'], {
        cwd,
        env: { BROWSER: path.join(cwd, 'no-such-browser') },
      });
      expect(code).toBe(0);
      expect(stderr).toMatch(/--open: no browser could be started \(.*\); open page.html yourself/);
    }));

  test('is a trace for Perfetto too', () =>
    withFiles({}, async (cwd) => {
      const { code, stderr } = await runCli(['check', BROKEN, '--trace', 'trace.json'], { cwd });
      expect(code).toBe(0);
      expect(stderr).toContain('the trace is in trace.json; ui.perfetto.dev opens it');
      expect(JSON.parse(readFileSync(path.join(cwd, 'trace.json'), 'utf8'))).toHaveProperty('traceEvents');
    }));

  test.each([
    [['report', 'answer.json'], 'expected where to write to'],
    [['report', 'answer.json', '--html', 'page.html'], 'answer.json is not what check --json printed'],
    [['report', 'nonsense', '--html', 'page.html'], 'expected a token like'],
    [['report', 'none.json', '--html', 'page.html'], 'no such file: none.json; write one with check SCENARIO --json'],
    [['report', '.', '--html', 'page.html'], 'cannot read .'],
    [['check', BROKEN, '--html', 'no/such/folder.html'], 'cannot write no/such/folder.html'],
  ])('is refused, and no file is left: %j', async (args, message) => {
    await withFiles({ 'answer.json': '{"scenario": 1}' }, async (cwd) => {
      const { code, stderr } = await runCli(args, { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(readdirSync(cwd)).toEqual(['answer.json']);
    });
  });
});
