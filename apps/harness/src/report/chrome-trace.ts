/**
 * A counterexample in the Trace Event Format, which ui.perfetto.dev and chrome://tracing open: a track for each thread, slices for
 * functions and in them for steps, flows from who stored a value to another thread that read it. A step takes a microsecond, for a
 * schedule knows no time.
 */
import type { ReportJson } from './report-json.js';
import { valueFlows } from './value-flows.js';

/** Phases of {@link TraceEvent}: complete slice, begin and end of a flow, instant, metadata. */
type Phase = 'X' | 's' | 'f' | 'i' | 'M';

/** One event. Times are in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: Phase;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly cat?: string;
  readonly dur?: number;
  /** Of a flow: what its begin and end have in common. */
  readonly id?: number;
  /** Of the end of a flow: the slice that encloses it. */
  readonly bp?: 'e';
  /** Of an instant: how much of the picture it concerns. */
  readonly s?: 't' | 'p' | 'g';
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A trace, as it stands in its file. */
export interface ChromeTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ns';
  readonly otherData: Readonly<Record<string, string>>;
}

type Step = NonNullable<ReportJson['trace']>[number];
type Recording = NonNullable<ReportJson['recording']>;

const PROCESSES = { kernel: 1, daemon: 2, device: 3 } as const;
const PROCESS_NAMES = { kernel: 'kernel threads', daemon: 'daemons', device: 'devices' } as const;

/** Microseconds of a step. Its slice is a little shorter, so that slices side by side can be told apart. */
const STEP = 1;
const SLICE = 0.9;

/** The trace of a report. */
export function chromeTrace(report: ReportJson): ChromeTrace {
  const { scenario, variant, trace = [], recording, violation, replay } = report;
  const tracks = new Tracks(trace, recording);
  const events = [
    ...tracks.metadata(),
    ...functionSlices(trace, recording, tracks),
    ...trace.flatMap((step, i) => (step.thread === '' ? [] : [stepSlice(step, i, tracks)])),
    ...(recording === undefined ? [] : flows(trace, recording, tracks)),
    ...breach(report, tracks),
  ];
  return {
    traceEvents: events,
    displayTimeUnit: 'ns',
    otherData: {
      scenario: `${scenario}@${variant}`,
      ...(violation !== undefined && { violation: `${violation.kind}: ${violation.message}` }),
      ...(replay !== undefined && { replay }),
    },
  };
}

/** Which track is whose. */
class Tracks {
  readonly #places = new Map<string, { readonly pid: number; readonly tid: number }>();
  readonly #kinds: ReadonlySet<keyof typeof PROCESSES>;

  constructor(trace: readonly Step[], recording: Recording | undefined) {
    const threads =
      recording?.threads ??
      [...new Set(trace.map(({ thread }) => thread))].map((name) => ({ name, kind: 'kernel' as const }));
    this.#kinds = new Set(threads.map(({ kind }) => kind));
    for (const [i, { name, kind }] of threads.entries()) this.#places.set(name, { pid: PROCESSES[kind], tid: i + 1 });
  }

  of(thread: string): { readonly pid: number; readonly tid: number } {
    const place = this.#places.get(thread);
    if (place === undefined) throw new Error(`the trace has a step of ${thread}, which is none of its threads`);
    return place;
  }

  /** The names of all tracks. */
  metadata(): TraceEvent[] {
    const named = (name: string, place: { pid: number; tid: number }, value: string): TraceEvent => ({
      name,
      ph: 'M',
      ts: 0,
      ...place,
      args: { name: value },
    });
    return [
      ...[...this.#kinds].map((kind) => named('process_name', { pid: PROCESSES[kind], tid: 0 }, PROCESS_NAMES[kind])),
      ...[...this.#places].map(([name, place]) => named('thread_name', place, name)),
    ];
  }
}

/** A slice for each call, from the first step in it to the last. */
function functionSlices(trace: readonly Step[], recording: Recording | undefined, tracks: Tracks): TraceEvent[] {
  const open = new Map<string, { readonly func: string; readonly from: number }[]>();
  const last = new Map<string, number>();
  const slices: TraceEvent[] = [];
  const close = (thread: string, depth: number): void => {
    const calls = open.get(thread) ?? [];
    const end = ((last.get(thread) ?? 0) + 1) * STEP;
    for (const { func, from } of calls.splice(depth).toReversed())
      slices.push({
        name: func,
        ph: 'X',
        cat: 'function',
        ...tracks.of(thread),
        ts: from * STEP,
        dur: end - from * STEP,
      });
  };
  const closeAll = (): void => {
    for (const thread of open.keys()) close(thread, 0);
  };
  for (const [i, { thread, stack }] of trace.entries()) {
    if (thread === '') {
      closeAll();
      continue;
    }
    const frames = recording?.stacks[recording.steps[i]?.stack ?? -1];
    const outermostFirst = (frames?.map(({ func }) => func) ?? stack).toReversed();
    const calls = open.get(thread) ?? [];
    open.set(thread, calls);
    const common = calls.findIndex(({ func }, depth) => outermostFirst[depth] !== func);
    close(thread, common < 0 ? Math.min(calls.length, outermostFirst.length) : common);
    for (const func of outermostFirst.slice(calls.length)) calls.push({ func, from: i });
    last.set(thread, i);
  }
  closeAll();
  return slices;
}

function stepSlice(step: Step, i: number, tracks: Tracks): TraceEvent {
  const { thread, op, target, before, after, result, changes, source, shown, decisive } = step;
  const value = before === after ? {} : { before, after };
  return {
    name: [op, target].filter((part) => part !== '').join(' '),
    ph: 'X',
    cat: decisive ? 'step,decisive' : shown ? 'step,shown' : 'step',
    ...tracks.of(thread),
    ts: i * STEP,
    dur: SLICE * STEP,
    args: {
      step: step.step,
      ...value,
      ...(result !== '' && { result }),
      ...(changes.length > 1 && {
        changes: Object.fromEntries(changes.map((one) => [one.target, `${one.before} -> ${one.after}`])),
      }),
      ...(source !== '' && { source }),
    },
  };
}

/** From each store to the first step of each other thread that reads it. */
function flows(trace: readonly Step[], recording: Recording, tracks: Tracks): TraceEvent[] {
  const inside = (SLICE * STEP) / 2;
  return valueFlows(trace, recording).flatMap(({ path, from, to }, i) => {
    const flow = { name: path, cat: 'store', id: i + 1 };
    return [
      { ...flow, ph: 's', ...tracks.of(trace[from].thread), ts: from * STEP + inside },
      { ...flow, ph: 'f', bp: 'e', ...tracks.of(trace[to].thread), ts: to * STEP + inside },
    ];
  });
}

/** The rule that was broken, where it was. */
function breach({ trace = [], violation }: ReportJson, tracks: Tracks): TraceEvent[] {
  const last = trace.at(-1);
  if (violation === undefined || last === undefined || last.thread === '') return [];
  const { kind, name, message } = violation;
  return [
    {
      name: kind === name ? kind : `${kind} (${name})`,
      ph: 'i',
      s: 'g',
      cat: 'violation',
      ...tracks.of(last.thread),
      ts: trace.length * STEP,
      args: { message },
    },
  ];
}
