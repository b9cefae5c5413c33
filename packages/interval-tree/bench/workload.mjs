/** What every competitor does: the same intervals, queries and order of removal in every process, from one seed. */

import { env } from 'node:process';

/** Number of intervals, of queries and of removals: 100 000, unless `INTERVAL_TREE_BENCH_COUNT` is another. */
export const COUNT = Number(env.INTERVAL_TREE_BENCH_COUNT ?? 100_000);

const PAGE = 4096;
const PAGES = 2 ** 36;
const LONGEST_IN_PAGES = 1_700_000; // so that a query meets 2.5 intervals on average

/** @param {number} seed - a 32-bit number other than 0 */
function randomFrom(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    const word = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
    return Math.floor(((word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53) * below);
  };
}

/** Page-aligned ranges of a 48-bit address space, closed; `order` is a permutation of the indices. */
export function makeWorkload() {
  const random = randomFrom(20_260_301);
  const ranges = () =>
    Array.from({ length: COUNT }, () => {
      const start = random(PAGES) * PAGE;
      return [start, start + (1 + random(LONGEST_IN_PAGES)) * PAGE - 1];
    });
  const order = Uint32Array.from({ length: COUNT }, (_, i) => i);
  const workload = { intervals: ranges(), queries: ranges(), order };
  for (let i = COUNT - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return workload;
}
