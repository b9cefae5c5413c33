// The task `test:long`: random programs of all kinds, a slow command of the documents, the coverage of a package or whether packages can be
// installed alone, round after round with another seed, for as long as it is given.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { SETUP_LOCK } from './prepare.mjs';
import { root } from './root.mjs';

const USAGE = `usage: npm run test:long -- [--seconds N] [--seed N]

  --seconds  begin no round after so long, default 1800; a round takes about a minute
  --seed     of the first round, default: from the commit, so that every commit is tried with others`;

/** Seeds from here on would make numbers of programs that are too large. */
const SEEDS = 2000;
/** Packages of which one's coverage is measured in every third round, against the floor in the configuration of vitest. */
const COVERED = [
  ...['bits', 'interval-tree', 'kernel', 'litmus', 'lkmm', 'machine', 'mm', 'mmio', 'mmu-notifier', 'powernv-npu'],
  ...['program-points', 'unreached'],
];
/** Seconds in which a round begins to compare programs with the reference. */
const COMPARING = 40;

/**
 * What a round runs: each a command, and what it is told by its environment.
 *
 * @param {number} seed
 * @returns {readonly { command: string, args: readonly string[], env: Readonly<Record<string, string>> }[]}
 */
export function roundOf(seed) {
  const jobs = String(availableParallelism());
  return [
    {
      command: 'node',
      args: [
        'tooling/differential/run.mjs',
        ...['--programs', '100000', '--for', String(COMPARING), '--seed', String(seed), '--jobs', jobs],
      ],
      env: {},
    },
    {
      command: 'vitest',
      args: ['run', '--project', 'explore', 'differential', 'monitors', 'mutations', 'snapshot', 'worker-pool'],
      env: { SHOOTDOWN_PROGRAMS: '60', SHOOTDOWN_SEED: String(seed) },
    },
    {
      command: 'vitest',
      args: ['run', '--project', 'program-points', 'random-programs', 'positions'],
      env: { PROGRAM_POINTS_RUNS: '300', PROGRAM_POINTS_SEED: String(seed) },
    },
    {
      command: 'vitest',
      args: ['run', '--project', 'lkmm', 'checker.property'],
      env: { LKMM_RUNS: '1000' },
    },
    {
      command: 'vitest',
      args: ['run', '--project', 'harness', 'doc-commands', '-t', 'what documents say of the program'],
      env: { SHOOTDOWN_DOC_COMMANDS: String(seed) },
    },
    lastOf(seed),
  ];
}

/**
 * What rounds take turns in.
 *
 * @param {number} seed
 */
function lastOf(seed) {
  const turn = Math.floor(seed / 3);
  switch (seed % 3) {
    case 0:
      return {
        command: 'vitest',
        args: ['run', '--project', 'arm64-asid', 'sampling'],
        env: { SHOOTDOWN_PCT_SEEDS: '6' },
      };
    case 1:
      return {
        command: 'vitest',
        args: ['run', '--coverage', '--project', COVERED[turn % COVERED.length]],
        env: {},
      };
    default:
      return {
        command: 'vitest',
        args: ['run', '--project', 'release', 'installs'],
        env: { SHOOTDOWN_INSTALLS: String(turn) },
      };
  }
}

/**
 * Runs rounds until the time is over, or something fails: then it says how to run that again.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit status
 */
export async function testLong(args) {
  /** @type {{ seconds: number, seed: number }} */
  let settings;
  try {
    settings = settingsOf(args);
  } catch (error) {
    console.error(`test:long: ${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    return 2;
  }
  const { seconds, seed: first } = settings;
  const built = await withLock(SETUP_LOCK, () => runTool('turbo', ['run', 'build', '--output-logs=errors-only']));
  if (built !== 0) return built;
  const end = performance.now() + seconds * 1000;
  let rounds = 0;
  for (; performance.now() < end; rounds++) {
    const seed = (first + rounds) % SEEDS;
    for (const { command, args: rest, env } of roundOf(seed)) {
      const text = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), command, ...rest].join(' ');
      console.log(`\ntest:long: ${text}`);
      if ((await runTool(command, rest, { env })) === 0) continue;
      console.log(`test:long: failed with seed ${seed}; again: npm run test:long -- --seconds 1 --seed ${seed}`);
      return 1;
    }
  }
  console.log(`\ntest:long: ${rounds} rounds from seed ${first}, nothing failed`);
  return 0;
}

/**
 * @param {readonly string[]} args
 */
function settingsOf(args) {
  const option = /** @type {const} */ ({ type: 'string' });
  const { values } = parseArgs({ args: [...args], options: { seconds: option, seed: option } });
  return {
    seconds: numberOf('seconds', values.seconds ?? '1800'),
    seed: numberOf('seed', values.seed ?? seedOfCommit()),
  };
}

/**
 * @param {string} name
 * @param {string} text
 */
function numberOf(name, text) {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= 0) return value;
  throw new RangeError(`--${name}: expected a whole number from 0, got ${JSON.stringify(text)}`);
}

function seedOfCommit() {
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return String(parseInt(commit.slice(0, 8), 16) % SEEDS);
  } catch {
    return '1'; // no repository
  }
}
