/** The state graph, compared with searches that leave nothing out. */
import {
  Layout,
  buildScenario,
  choose,
  kfunc,
  readOnce,
  u8,
  writeOnce,
  type Given,
  type Scenario,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { dekker, peterson } from '../../scenarios/mutual-exclusion.js';
import { philosophers } from '../../scenarios/philosophers.js';
import { checkSync } from './check.js';
import { stateGraph } from './state-graph.js';

function build(scenario: Scenario, variant: string): System {
  const given = Object.fromEntries(
    Object.entries(scenario.given).map(([name, spec]): [string, Given] => [name, spec.default]),
  );
  return buildScenario(scenario, { given, variant, checks: () => true });
}

/** One thread that chooses, and one that looks. */
function chooses(): System {
  const layout = new Layout();
  const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
  const draw = kfunc('draw', function* () {
    yield* writeOnce(x, 1 + (yield* choose(2)));
  });
  const look = kfunc('look', function* () {
    yield* writeOnce(y, yield* readOnce(x));
  });
  return {
    layout,
    threads: [
      { name: 'D', run: () => draw() },
      { name: 'L', run: () => look() },
    ],
    invariants: { 'not 2': (memory) => memory.get(y) !== 2 },
  };
}

const ALL = { reduction: false, symmetry: false } as const;

describe('the states of a model', () => {
  test.each([
    ['dekker', () => build(dekker, 'correct')],
    ['peterson', () => build(peterson, 'correct')],
    ['philosophers', () => build(philosophers, 'ordered')],
  ])('of %s that holds are those of a search, and all can be reached', (_name, make) => {
    const searched = checkSync(make(), ALL);
    expect(searched.verdict).toBe('holds');
    const { states, steps, isWhole } = stateGraph(make(), { maxStates: 20_000 });
    expect([isWhole, states.length, steps.length]).toEqual([true, searched.states, searched.transitions]);
    expect(new Set([0, ...steps.map(({ to }) => to)]).size).toBe(states.length);
    expect(states.filter(({ violation, how }) => violation !== undefined || how === 'stuck')).toEqual([]);
    expect(states.some(({ how }) => how === 'ended')).toBe(true);
  });

  test('tell what they hold, which step leads where, and what is broken', () => {
    const { states, steps } = stateGraph(chooses());
    expect(states[0]).toEqual({ cells: [], how: 'moves' });
    expect(steps.slice(0, 3)).toEqual([
      { from: 0, to: 1, thread: 'D', text: 'choose = 0' },
      { from: 0, to: 2, thread: 'D', text: 'choose = 1' },
      { from: 0, to: 3, thread: 'L', text: 'READ_ONCE x' },
    ]);
    const broken = states.flatMap((state, i) => (state.violation === undefined ? [] : [{ ...state, i }]));
    expect(broken).toEqual([
      {
        cells: [
          ['x', '2'],
          ['y', '2'],
        ],
        how: 'ended',
        violation: { kind: 'invariant', name: 'not 2' },
        i: expect.any(Number) as number,
      },
    ]);
    expect(steps.filter(({ from }) => from === broken[0].i)).toEqual([]);
    const distance = [0];
    for (const { from, to } of steps) distance[to] ??= distance[from] + 1;
    // A draw and its store, a look and its store.
    expect(distance[broken[0].i]).toBe(4);
  });

  test('go on past what does not count', () => {
    const { states } = stateGraph(chooses(), { only: ['deadlock'] });
    expect(states.filter(({ violation }) => violation !== undefined)).toEqual([]);
    expect(states).toHaveLength(checkSync(chooses(), { ...ALL, only: ['deadlock'] }).states);
  });

  test('are no more than wanted', () => {
    expect(stateGraph(chooses(), { maxStates: 3 })).toMatchObject({ isWhole: false });
  });
});
