/**
 * What one switch costs through the direct facade, at 16 bits of ASID.
 *
 *     pnpm run --silent bench:facade [--json] [--rounds N]
 *
 * `fast` goes back and forth between two address spaces that have their ASIDs, `slow` runs a new one each time, rollovers
 * included. A figure is the processor time of a round divided by its switches: the least and the median over all rounds.
 */
import { cpus } from 'node:os';
import { argv, cpuUsage, exit, version } from 'node:process';
import { parseArgs } from 'node:util';
import { AsidAllocator, AsidMm } from '../dist/index.js';

const SWITCHES = 20_000;
const WARM_UPS = 3;

const { values } = parseArgs({
  args: argv.slice(2),
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '30' } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`bench: expected --rounds to be a positive integer, got ${values.rounds}`);
  exit(2);
}

const allocator = new AsidAllocator({ cpus: 4, asidBits: 16 });
const known = [new AsidMm(), new AsidMm()];

const paths = {
  fast: (i) => allocator.checkAndSwitchContext(known[i & 1], 0),
  slow: () => allocator.checkAndSwitchContext(new AsidMm(), 0),
};

/** Nanoseconds a switch, of each round; fails when a switch of the fast path was slow or the other way round. */
function measure(name) {
  for (const mm of known) allocator.checkAndSwitchContext(mm, 0);
  const perSwitch = [];
  for (let round = 0; round < WARM_UPS + rounds; round++) {
    let slow = 0;
    const start = cpuUsage();
    for (let i = 0; i < SWITCHES; i++) if (paths[name](i).isSlow) slow++;
    const { user, system } = cpuUsage(start);
    if (slow !== (name === 'slow' ? SWITCHES : 0))
      throw new Error(`${name}: ${slow} of ${SWITCHES} switches took the lock`);
    if (round >= WARM_UPS) perSwitch.push(((user + system) * 1000) / SWITCHES);
  }
  const sorted = perSwitch.toSorted((a, b) => a - b);
  return { path: name, least: Math.round(sorted[0]), median: Math.round(sorted[sorted.length >> 1]) };
}

const nanoseconds = Object.keys(paths).map(measure);
if (values.json) {
  console.log(
    JSON.stringify(
      { node: version, cpu: cpus()[0]?.model ?? 'unknown', rounds, switches: SWITCHES, nanoseconds },
      null,
      2,
    ),
  );
} else {
  console.log(
    `ns a switch, 16 bits, ${rounds} rounds of ${SWITCHES}; node ${version}; ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  for (const { path, least, median } of nanoseconds) console.log(`${path.padEnd(6)} least ${least}, median ${median}`);
}
