import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOutcome, removeSummaries } from './stages.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'stages-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function writeSummary(tasks: unknown[]): void {
  mkdirSync(path.join(root, '.turbo', 'runs'), { recursive: true });
  writeFileSync(path.join(root, '.turbo', 'runs', '1.json'), JSON.stringify({ tasks }));
}

test('readOutcome tells failed tasks from those that were not reached, and leaves out scripts that do not exist', () => {
  writeSummary([
    { taskId: 'a#lint', command: 'eslint .', execution: { exitCode: 0 } },
    { taskId: 'a#build', command: 'tsc', execution: { exitCode: 2 } },
    { taskId: 'a#pack:check', command: 'publint', execution: null },
    { taskId: 'a#topo', command: '<NONEXISTENT>', execution: null },
  ]);
  const { failed, notRun } = readOutcome(root);
  expect(failed.map(({ taskId }) => taskId)).toEqual(['a#build']);
  expect(notRun.map(({ taskId }) => taskId)).toEqual(['a#pack:check']);
});

test('removeSummaries leaves no outcome', () => {
  writeSummary([{ taskId: 'a#build', command: 'tsc', execution: { exitCode: 2 } }]);
  removeSummaries(root);
  expect(readOutcome(root)).toEqual({ failed: [], notRun: [] });
});
