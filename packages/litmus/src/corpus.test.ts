/**
 * A public collection of litmus tests, read from the folder that the environment variable SHOOTDOWN_LITMUS names, with
 * what herd7 printed for them: a table `corpus-verdicts.tsv` there.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { parseLitmus, runLitmus, verdictOf } from './index.js';

const TABLE = 'corpus-verdicts.tsv';
const folder = process.env['SHOOTDOWN_LITMUS'];
const reason =
  folder === undefined
    ? 'SHOOTDOWN_LITMUS names no folder of litmus tests'
    : existsSync(path.join(folder, TABLE))
      ? undefined
      : `${folder} has no ${TABLE}`;
if (reason !== undefined) console.log(`corpus skipped: ${reason}`);

test.skipIf(reason !== undefined)(
  'the corpus is answered as herd7 answers it',
  () => {
    const rows = readFileSync(path.join(folder ?? '', TABLE), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const differences: string[] = [];
    let missing = 0;
    for (const row of rows) {
      const [name, ...herd7] = row.split('\t');
      const file = path.join(folder ?? '', name);
      if (!existsSync(file)) {
        missing++;
        continue;
      }
      const outcome = runLitmus(parseLitmus(readFileSync(file, 'utf8')));
      const { fitting, others, states, flags } = outcome;
      const ours = [verdictOf(outcome), fitting, others, states.length, flags.join(',')].join(' ');
      const theirs = herd7.slice(0, 5).join(' ');
      if (ours !== theirs) differences.push(`${name}: herd7 ${theirs}, ours ${ours}`);
    }
    console.log(`corpus: ${rows.length - missing} tests, ${differences.length} differences, ${missing} not there`);
    expect(missing).toBeLessThan(rows.length);
    expect(differences).toEqual([]);
  },
  600_000,
);
