/** docs/two-pass.md and its plot are what the program prints. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { multiGpu } from '@shootdown/mmu-notifier/scenarios';
import { describe, expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';

const docs = path.join(import.meta.dirname, '..', '..', '..', 'docs');
const file = path.join(docs, 'two-pass.md');
const BLOCK = /^```text\n\$ npm start -- (simulate .+)\n([\s\S]*?)```$/gm;
const isRenewing = process.env['UPDATE_TWO_PASS'] !== undefined;

async function printed(command: string, cwd = docs): Promise<string> {
  const { code, stdout, stderr } = await runCli(command.split(' '), { catalogue: [multiGpu], cwd });
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

describe('docs/two-pass.md', () => {
  test('prints what is printed', { timeout: 60_000 }, async () => {
    const blocks = [...readFileSync(file, 'utf8').matchAll(BLOCK)];
    expect(blocks.length).toBe(4);
    const tables: string[] = [];
    for (const [, command] of blocks) tables.push(await printed(command));
    if (isRenewing) {
      const renewed = blocks.map(([, command], i) => `\`\`\`text\n$ npm start -- ${command}\n${tables[i]}\`\`\``);
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replaceAll(BLOCK, () => renewed.shift() ?? ''),
      );
    } else expect(blocks.map(([, , table]) => table)).toEqual(tables);
  });

  test('has the plot that the command it names writes', { timeout: 60_000 }, async () => {
    const text = readFileSync(file, 'utf8').replaceAll('\n', ' ');
    const [, command = ''] = /`npm start -- (simulate [^`]+ --svg) docs\/two-pass\.svg`/.exec(text) ?? [];
    const folder = isRenewing ? docs : mkdtempSync(path.join(tmpdir(), 'shootdown-test-'));
    await printed(`${command} two-pass.svg`, folder);
    const fresh = readFileSync(path.join(folder, 'two-pass.svg'), 'utf8');
    if (!isRenewing) rmSync(folder, { recursive: true });
    expect(readFileSync(path.join(docs, 'two-pass.svg'), 'utf8')).toBe(fresh);
  });

  test('counts the other steps of a GPU', async () => {
    const json = JSON.parse(
      await printed('simulate notifier/multi-gpu --set gpus=8..9,issueNs=0,flushNs=1,stepNs=1000 --json'),
    ) as {
      rows: { variants: Record<string, { model: number }> }[];
    };
    const stepsOf = (variant: string): number =>
      Math.round((json.rows[1].variants[variant].model - json.rows[0].variants[variant].model) / 1000);
    const text = readFileSync(file, 'utf8').replaceAll('\n', ' ');
    expect(text).toContain(
      `the other steps, ${stepsOf('one-pass')} a GPU in one pass and ${stepsOf('two-pass')} in two`,
    );
  });
});
