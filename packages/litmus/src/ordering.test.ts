/** The ordering questions of the seeds, with what herd7 answered under the model's rules of two versions. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { RULES_BEFORE_V5_17, type Rules } from '@shootdown/lkmm';
import { describe, expect, test } from 'vitest';
import { parseLitmus, runLitmus, verdictOf } from './index.js';

const FOLDER = path.join(import.meta.dirname, '..', 'litmus-tests', 'ordering');
const RULES: Readonly<Record<string, Rules | undefined>> = { old: RULES_BEFORE_V5_17, new: undefined };

/** `old` or `new` and the name of a test, with herd7's flags, observation and witnesses. */
const answers = new Map(
  readFileSync(path.join(FOLDER, 'herd7-results.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line): [string, string] => {
      const [, rules, flag, name, observation] =
        /^(\w+) (?:Flag (\S+) )?Observation (\S+) (\w+ \d+ \d+)/.exec(line) ?? [];
      return [`${rules} ${name}`, `${flag ?? ''} ${observation}`];
    }),
);
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.litmus'));

test('herd7 answered every test twice', () => {
  expect(files).toHaveLength(73);
  expect(answers.size).toBe(2 * files.length);
});

describe.each(Object.keys(RULES))('%s rules', (which) => {
  test.each(files)('%s', (file) => {
    const litmus = parseLitmus(readFileSync(path.join(FOLDER, file), 'utf8'));
    const { rules } = { rules: RULES[which] };
    const outcome = runLitmus(litmus, rules === undefined ? {} : { rules });
    const { fitting, others, flags } = outcome;
    expect(`${flags.join(' ')} ${verdictOf(outcome)} ${fitting} ${others}`).toBe(
      answers.get(`${which} ${litmus.name}`),
    );
  });
});
