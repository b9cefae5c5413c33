/**
 * Compares the tree with other JavaScript trees and with the same algorithm in C.
 *
 *     pnpm run --silent bench [--json] [--repeats N]
 *
 * `INTERVAL_TREE_BENCH_COUNT=1000` in the environment takes so many intervals instead of 100 000.
 *
 * Every competitor runs in processes of its own, in turns, so that a busy machine slows all alike. A time is the median
 * over all rounds; a ratio is the median, over the turns, of our time divided by the competitor's in the same turn.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath, exit, version } from 'node:process';
import { parseArgs } from 'node:util';
import { competitors } from './competitors.mjs';
import { COUNT, makeWorkload } from './workload.mjs';

const PHASES = ['insert', 'query', 'remove'];
const COMPILER = 'gcc';
const C = `C, ${COMPILER} -O2`;
const C_ROUNDS = 5;

const { values } = parseArgs({
  args: argv.slice(2),
  options: { json: { type: 'boolean', default: false }, repeats: { type: 'string', default: '5' } },
});
const repeats = Number(values.repeats);
if (!Number.isInteger(repeats) || repeats < 1) {
  console.error(`bench: expected --repeats to be a positive integer, got ${values.repeats}`);
  exit(2);
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function runJavaScript(name) {
  return JSON.parse(execFileSync(execPath, [join(import.meta.dirname, 'one.mjs'), name], { encoding: 'utf8' }));
}

/** Compiles the C program; returns what runs it, or why it cannot run. */
function prepareC(folder) {
  const program = join(folder, 'interval-tree');
  try {
    execFileSync(COMPILER, ['-O2', '-o', program, join(import.meta.dirname, 'interval-tree.c')], { stdio: 'pipe' });
  } catch (error) {
    return {
      skipped:
        error.code === 'ENOENT'
          ? `${COMPILER} is not installed`
          : `${COMPILER} failed: ${error.stderr ?? error.message}`,
    };
  }
  const { intervals, queries, order } = makeWorkload();
  const numbers = [COUNT, C_ROUNDS, ...intervals.flat(), ...queries.flat(), ...order];
  const input = Buffer.from(BigUint64Array.from(numbers, BigInt).buffer);
  return { run: () => roundsOfC(execFileSync(program, { input, encoding: 'utf8' })) };
}

function roundsOfC(output) {
  return output
    .trim()
    .split('\n')
    .map((line) => {
      const [insert, query, remove, matches, sum] = line.split(' ').map(Number);
      return { insert: insert / 1e6, query: query / 1e6, remove: remove / 1e6, matches, sum };
    });
}

function measure(runners) {
  const turns = [];
  for (let turn = 0; turn < repeats; turn++) {
    turns.push(Object.fromEntries(Object.entries(runners).map(([name, run]) => [name, run()])));
  }
  return turns;
}

function checkAnswers(turns) {
  const [expected] = turns[0].ours;
  for (const [name, rounds] of turns.flatMap((turn) => Object.entries(turn))) {
    const wrong = rounds.find(({ matches, sum }) => matches !== expected.matches || sum !== expected.sum);
    if (wrong)
      throw new Error(
        `${name}: expected ${expected.matches} matches (sum ${expected.sum}), got ${wrong.matches} (${wrong.sum})`,
      );
  }
}

/** Competitors that answered all queries but did not manage to remove everything. */
function flawsOf(turns) {
  return Object.keys(turns[0])
    .map((name) => ({
      name,
      missed: Math.max(...turns.flatMap((turn) => turn[name].map((round) => round.missed ?? 0))),
    }))
    .filter(({ missed }) => missed > 0)
    .map(({ name, missed }) => ({ name, flaw: `failed to remove ${missed} of ${COUNT} intervals` }));
}

function report(turns, skipped) {
  const names = Object.keys(turns[0]);
  const timeOf = (turn, name, phase) => median(turn[name].map((round) => round[phase]));
  return {
    node: version,
    cpu: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`,
    intervals: COUNT,
    matches: turns[0].ours[0].matches,
    repeats,
    skipped,
    flaws: flawsOf(turns),
    milliseconds: names.map((name) => ({
      name,
      ...Object.fromEntries(
        PHASES.map((phase) => [phase, median(turns.flatMap((turn) => turn[name].map((r) => r[phase])))]),
      ),
    })),
    ratios: names
      .filter((name) => name !== 'ours')
      .map((name) => ({
        name: `ours / ${name}`,
        ...Object.fromEntries(
          PHASES.map((phase) => [phase, median(turns.map((t) => timeOf(t, 'ours', phase) / timeOf(t, name, phase)))]),
        ),
      })),
  };
}

function print({ node, cpu, intervals, matches, skipped, flaws, milliseconds, ratios }) {
  const row = (name, cells) => console.log(name.padEnd(36) + cells.map((cell) => cell.padStart(10)).join(''));
  console.log(
    `${intervals} random intervals, ${matches} matches; node ${node}; ${cpu}; medians of ${repeats} processes each\n`,
  );
  row('milliseconds', PHASES);
  for (const one of milliseconds)
    row(
      one.name,
      PHASES.map((phase) => one[phase].toFixed(1)),
    );
  console.log();
  row('ratio of times, below 1 is faster', PHASES);
  for (const one of ratios)
    row(
      one.name,
      PHASES.map((phase) => one[phase].toFixed(2)),
    );
  for (const { name, flaw } of flaws) console.log(`\nnote: ${name} ${flaw}`);
  for (const { name, reason } of skipped) console.log(`\nskipped: ${name}: ${reason}`);
}

const folder = mkdtempSync(join(tmpdir(), 'interval-tree-bench-'));
try {
  const c = prepareC(folder);
  const [ours, ...others] = Object.keys(competitors).map((name) => [name, () => runJavaScript(name)]);
  const runners = Object.fromEntries([ours, ...(c.run ? [[C, c.run]] : []), ...others]);
  const turns = measure(runners);
  checkAnswers(turns);
  const result = report(turns, c.run ? [] : [{ name: C, reason: c.skipped }]);
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else print(result);
} finally {
  rmSync(folder, { recursive: true });
}
