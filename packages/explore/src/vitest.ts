/**
 * Matchers for vitest: `import '@shootdown/explore/vitest'` in a test or in a setup file is enough. A matcher that fails
 * shows the counterexample as a commit message would, and how to see it again.
 */
import { VIOLATION_KINDS, type Scenario, type System, type ViolationKind } from '@shootdown/machine';
import { expect, type MatcherState } from 'vitest';
import {
  drive,
  prepare,
  type CheckedVariant,
  type CheckOptions,
  type Prepared,
  type SystemOptions,
} from './api/check-model.js';
import type { SearchResult } from './api/result.js';
import { counterexampleText, violationName } from './report/counterexample-text.js';
import { count, seconds } from './report/numbers.js';
import { replayCall } from './report/replay-call.js';
import { isUntransformedNote } from './api/untold-notes.js';

/** What must be broken. */
export interface ExpectedViolation {
  readonly kind: ViolationKind;
  /** Name of the invariant or the rule; any of the kind by default. */
  readonly rule?: string;
}

/** How the model is checked: as by `check`, and no longer than the test may take. */
type OptionsFor<T> = T extends Scenario ? CheckOptions : T extends System ? SystemOptions : never;

/** The matchers, for what `expect` was given. */
export interface ModelMatchers<T> {
  /** The search ends, and nothing is broken in any state. A search that was cut short fails. */
  toHold: (options?: OptionsFor<T>) => Promise<void>;
  /** The search finds this broken. A search that was cut short fails, with `not` too. */
  toBeViolated: (expected: ExpectedViolation, options?: OptionsFor<T>) => Promise<void>;
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type -- as vitest has it
  interface Matchers<T = any> extends ModelMatchers<T> {}
}

/** Part of what is left of a test's time that a search may take, so that its message comes before the time-out's. */
const SHARE = 0.8;

interface Outcome {
  readonly pass: boolean;
  readonly message: () => string;
}

expect.extend({
  async toHold(this: MatcherState, model: Scenario | System, options: CheckOptions = {}): Promise<Outcome> {
    const { prepared, result } = await searched(this, model, options);
    return judged(this, prepared, result, 'to hold', result.verdict === 'holds');
  },
  async toBeViolated(
    this: MatcherState,
    model: Scenario | System,
    { kind, rule }: ExpectedViolation,
    options: CheckOptions = {},
  ): Promise<Outcome> {
    // With `not`, a kind that there is none of would let every model pass.
    if (!VIOLATION_KINDS.includes(kind))
      throw new TypeError(`toBeViolated: expected a kind of ${VIOLATION_KINDS.join(', ')}, got ${kind as string}`);
    const { prepared, result } = await searched(this, model, options);
    const { violation } = result;
    const isIt = violation?.kind === kind && (rule ?? violation.name) === violation.name;
    const wanted = `to be violated: ${violationName({ kind, name: rule ?? kind })}`;
    return judged(this, prepared, result, wanted, isIt);
  },
});

async function searched(
  { task }: MatcherState,
  model: Scenario | System,
  options: CheckOptions,
): Promise<{ prepared: Prepared; result: SearchResult }> {
  const maxSeconds = options.maxSeconds ?? secondsLeft(task);
  const prepared = prepare(model, { ...options, ...(maxSeconds !== undefined && { maxSeconds }) });
  const result = await drive(prepared, options.signal);
  sayOnce(nameOf(prepared.asked), result);
  return { prepared, result };
}

let isSaid = false;

/** A test that passes shows no notes. What makes all of them slow is said for the first. */
function sayOnce(name: string, { notes }: SearchResult): void {
  const note = notes.find(isUntransformedNote);
  if (isSaid || note === undefined) return;
  isSaid = true;
  console.warn(`${name}: ${note}`);
}

function secondsLeft(task: MatcherState['task']): number | undefined {
  if (task === undefined || !(task.timeout > 0 && task.timeout < Infinity)) return undefined;
  const now = performance.timeOrigin + performance.now();
  const taken = now - (task.result?.startTime ?? now);
  return Math.max(1, SHARE * (task.timeout - taken)) / 1000;
}

/** A verdict that is no verdict passes neither way. */
function judged(
  { isNot }: MatcherState,
  prepared: Prepared,
  result: SearchResult,
  wanted: string,
  isAsWanted: boolean,
): Outcome {
  const isUnknown = result.verdict === 'unknown';
  const lines = [
    `${nameOf(prepared.asked)}: expected ${isNot ? 'not ' : ''}${wanted}, but ${gotText(result)}`,
    `  ${figures(result)}`,
    ...(isUnknown ? [`  ${wayOut(result)}`] : []),
    ...result.notes.map((note) => `  note: ${note}`),
    ...(result.violation === undefined ? [] : ['', counterexample(prepared, result)]),
  ];
  return { pass: isUnknown ? isNot : isAsWanted, message: () => lines.join('\n') };
}

function nameOf(asked: CheckedVariant | undefined): string {
  if (asked === undefined) return 'the system';
  const given = Object.entries(asked.given).map(([name, value]) => `${name}=${value}`);
  return `${asked.scenario.name}@${asked.variant}${given.length === 0 ? '' : ` (${given.join(' ')})`}`;
}

function gotText({ verdict, violation, bound = '', undecided }: SearchResult): string {
  if (violation !== undefined) return `it is violated: ${violationName(violation)}`;
  if (verdict === 'holds') return 'it holds';
  const soFar = undecided === undefined ? 'nothing is broken so far' : `but for ${undecided.join(', ')} it holds`;
  return `the search was cut short (${bound}); ${soFar}`;
}

function figures({ states, transitions, depth, seconds: elapsed }: SearchResult): string {
  return `${count(states)} states, ${count(transitions)} transitions, depth ${count(depth)}, ${seconds(elapsed)}`;
}

/** What to do about a search that was cut short. */
function wayOut({ bound, strategy }: SearchResult): string {
  if (strategy === 'random' || strategy === 'pct')
    return `${strategy} never sees every state: take the strategy dfs or bfs, or raise maxRuns or maxSeconds to look longer`;
  switch (bound) {
    case 'states':
      return 'raise maxStates, or check a smaller size';
    case 'seconds':
      return "raise maxSeconds or the test's timeout, or check a smaller size";
    case 'memory':
      return 'raise maxMemoryMiB, or check a smaller size';
    case 'interrupted':
      return 'its signal aborted';
    default:
      return 'the devices of this model run too long to decide whether a state is stuck';
  }
}

function counterexample({ system, asked, search: { only } }: Prepared, result: SearchResult): string {
  const { violation, trace, evidence, pending, schedule = '' } = result;
  if (violation === undefined) return '';
  const replay = replayCall(asked, only, schedule);
  return counterexampleText({ violation, trace, evidence, pending }, system, { replay });
}
