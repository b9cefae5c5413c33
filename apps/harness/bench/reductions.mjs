/**
 * States and seconds of each reduction, next to Spin with and without its own: prints the tables of docs/reductions.md.
 * Usage: node bench/reductions.mjs [seconds a search may take, default 60]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Seconds that Spin tells of at least. */
const LEAST = 0.01;
const LIMIT = Number(process.argv[2] ?? 60);
const CLI = path.join(import.meta.dirname, '../dist/cli.js');
const MODELS = path.join(import.meta.dirname, '../../../bench/spin');

/** What is left on in each column. */
const WAYS = {
  plain: ['--no-reduction', '--no-symmetry'],
  'schedule points': ['--no-symmetry', '--no-partial-order'],
  'and partial order': ['--no-symmetry'],
  'symmetry alone': ['--no-reduction'],
  all: [],
};

const ROWS = [
  ...[4, 5, 6, 7, 8].map((threads) => ({
    name: `philosophers, ordered, ${threads} threads, 2 rounds`,
    ours: ['locks/philosophers@ordered', '--set', `threads=${threads},rounds=2`],
    spin: { file: 'philosophers.pml', defines: [`N=${threads}`, 'ROUNDS=2', 'ORDERED'] },
  })),
  ...[3, 4, 5, 6].map((threads) => atsd(threads, 1, 1)),
  ...[3, 4, 5, 6].map((threads) => atsd(threads, 2, 2)),
];

function atsd(threads, npus, regs) {
  return {
    name: `ATSD, ${threads} threads, ${npus} NPU, ${regs} register${regs === 1 ? '' : 's'}`,
    ours: [
      ...['npu/atsd-shootdown', '--set', `threads=${threads},npus=${npus},regs=${regs},rounds=0,gpus=0`],
      ...['--only', 'deadlock,single-holder'],
    ],
    spin: { file: 'npu-atsd.pml', defines: [`T=${threads}`, `N=${npus}`, `R=${regs}`, 'FIXED=1', 'ROUNDS=0'] },
  };
}

const oneCore = ['taskset', '-c', '0'];

function ours(args, flags) {
  const command = [CLI, 'check', ...args, ...flags, '--max-seconds', String(LIMIT), '--json'];
  const { stdout } = spawnSync(oneCore[0], [...oneCore.slice(1), process.execPath, ...command], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const { verdict, states, seconds } = JSON.parse(stdout);
  return { states, seconds, isWhole: verdict === 'holds' };
}

function spin({ file, defines }, isReducing) {
  const folder = mkdtempSync(path.join(tmpdir(), 'shootdown-reductions-'));
  try {
    cpSync(path.join(MODELS, file), path.join(folder, file));
    execFileSync('spin', ['-o2', ...defines.map((define) => `-D${define}`), '-a', file], { cwd: folder });
    const flags = ['-O2', '-w', '-DSAFETY', '-DMEMLIM=8000', ...(isReducing ? [] : ['-DNOREDUCE'])];
    execFileSync('gcc', [...flags, '-o', 'pan', 'pan.c'], { cwd: folder });
    const command = ['timeout', '-s', 'INT', String(LIMIT), './pan', '-n', '-m10000000'];
    const { stdout } = spawnSync(oneCore[0], [...oneCore.slice(1), ...command], { cwd: folder, encoding: 'utf8' });
    // Both tell of the search alone; Spin says nothing where that took less than a hundredth of a second.
    const seconds = Number(/elapsed time ([\d.]+) seconds/.exec(stdout)?.[1] ?? 0) || LEAST;
    const states = Number(/^\s*(\d+) states, stored/m.exec(stdout)?.[1] ?? NaN);
    return {
      states,
      seconds,
      isWhole: !/Search not completed|Interrupted|max search depth|out of memory/.test(stdout),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const count = (n) => (Number.isNaN(n) ? '?' : n.toLocaleString('en-US'));
const cell = ({ states, seconds, isWhole }) =>
  isWhole ? `${count(states)}, ${seconds.toFixed(2)} s` : `over ${count(states)}, not ended in ${LIMIT} s`;

console.log(
  `| | ${Object.keys(WAYS).join(' | ')} | Spin | Spin, partial order | all ours by Spin's best: states, time |`,
);
console.log(`|${' --- |'.repeat(Object.keys(WAYS).length + 4)}`);
for (const row of ROWS) {
  const found = Object.values(WAYS).map((flags) => ours(row.ours, flags));
  const theirs = [spin(row.spin, false), spin(row.spin, true)];
  const all = found.at(-1);
  const whole = theirs.filter(({ isWhole }) => isWhole);
  const best = whole.toSorted((a, b) => a.seconds - b.seconds)[0];
  const ratio =
    all.isWhole && best !== undefined
      ? `${(all.states / best.states).toFixed(3)}, ${(all.seconds / best.seconds).toFixed(2)}`
      : '';
  console.log(`| ${row.name} | ${[...found, ...theirs].map(cell).join(' | ')} | ${ratio} |`);
}
