/** What is derived of a counterexample before it is shown. */
import { describe, expect, test } from 'vitest';
import { longReport } from '../../fixtures/long-report.js';
import { Run } from './run.js';
import { hashOf, listed, selectionIn } from './selection.js';
import { waitsOf } from '../waits.js';
import { circleOf } from './circle.js';

const NO_FILTER = { text: '', thread: '', func: '', field: '' };

describe('a run', () => {
  const report = longReport(1000);
  const run = new Run(report);

  test('has the same state at every position as one that was stepped there', () => {
    const values = run.cells.map(({ value }) => value);
    const threads = [...run.recording.start];
    for (const [i, { wrote, threads: states }] of run.recording.steps.entries()) {
      for (const [cell, value] of wrote) values[cell] = value;
      for (const state of states) threads[state.thread] = state;
      expect(run.valuesAt(i + 1)).toEqual(values);
      expect(run.threadsAt(i + 1)).toEqual(threads);
    }
    expect(run.valuesAt(0)).toEqual(run.cells.map(({ value }) => value));
  });

  test('tells from whom a step read and who read what it wrote, until it is written again', () => {
    expect(run.flowsAt(100)).toEqual({
      from: [{ cell: 95 % 40, from: 96, to: 100 }],
      to: [{ cell: 99 % 40, from: 100, to: 104 }],
    });
    expect(run.flowsAt(2)).toEqual({ from: [{ cell: 37, from: 0, to: 2 }], to: [{ cell: 1, from: 2, to: 6 }] });
    expect(run.flowsAt(0)).toEqual({ from: [], to: [] });
  });

  test('lists what matters, or all, of one thread, function or field, or with a text', () => {
    expect(listed(run, { ...NO_FILTER, all: false })).toHaveLength(100);
    expect(listed(run, { ...NO_FILTER, all: true })).toHaveLength(1000);
    expect(listed(run, { ...NO_FILTER, all: true, thread: 'T1' })[0]).toBe(2);
    expect(listed(run, { ...NO_FILTER, all: true, field: 'cell[3]' })).toHaveLength(25);
    expect(listed(run, { ...NO_FILTER, all: true, func: 'main' })).toHaveLength(1000);
    expect(listed(run, { ...NO_FILTER, all: true, text: 'CELL[39]' })).toHaveLength(25);
  });

  test('is the same behind a link as it was', () => {
    const selection = { position: 17, all: true, text: 'a b&c=#', thread: 'T1', func: 'main', field: 'cell[3]' };
    expect(selectionIn(hashOf(selection), run)).toEqual(selection);
    expect(selectionIn('#step=1e9', run)).toEqual({ ...NO_FILTER, position: 1, all: false });
    expect(selectionIn('#step=-1&all', run)).toMatchObject({ position: 1, all: true });
  });
});

describe('a run that gets nowhere', () => {
  const access = { func: 'f', op: 'spin_lock', before: '', after: '', result: '', holding: [], stack: [] };

  test('has a wait-for graph at a deadlock', () => {
    const run = new Run({
      ...longReport(3),
      violation: { kind: 'deadlock', name: 'deadlock', message: '' },
      evidence: [
        { ...access, role: 'wait', thread: 'A', target: 'y', step: 4 },
        { ...access, role: 'lock held', thread: 'B', target: 'y', step: 2 },
        { ...access, role: 'wait', thread: 'B', target: 'x', step: 4 },
      ],
    });
    expect(waitsOf(run.report)).toEqual([
      { waiter: 'A', holder: 'B', target: 'y', step: 2 },
      { waiter: 'B', holder: '', target: 'x', step: 0 },
    ]);
    expect(run.breaking).toBe(0);
  });

  test('has a circle at a livelock, behind the last mark', () => {
    const { trace = [], ...rest } = longReport(5);
    const run = new Run({
      ...rest,
      trace: trace.map((step, i) => (i === 2 ? { ...step, thread: '', op: 'for ever from here' } : step)),
      violation: { kind: 'livelock', name: 'livelock', message: '' },
    });
    expect(circleOf(run)).toEqual([4, 5]);
  });
});
