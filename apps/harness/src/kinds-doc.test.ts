/** docs/kinds.md shows the reports as they are printed. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as kernel from '@shootdown/kernel/scenarios';
import { VIOLATION_KINDS } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';

const root = path.join(import.meta.dirname, '..', '..', '..');
const file = path.join(root, 'docs', 'kinds.md');
const BLOCK = /^```text\n\$ npm start -- check (\S+)\n([\s\S]*?)```$/gm;
const { mutationPlan: _plan, ...scenarios } = kernel;
const catalogue = Object.values(scenarios);

/** The part of a report that does not differ from machine to machine and from version to version. */
async function reportOf(scenario: string): Promise<string> {
  const { code, stdout } = await runCli(['check', scenario], { catalogue, cwd: root });
  expect(code).toBe(0);
  const [, report = ''] = /transitions\/s\n\n([\s\S]*)\n\nreplay: /.exec(stdout) ?? [];
  return report;
}

describe('docs/kinds.md', () => {
  test('has a section for every kind', () => {
    const titles = [...readFileSync(file, 'utf8').matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([...VIOLATION_KINDS]);
  });

  test('shows the report of every scenario of the gallery', () => {
    const shown = [...readFileSync(file, 'utf8').matchAll(BLOCK)].map(([, scenario]) => scenario);
    expect(shown.sort()).toEqual(catalogue.map(({ name }) => `${name}@broken`).sort());
  });

  test('prints what is printed', async () => {
    const text = readFileSync(file, 'utf8');
    const blocks = [...text.matchAll(BLOCK)];
    const reports = await Promise.all(blocks.map(([, scenario]) => reportOf(scenario)));
    if (process.env['UPDATE_KINDS'] !== undefined) {
      const renewed = blocks.map(
        ([, scenario], i) => `\`\`\`text\n$ npm start -- check ${scenario}\n${reports[i]}\n\`\`\``,
      );
      writeFileSync(
        file,
        text.replaceAll(BLOCK, () => renewed.shift() ?? ''),
      );
    } else expect(blocks.map(([, , report]) => report)).toEqual(reports.map((report) => `${report}\n`));
  });
});
