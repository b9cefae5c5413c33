/** A process of its own that answers all litmus tests of a folder. */
import process from 'node:process';
import { CURRENT_RULES } from '@shootdown/lkmm';
import { findTests } from '../litmus/find-tests.js';
import { testJson } from '../litmus/litmus-json.js';
import { runTest } from '../litmus/run-test.js';

const [, , folder, seconds] = process.argv;
const question = { rules: CURRENT_RULES, models: [] };
const results = (findTests(folder, process.cwd())?.tests ?? []).map((test) => {
  const before = process.cpuUsage();
  const deadline = performance.now() + Number(seconds) * 1000;
  const result = runTest(test, question, { deadline, stopAt: () => Infinity });
  const { user, system } = process.cpuUsage(before);
  return { ...testJson(result), cpuSeconds: (user + system) / 1e6 };
});
process.stdout.write(JSON.stringify(results));
