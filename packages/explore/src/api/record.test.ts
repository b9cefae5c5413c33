/** What a viewer is given of a counterexample. */
import {
  Layout,
  SLOT_LIVE,
  buildScenario,
  givenOf,
  fence,
  kfunc,
  lockAcquire,
  lockRelease,
  spinLockWord,
  struct,
  u8,
  write,
  writeOnce,
  type Scenario,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import * as scenarios from '../../scenarios/index.js';
import { checkSync, record, type RecordedThread, type Recording, type SearchResult } from '../index.js';

function recorded(system: System): { result: ReturnType<typeof checkSync>; recording: Recording } {
  const result = checkSync(system, { strategy: 'bfs' });
  if (result.schedule === undefined) throw new Error('expected a counterexample');
  return { result, recording: record(system, result.schedule) };
}

/** What the cells hold after each step, by path. */
function states({ cells, steps }: Recording): Map<string, string>[] {
  const now = new Map(cells.map(({ path, value }) => [path, value]));
  return steps.map(({ wrote }) => {
    for (const [cell, value] of wrote) now.set(cells[cell].path, value);
    return new Map(now);
  });
}

function expectAgreement({ trace = [] }: SearchResult, recording: Recording): void {
  expect(recording.steps).toHaveLength(trace.length);
  const after = states(recording);
  for (const [i, step] of trace.entries()) {
    for (const { target, after: value } of step.changes) expect(after[i].get(target)).toBe(value);
    expect(recording.stacks[recording.steps[i].stack].map(({ func }) => func)).toEqual(step.stack);
  }
}

/** Threads that begin with steps of nobody else's concern, and take locks in both orders, which needs two runs to be seen. */
function invertedLocks(): System {
  const layout = new Layout();
  const [a, b] = ['a', 'b'].map((name) => layout.one(name, spinLockWord));
  const runs = layout.one('runs', u8.ghost());
  const thread = (
    name: string,
    outer: typeof a,
    inner: typeof a,
  ): { name: string; run: () => ReturnType<typeof main> } => {
    const main = kfunc(name, function* () {
      yield* fence('smp_mb');
      yield* write(runs, 1);
      yield* lockAcquire(outer, 'spin_lock');
      yield* lockAcquire(inner, 'spin_lock');
      yield* lockRelease(inner, 'spin_unlock');
      yield* lockRelease(outer, 'spin_unlock');
    });
    return { name, run: () => main() };
  };
  return { layout, threads: [thread('T0', a, b), thread('T1', b, a)] };
}

function lockedPair(): System {
  const layout = new Layout();
  const lock = layout.one('lock', spinLockWord);
  const Thing = struct('thing', { value: u8 });
  const things = layout.slab('thing', Thing, 1);
  const x = layout.one('x', u8);
  layout.one('untouched', u8);
  const first = kfunc('first', function* () {
    yield* lockAcquire(lock, 'spin_lock');
    yield* write(things.states[0], SLOT_LIVE);
    yield* writeOnce(x, 7);
  });
  const second = kfunc('second', function* () {
    yield* lockAcquire(lock, 'spin_lock');
  });
  return {
    layout,
    threads: [
      { name: 'T0', run: () => first() },
      { name: 'T1', run: () => second() },
      { name: 'timer', kind: 'device', run: () => second() },
    ],
    timing: { durationOf: () => 0, cpuOf: (thread) => (thread === 2 ? undefined : thread) },
  };
}

describe('a recording', () => {
  const models = Object.values<unknown>({ ...scenarios }).filter(
    (one): one is Scenario => typeof one === 'object' && one !== null && 'variants' in one,
  );
  const broken = models.flatMap((one) =>
    Object.entries(one.variants).flatMap(([variant, { expect: kind }]) =>
      kind === 'holds' ? [] : [[one.name, variant, one] as const],
    ),
  );

  test.each(broken)('of %s@%s agrees with the trace at every step', (_, variant, scenario) => {
    const { result, recording } = recorded(
      buildScenario(scenario, { checks: () => true, given: givenOf(scenario, variant, 'suite'), variant }),
    );
    expectAgreement(result, recording);
  });

  test('has the steps that a run begins with, in each of several runs', () => {
    const result = checkSync(invertedLocks(), { only: ['lock-order'] });
    const recording = record(invertedLocks(), result.schedule ?? '', ['lock-order']);
    expect(result.trace?.filter(({ op }) => op === 'another run')).toHaveLength(1);
    expect(result.trace?.filter(({ op }) => op === 'smp_mb').length).toBeGreaterThan(1);
    expectAgreement(result, recording);
    expect(recording.cells.find(({ path }) => path === 'runs')?.value).toBe('0');
  });

  test('tells who holds a lock, what is allocated, who waits, on which CPU', () => {
    const { result, recording } = recorded(lockedPair());
    expect(result.violation?.kind).toBe('lock-misuse');
    expect(recording.threads).toEqual([
      { name: 'T0', kind: 'kernel', cpu: 0 },
      { name: 'T1', kind: 'kernel', cpu: 1 },
      { name: 'timer', kind: 'device' },
    ]);
    expect(recording.cells.map(({ path, role, value }) => `${role} ${path}: ${value}`)).toEqual([
      'lock lock: free',
      'object thing#0: not allocated',
      'field x: 0',
    ]);
    expect([...(states(recording).at(-1) ?? [])]).toEqual([
      ['lock', 'held by T0'],
      ['thing#0', 'allocated'],
      ['x', '7'],
    ]);
    const stands = ({ thread, how, op, target }: RecordedThread): string => `${thread} ${how} ${op} ${target}`.trim();
    expect(recording.start.map(stands)).toEqual([
      '0 next spin_lock lock',
      '1 next spin_lock lock',
      '2 next spin_lock lock',
    ]);
    expect(recording.steps[0].threads.map(stands)).toEqual([
      '0 next write thing.state[0]',
      '1 waits spin_lock lock',
      '2 waits spin_lock lock',
    ]);
    expect(recording.steps.at(-1)?.threads.map(stands)).toEqual(['0 ended']);
  });
});
