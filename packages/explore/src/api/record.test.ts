/** What a viewer is given of a counterexample. */
import {
  Layout,
  SLOT_LIVE,
  buildScenario,
  givenOf,
  kfunc,
  lockAcquire,
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
import { checkSync, record, type RecordedThread, type Recording } from '../index.js';

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
    const { trace = [] } = result;
    expect(recording.steps).toHaveLength(trace.length);
    const after = states(recording);
    for (const [i, step] of trace.entries()) {
      for (const { target, after: value } of step.changes) expect(after[i].get(target)).toBe(value);
      expect(recording.stacks[recording.steps[i].stack].map(({ func }) => func)).toEqual(step.stack);
    }
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
