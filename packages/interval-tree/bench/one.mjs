/** Runs one competitor, named by the argument, in a process of its own and prints its times as JSON. */
import { performance } from 'node:perf_hooks';
import { argv } from 'node:process';
import { competitors } from './competitors.mjs';
import { makeWorkload } from './workload.mjs';

const WARM_UPS = 2;
const ROUNDS = 5;
/** No further round is begun after this time, for competitors that need seconds for one. */
const ENOUGH_MS = 3000;

/** Counts and adds up what queries find, so that all competitors can be seen to answer alike. */
class Found {
  matches = 0;
  sum = 0;

  add(id) {
    this.matches++;
    this.sum += id;
  }
}

function runRound(phases) {
  const found = new Found();
  const start = performance.now();
  phases.insert();
  const inserted = performance.now();
  phases.query(found);
  const queried = performance.now();
  const missed = phases.remove();
  const removed = performance.now();
  return { insert: inserted - start, query: queried - inserted, remove: removed - queried, ...found, missed };
}

const startRound = competitors[argv[2]](makeWorkload());
const begin = performance.now();
const rounds = [];
while (rounds.length < WARM_UPS + ROUNDS && (rounds.length === 0 || performance.now() - begin < ENOUGH_MS)) {
  rounds.push(runRound(startRound()));
}
// A competitor that is stopped in its first rounds has run for seconds: that has warmed the compiler up as well.
console.log(JSON.stringify(rounds.length > WARM_UPS ? rounds.slice(WARM_UPS) : rounds.slice(-1)));
