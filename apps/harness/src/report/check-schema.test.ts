/** The published JSON schema of `check --json`, asked of a validator that is not ours. UPDATE_DOCS=1 writes it anew. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { AnswerSchema } from './answer-json.js';

const FILE = path.join(import.meta.dirname, '../../schema/check.json');

const text = `${JSON.stringify({ ...toJsonSchema(AnswerSchema, { target: 'draft-2020-12' }), title: 'What `shootdown check --json` prints' }, undefined, 2)}\n`;

let isValid: ValidateFunction;

beforeAll(() => {
  if (process.env['UPDATE_DOCS'] !== undefined) {
    mkdirSync(path.dirname(FILE), { recursive: true });
    writeFileSync(FILE, text);
  }
  isValid = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(FILE, 'utf8')) as object);
});

test('is that of the code; UPDATE_DOCS=1 renews it', () => {
  expect(existsSync(FILE) && readFileSync(FILE, 'utf8')).toBe(text);
});

test.each([
  ['test/two-registers'],
  ['test/two-registers@opposite'],
  ['test/two-registers@opposite', '--strategy', 'pct', '--max-runs', '20'],
  ['test/endless', '--max-states', '5'],
])('%s gives what it says', async (...args) => {
  const { stdout } = await runCli(['check', ...args, '--json']);
  expect([isValid(JSON.parse(stdout)), isValid.errors]).toEqual([true, null]);
});

test('refuses what it does not say', async () => {
  const { stdout } = await runCli(['check', 'test/two-registers', '--json']);
  const answer = JSON.parse(stdout) as Record<string, unknown>;
  const { verdict: _, ...without } = answer;
  for (const wrong of [{ ...answer, verdict: 'fine' }, { ...answer, more: 1 }, without, { ...answer, states: -1 }])
    expect(isValid(wrong)).toBe(false);
});
