import { describe, expect, test } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { chromeTrace, type TraceEvent } from './chrome-trace.js';
import type { ReportJson } from './report-json.js';

async function reportOf(...args: string[]): Promise<ReportJson> {
  const { stdout } = await runCli(['check', ...args, '--json']);
  return JSON.parse(stdout) as ReportJson;
}

const end = ({ ts, dur = 0 }: TraceEvent): number => ts + dur;

describe.each(['test/two-registers@opposite', 'test/two-registers@careless'])('the trace of %s', (name) => {
  test('has a slice for each step, on the track of its thread', async () => {
    const report = await reportOf(name);
    const { traceEvents } = chromeTrace(report);
    const names = new Map(
      traceEvents.flatMap(({ ph, name: what, tid, args }) =>
        ph === 'M' && what === 'thread_name' ? [[tid, args?.['name']] as const] : [],
      ),
    );
    const steps = traceEvents.filter(({ cat = '' }) => cat.startsWith('step'));
    expect(steps.map(({ tid, args }) => [names.get(tid), args?.['step']])).toEqual(
      report.trace?.map(({ thread, step }) => [thread, step]),
    );
  });

  test('has slices that lie in each other or side by side, and each step in its functions', async () => {
    const report = await reportOf(name);
    const { traceEvents } = chromeTrace(report);
    const slices = traceEvents.filter(({ ph }) => ph === 'X');
    for (const a of slices)
      for (const b of slices) {
        if (a === b || a.tid !== b.tid || b.ts < a.ts) continue;
        expect(b.ts >= end(a) || end(b) <= end(a) || (b.ts === a.ts && end(a) <= end(b))).toBe(true);
      }
    for (const [i, { stack, thread }] of (report.trace ?? []).entries()) {
      const around = slices.filter(
        ({ cat, ts, ...slice }) => cat === 'function' && ts <= i && end({ ts, ...slice }) >= i + 1,
      );
      const step = slices.find(({ cat = '', ts }) => cat.startsWith('step') && ts === i);
      const own = around.filter(({ tid }) => tid === step?.tid).map(({ name: func }) => func);
      expect([thread, own.toSorted()]).toEqual([thread, stack.toSorted()]);
    }
  });

  test('has flows that begin at a store and end at a load of another thread', async () => {
    const { traceEvents } = chromeTrace(await reportOf(name));
    const begins = traceEvents.filter(({ ph }) => ph === 's');
    expect(begins.length).toBeGreaterThan(0);
    for (const { id, tid, ts, name: cell } of begins) {
      const ends = traceEvents.filter((event) => event.ph === 'f' && event.id === id);
      expect(ends).toMatchObject([{ name: cell, bp: 'e' }]);
      expect(ends[0].tid).not.toBe(tid);
      expect(ends[0].ts).toBeGreaterThan(ts);
    }
  });
});

test('a trace without a recording has its steps still', async () => {
  const { recording: _, ...report } = await reportOf('test/two-registers@opposite');
  const { traceEvents } = chromeTrace(report);
  expect(traceEvents.filter(({ cat = '' }) => cat.startsWith('step'))).toHaveLength(report.trace?.length ?? 0);
});
