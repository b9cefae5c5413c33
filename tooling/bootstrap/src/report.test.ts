import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addReports, removeReports, summaryLine } from './report.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'report-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function writeReport(folder: string, { passed = 0, failed = 0, pending = 0, todo = 0, broken = 0 }): void {
  mkdirSync(path.join(root, folder, 'reports'), { recursive: true });
  const brokenFile = { status: 'failed', assertionResults: [] };
  const failedFile = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
  const report = {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: todo,
    testResults: [...Array<unknown>(broken).fill(brokenFile), ...(failed > 0 ? [failedFile] : [])],
  };
  writeFileSync(path.join(root, folder, 'reports', 'vitest.json'), JSON.stringify(report));
}

describe('addReports', () => {
  test('adds the reports of all folders and passes over folders without one', () => {
    writeReport('packages/a', { passed: 3, failed: 1, pending: 1 });
    writeReport('apps/b', { passed: 4, todo: 2 });
    expect(addReports(root, ['packages/a', 'apps/b', 'packages/none'])).toEqual({ passed: 7, failed: 1, skipped: 3 });
  });

  test('counts a test file that does not load as one failure', () => {
    writeReport('packages/a', { passed: 2, broken: 1 });
    expect(addReports(root, ['packages/a'])).toEqual({ passed: 2, failed: 1, skipped: 0 });
  });
});

test('removeReports leaves nothing to add', () => {
  writeReport('packages/a', { passed: 3 });
  removeReports(root, ['packages/a', 'packages/none']);
  expect(addReports(root, ['packages/a'])).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

describe('summaryLine', () => {
  test.each([
    [{ passed: 12, failed: 0, skipped: 0 }, '12 passed, 0 failed'],
    [{ passed: 12, failed: 1, skipped: 2 }, '12 passed, 1 failed, 2 skipped'],
  ])('%o is told as "%s"', (totals, line) => {
    expect(summaryLine(totals)).toBe(line);
  });
});
