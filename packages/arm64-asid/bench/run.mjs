/**
 * Ours and Spin, in one run: pinning with the last CPU held back (`env=first-shot`), and the specification kernel-tla.
 *
 *     pnpm run --silent bench [--json] [--repeats N] [--max-seconds N]
 *
 * Every search runs in a process of its own, in turns with Spin's. A time is the median, of the search alone: of ours with what it
 * takes to learn the model, of Spin's without what it takes to generate and compile the verifier, which is printed beside it.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { argv, execPath, exit, version } from 'node:process';
import { parseArgs } from 'node:util';
import { missingPrograms, runSpin } from './spin.mjs';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    json: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '3' },
    'max-seconds': { type: 'string', default: '120' },
  },
});
const [repeats, maxSeconds] = [Number(values.repeats), Number(values['max-seconds'])];
if (!Number.isInteger(repeats) || repeats < 1 || !(maxSeconds > 0)) {
  console.error('bench: expected --repeats to be a positive integer and --max-seconds a positive number');
  exit(2);
}

function ours(scenario, variant, set, options) {
  const request = JSON.stringify({ scenario, variant, set, options: { ...options, maxSeconds } });
  return JSON.parse(execFileSync(execPath, [join(import.meta.dirname, 'search.mjs'), request], { encoding: 'utf8' }));
}

const pinning = (variant, options) => () =>
  ours('asid/pinning', variant, { env: 'first-shot', generations: 3 }, options);
const specification = (options) => () => ours('asid/kernel-tla', 'spec', { tasks: 2 }, options);
const SHOT = ['FIRSTSHOT', 'NCPU=2', 'NT=5', 'NA=5', 'NG=3', 'NPIN=1'];
const LABELS = 'asid-labels.pml';
const spinOf = (model, defines, compiled) => () => runSpin(model, defines, compiled);

/** By searcher and by what it leaves out; Spin's are compared with the first of ours. A model with symmetries is searched
 * without partial order unless asked for. */
const CASES = [
  {
    name: 'v2, exhausted',
    ours: {
      'as shipped': pinning('v2', {}),
      'with partial order': pinning('v2', { partialOrder: true }),
      'no dead answers': pinning('v2', { deadAnswers: true }),
      'no symmetry': pinning('v2', { symmetry: false }),
      'no reduction': pinning('v2', { reduction: false }),
      none: pinning('v2', { reduction: false, symmetry: false }),
    },
    spin: {
      plain: spinOf(LABELS, [...SHOT, 'FIXED=1'], ['-DNOREDUCE']),
      'FRESH=1': spinOf(LABELS, [...SHOT, 'FIXED=1', 'FRESH=1'], ['-DNOREDUCE']),
      'partial order': spinOf('asid-pinning.pml', [...SHOT, 'FIXED=1'], []),
      'partial order, FRESH=1': spinOf('asid-pinning.pml', [...SHOT, 'FIXED=1', 'FRESH=1'], []),
    },
  },
  {
    name: 'v1, shortest counterexample',
    ours: {
      bfs: pinning('v1', { strategy: 'bfs' }),
      'bfs, no dead answers': pinning('v1', { strategy: 'bfs', deadAnswers: true }),
    },
    spin: { bfs: spinOf(LABELS, [...SHOT, 'FIXED=0'], ['-DBFS', '-DNOREDUCE']) },
  },
  {
    name: 'kernel-tla, every state, 2 tasks',
    ours: { none: specification({ reduction: false, symmetry: false }), 'as shipped': specification({}) },
    spin: {
      plain: spinOf(LABELS, ['NCPU=2', 'NT=2', 'NA=4', 'NG=2', 'NPIN=0', 'TTU=1'], ['-DNOREDUCE']),
    },
  },
];

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

function measure({ name, ours: mine, spin }, withSpin) {
  const runners = [
    ...Object.entries(mine).map(([how, run]) => ['ours', how, run]),
    ...(withSpin ? Object.entries(spin).map(([how, run]) => ['spin', how, run]) : []),
  ];
  const turns = Array.from({ length: repeats }, () => runners.map(([, , run]) => run()));
  const rows = runners.map(([who, how], i) => ({
    who,
    how,
    ...turns[0][i],
    seconds: median(turns.map((turn) => turn[i].seconds)),
    ...(who === 'spin' && {
      preparation: median(turns.map((turn) => turn[i].preparation)),
      ratio: median(turns.map((turn) => turn[0].seconds / turn[i].seconds)),
      ratioPrepared: median(turns.map((turn) => turn[0].seconds / (turn[i].seconds + turn[i].preparation))),
    }),
  }));
  return { name, rows };
}

function print({ name, rows }) {
  console.log(`\n${name}`);
  for (const { who, how, verdict, states, transitions, depth, seconds, preparation, ratio, ratioPrepared } of rows) {
    const cells = [states, transitions, depth].map((n) => n.toLocaleString('en').padStart(12));
    const compared =
      ratio === undefined
        ? ''
        : `   ours / this ${ratio.toFixed(2)}   made ready in ${preparation.toFixed(2)} s, ours / both ${ratioPrepared.toFixed(2)}`;
    console.log(
      `  ${who.padEnd(5)}${how.padEnd(23)}${verdict.padEnd(9)}${cells.join('')}${seconds.toFixed(2).padStart(9)} s${compared}`,
    );
  }
}

const missing = missingPrograms();
const machine = `node ${version}; ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`;
if (!values.json) {
  console.log(`${machine}; medians of ${repeats}; states, transitions, depth or length, seconds`);
  if (missing.length > 0) console.log(`without Spin: ${missing.join(' and ')} not installed`);
}
const results = CASES.map((each) => {
  const result = measure(each, missing.length === 0);
  if (!values.json) print(result);
  return result;
});
if (values.json) console.log(JSON.stringify({ machine, repeats, missing, cases: results }, null, 2));
