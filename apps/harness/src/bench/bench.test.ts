import { describe, expect, test } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { caseText } from '../report/bench-text.js';
import { benchCases } from './cases.js';
import type { Measurement } from './measurement.js';
import { runCase, type Bench } from './run-bench.js';
import { parseReport } from './spin.js';

const REPORT = `
State-vector 88 byte, depth reached 72, errors: 0
   940513 states, stored
  1398331 states, matched
  2338844 transitions (= stored+matched)
   376216 atomic steps
hash conflicts:     22460 (resolved)

Stats on memory usage (in Megabytes):
   96.870	equivalent memory usage for states (stored*(State-vector + overhead))
   86.472	actual memory usage for states (compression: 89.27%)
         	state-vector as stored = 76 byte + 20 byte overhead
  128.000	memory used for hash table (-w24)
  457.764	memory used for DFS stack (-m10000000)
  672.092	total actual memory usage

pan: elapsed time 1.05 seconds
`;

const measurement = (seconds: number): Measurement => ({
  seconds,
  processSeconds: seconds + 1,
  states: 10,
  transitions: 20,
  stateBytes: 160,
  peakBytes: 2 ** 20,
});

describe('bench', () => {
  test("reads Spin's report", () => {
    expect(parseReport(REPORT, 2, 0)).toEqual({
      seconds: 1.05,
      processSeconds: 2,
      states: 940513,
      transitions: 2338844,
      stateBytes: (86.472 + 128) * 2 ** 20,
      peakBytes: 672.092 * 2 ** 20,
    });
    expect(() => parseReport(REPORT.replace('errors: 0', 'errors: 1'), 2, 0)).toThrow(
      'expected the report of a search without errors',
    );
  });

  test('runs ours and Spin in turn, takes medians and names the ratios', async () => {
    const order: string[] = [];
    const times = [9, 1, 2, 3, 4];
    const bench: Bench = {
      runOurs: (_, reduction) => {
        order.push(reduction ? 'ours' : 'unreduced');
        return Promise.resolve(measurement(times[Math.floor((order.length - 1) / 4)]));
      },
      spin: {
        compile: (_, partialOrder) => Promise.resolve({ folder: partialOrder ? 'por' : 'plain', flags: [] }),
        run: ({ folder }) => {
          order.push(folder);
          return Promise.resolve(measurement(folder === 'plain' ? 6 : 1.5));
        },
        remove: () => Promise.resolve(),
      },
      progress: () => undefined,
    };
    const result = await runCase(benchCases[0], bench, 5);
    expect(order.slice(0, 8)).toEqual(['ours', 'plain', 'unreduced', 'por', 'ours', 'plain', 'unreduced', 'por']);
    expect(result).toMatchObject({ name: 'toy-5', ratio_to_spin: 0.5, ratio_to_spin_por: 2, ratio_unreduced: 0.5 });
    expect(caseText(result)).toMatch(
      /toy-5 +ours .*\n.*no reduction.*\n.*spin.*\n.*with POR.*\n {2}toy-5 ratio_to_spin 0\.50\n/,
    );
  });

  test('measures ours alone where Spin is not installed', async () => {
    const bench: Bench = { runOurs: () => Promise.resolve(measurement(1)), progress: () => undefined };
    const result = await runCase(benchCases[0], bench, 1);
    expect(Object.keys(result)).toEqual(['name', 'ours', 'oursUnreduced']);
    expect(caseText(result)).not.toContain('ratio');
  });

  test('refuses a filter that matches nothing', async () => {
    const { code, stderr } = await runCli(['bench', '--filter', 'x']);
    expect(code).toBe(2);
    expect(stderr).toContain('--filter: nothing matches "x"; cases: toy-5, atsd-3-2-2, toy-6');
  });
});
