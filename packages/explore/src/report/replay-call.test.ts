import { Layout, kfunc, readOnce, scenario, u8, writeOnce, type Scenario } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { check, prepare, systemOf, type CheckOptions } from '../api/check-model.js';
import { replay } from '../api/replay.js';
import { replayCall } from './replay-call.js';

const lossy = scenario({
  name: 'test/lossy',
  asks: 'Does every increment count?',
  source: 'test',
  given: {
    threads: { default: 2, suite: 1, about: 'threads', min: 1, max: 3 },
    'first-value': { default: 0, about: 'where it begins' },
    note: { default: '', about: 'any text' },
  },
  variants: {
    alone: { expect: 'holds', about: 'one thread', given: { threads: 1 } },
    plain: { expect: 'invariant', rule: 'sum', about: 'read, then write' },
    'it-is': { expect: 'invariant', about: 'the same', only: ['sum'] },
  },
  build({ given }) {
    const layout = new Layout();
    const counter = layout.one('counter', u8);
    const increment = kfunc('increment', function* () {
      yield* writeOnce(counter, (yield* readOnce(counter)) + 1);
    });
    const first = given['first-value'];
    const threads = given.threads;
    return {
      layout,
      init: (memory) => {
        memory.set(counter, first);
      },
      threads: Array.from({ length: threads }, (_, i) => ({ name: `T${i}`, run: () => increment() })),
      finals: { sum: (memory) => memory.get(counter) === first + threads },
    };
  },
});

/** What the printed call does in a program that has the scenario. */
function evaluated(call: string, model: Scenario): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it is code that people are told to paste
  const program = new Function('replay', 'systemOf', 'scenario', `return ${call};`) as (...args: unknown[]) => unknown;
  return program(replay, systemOf, model);
}

describe('the call that replays', () => {
  const options: [string, CheckOptions][] = [
    ["replay(systemOf(scenario, { variant: 'plain' }), 'S')", { variant: 'plain' }],
    ["replay(systemOf(scenario, { given: { threads: 3 } }), 'S')", { given: { threads: 3 } }],
    [
      `replay(systemOf(scenario, { variant: 'plain', given: { 'first-value': 4, note: 'it\\'s \\\\' } }), 'S')`,
      { variant: 'plain', given: { 'first-value': 4, note: "it's \\" } },
    ],
    ["replay(systemOf(scenario, { variant: 'it-is', only: ['sum'] }), 'S', ['sum'])", { variant: 'it-is' }],
    [
      "replay(systemOf(scenario, { variant: 'plain', only: ['deadlock', 'sum'] }), 'S', ['deadlock', 'sum'])",
      { variant: 'plain', only: ['deadlock', 'sum'] },
    ],
  ];
  test.each(options)('%s', async (text, asked) => {
    const prepared = prepare(lossy, asked);
    const { only } = prepared.search;
    expect(replayCall(prepared.asked, only, 'S')).toBe(text);
    const { schedule = '' } = await check(lossy, asked);
    expect(evaluated(replayCall(prepared.asked, only, schedule), lossy)).toMatchObject({
      violation: { kind: 'invariant', name: 'sum' },
    });
  });

  test('of a system leaves building it to its caller', () => {
    expect(replayCall(undefined, undefined, '1.a.b')).toBe("replay(system, '1.a.b')");
  });
});
