/** Tests whose comments say what to expect, by what the model's documents say of their shape. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { judge, type LkmmEvent } from '@shootdown/lkmm';
import { expect, test } from 'vitest';
import { everyChoice } from './every-choice.js';
import { Globals } from './globals.js';
import { parseLitmus, runLitmus, verdictOf } from './index.js';
import { candidatesOf } from './run.js';

const FOLDER = path.join(import.meta.dirname, '..', 'litmus-tests', 'own');
const files = readdirSync(FOLDER);
/** More choices than this are not tried one by one. */
const MOST = 20_000;

test('there are more than a hundred', () => {
  expect(files.length).toBeGreaterThan(100);
});

test.each(files)('%s', (file) => {
  const text = readFileSync(path.join(FOLDER, file), 'utf8');
  const litmus = parseLitmus(text);
  expect(`${litmus.name}.litmus`).toBe(file);
  const outcome = runLitmus(litmus);
  const races = outcome.flags.includes('data-race') ? ' DATARACE' : '';
  expect(`${verdictOf(outcome)}${races}`).toBe(/Result: (.*)/.exec(text)?.[1]);
  expect(outcome.flags.filter((flag) => flag !== 'data-race')).toEqual([]);

  // Generated and tested, the executions are the same.
  const globals = new Globals(litmus);
  const candidates = [...candidatesOf(litmus, globals, {}).candidates];
  if (candidates.reduce((sum, { skeleton }) => sum + choicesOf(skeleton.events), 0) > MOST) return;
  let allowed = 0;
  for (const candidate of candidates)
    for (const choice of everyChoice(candidate, globals, () => undefined)) {
      const isSeen = litmus.filter === undefined || globals.holds(litmus.filter, choice);
      if (isSeen && judge(choice.execution).allowed) allowed++;
    }
  expect(outcome.fitting + outcome.others).toBe(allowed);
});

/** About how many choices there are. */
function choicesOf(events: readonly LkmmEvent[]): number {
  const count = (kind: string): number => events.filter((event) => event.kind === kind).length;
  const orders = (n: number): number => (n < 2 ? 1 : n * orders(n - 1));
  return (count('W') + 1) ** count('R') * orders(count('W'));
}
