/** Shrinking, on random programs of threads that repeat: nothing can be left out of what it returns. */
import {
  KernelBug,
  Layout,
  choose,
  defineOperation,
  kfunc,
  readOnce,
  u8,
  writeOnce,
  type Kfunc,
  type MemoryReader,
  type System,
} from '@shootdown/machine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Iterations } from './iterations.js';
import type { Engine } from '../engine/engine.js';
import { unreducedEngine } from '../engine/engines.js';
import { checkSync } from '../index.js';
import { parseSchedule } from './schedule-text.js';
import type { Stretch } from './rounds.js';
import type { Decision } from '../base/schedule.js';
import { withoutRounds } from './shrink-rounds.js';
import { runUntil, shrink, type BreakingRun } from './shrink.js';

/** What a thread does in a round: it picks one of these. */
interface Deed {
  readonly from: number;
  readonly to: number;
  readonly add: number;
}

interface Program {
  /** For each thread, its deeds. */
  readonly threads: readonly (readonly Deed[])[];
  /** What the first two cells must not be at once. */
  readonly bad: readonly [number, number];
}

const CELLS = 3;
/** Cells count modulo this, so that rounds may cancel each other out. */
const MODULUS = 4;
const cell = fc.nat(CELLS - 1);
const deed: fc.Arbitrary<Deed> = fc.record({ from: cell, to: cell, add: fc.nat(MODULUS - 1) });
const program: fc.Arbitrary<Program> = fc.record({
  threads: fc.array(fc.array(deed, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 }),
  bad: fc.tuple(fc.integer({ min: 1, max: MODULUS - 1 }), fc.integer({ min: 1, max: MODULUS - 1 })),
});

function system({ threads, bad }: Program): System {
  const layout = new Layout();
  const cells = layout.array('cell', u8, CELLS);
  const perform = kfunc('perform', function* (from: number, to: number, add: number) {
    const value = yield* readOnce(cells[from]);
    yield* writeOnce(cells[to], (value + add) % MODULUS);
  });
  const round = (deeds: readonly Deed[]): Kfunc<[], void> =>
    kfunc('round', function* () {
      const { from, to, add } = deeds[yield* choose(deeds.length, 'pick deed')];
      yield* perform(from, to, add);
    });
  return {
    layout,
    threads: threads.map((deeds, i) => {
      const run = round(deeds);
      return { name: `T${i}`, run: () => run(), repeat: true };
    }),
    invariants: { good: (memory) => bad.some((value, i) => memory.get(cells[i]) !== value) },
  };
}

/** The numbers of the rounds that the steps of a schedule belong to. */
function roundsOf(engine: Engine, schedule: readonly Decision[]): number[] {
  const iterations = new Iterations(engine);
  engine.reset();
  iterations.begin();
  return schedule.map((action) => {
    const iteration = iterations.of(action.thread);
    engine.take(action);
    iterations.took(action);
    return iteration;
  });
}

/** A run found by chance, and what it is shrunk to. */
function shrunk(model: Program, seed: number): { engine: Engine; long: BreakingRun; short: BreakingRun } | undefined {
  const { verdict, schedule } = checkSync(system(model), { strategy: 'random', seed, maxRuns: 20, shrink: false });
  if (verdict !== 'violated' || schedule === undefined) return undefined;
  const engine = unreducedEngine(system(model), undefined);
  const wanted = { kind: 'invariant', rule: 'good' } as const;
  const long = runUntil(engine, parseSchedule(schedule).schedule, wanted);
  const short = long && shrink(engine, long.schedule, long.bug);
  return long && short && { engine, long, short };
}

test(
  'a shrunk run breaks the same rule, and no step, round or pair of rounds can be left out',
  { timeout: 60_000 },
  () => {
    let tried = 0;
    fc.assert(
      fc.property(program, fc.nat(1000), (model, seed) => {
        const found = shrunk(model, seed);
        if (found === undefined) return;
        tried++;
        const { engine, long, short } = found;
        const { schedule, bug } = short;
        expect(bug.rule).toBe('good');
        expect(schedule.length).toBeLessThanOrEqual(long.schedule.length);
        expect(runUntil(engine, schedule, bug)?.schedule).toEqual(schedule);
        const rounds = roundsOf(engine, schedule);
        const all = [...new Set(rounds)];
        const left = [
          ...schedule.map((_, i) => schedule.filter((__, j) => j !== i)),
          ...all.flatMap((a) => all.map((b) => schedule.filter((_, j) => rounds[j] !== a && rounds[j] !== b))),
        ];
        for (const shorter of left) expect(runUntil(engine, shorter, bug)).toBeUndefined();
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(tried).toBeGreaterThan(15);
  },
);

/** The schedule that a run of whole rounds is shrunk to; each round takes three steps, the first with a choice. */
function shrunkRounds(model: Program, rounds: readonly (readonly [thread: number, choice: number])[]): Decision[] {
  const engine = unreducedEngine(system(model), undefined);
  const schedule = rounds.flatMap(([thread, choice]) => [choice, 0, 0].map((one) => ({ thread, choice: one })));
  const found = runUntil(engine, schedule, { kind: 'invariant', rule: 'good' });
  return [...((found && shrink(engine, found.schedule, found.bug)?.schedule) ?? [])];
}

test('each round and each two rounds are left out in turn, wherever they are', () => {
  const rounds: Stretch[] = [0, 1, 0, 2].map((thread, iteration) => ({
    thread,
    iteration,
    endsRound: true,
    steps: 3,
    choices: [],
  }));
  const tried: string[] = [];
  const isFound = withoutRounds(rounds, (candidate) => {
    tried.push(candidate.map(({ iteration }) => iteration).join(''));
    return tried.length === 10;
  });
  expect(isFound).toBe(true);
  expect(tried.toSorted()).toEqual(['01', '012', '013', '02', '023', '03', '12', '123', '13', '23']);
});

test('a round gives way to one that gets there sooner, and low alternatives come first', () => {
  const step = (add: number): Deed => ({ from: 0, to: 0, add });
  const model: Program = { threads: [[step(0), step(1), step(2)], [{ from: 0, to: 1, add: 1 }]], bad: [3, 0] };
  const rounds = [1, 1, 1].map((choice) => [0, choice] as const);
  expect(shrunkRounds(model, rounds).map(({ choice }) => choice)).toEqual([1, 0, 0, 2, 0, 0]);
});

test('a run whose last step is a bug of its own breaks that rule, and not one of the state after it', () => {
  const layout = new Layout();
  const cell = layout.one('cell', u8);
  const spoils = defineOperation({
    name: 'spoils',
    run: (memory) => {
      memory.set(cell, 1);
      memory.report(new KernelBug('assertion', 'spoilt', 'the cell is spoilt'));
    },
  });
  const main = kfunc('main', function* () {
    if ((yield* choose(2, 'way')) === 0) yield* spoils();
    else yield* writeOnce(cell, 1);
  });
  const intact = (memory: MemoryReader): boolean => memory.get(cell) === 0;
  const threads = [{ name: 'T0', run: () => main() }];
  const engine = unreducedEngine({ layout, threads, invariants: { intact } }, undefined);
  const [byOperation, byWrite] = [0, 1].map((way) => [way, 0].map((choice) => ({ thread: 0, choice })));
  const wanted = { kind: 'invariant', rule: 'intact' } as const;
  expect(runUntil(engine, byOperation, wanted)).toBeUndefined();
  expect(runUntil(engine, byWrite, wanted)?.schedule).toHaveLength(2);
  expect(runUntil(engine, byOperation, { kind: 'assertion', rule: 'spoilt' })?.schedule).toHaveLength(2);
});
