// What the test reports of all packages add up to.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

const REPORT = path.join('reports', 'vitest.json');

/**
 * Removes the reports of earlier runs, so that a package whose tests crash is not counted from an old one.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 */
export function removeReports(root, folders) {
  for (const folder of folders) rmSync(path.join(root, folder, REPORT), { force: true });
}

/**
 * Adds up the reports that exist. A report that failed without a failed test, as when a file does not load, counts as
 * one failure for each such file.
 *
 * @param {string} root
 * @param {readonly string[]} folders
 * @returns {Totals}
 */
export function addReports(root, folders) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const folder of folders) {
    const file = path.join(root, folder, REPORT);
    if (!existsSync(file)) continue;
    const report = JSON.parse(readFileSync(file, 'utf8'));
    totals.passed += report.numPassedTests;
    totals.failed += report.numFailedTests + brokenFiles(report);
    totals.skipped += report.numPendingTests + report.numTodoTests;
  }
  return totals;
}

/**
 * The last line of a test run.
 *
 * @param {Totals} totals
 */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

/** @param {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} report */
function brokenFiles({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
}
