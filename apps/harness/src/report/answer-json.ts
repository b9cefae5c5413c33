/** The report of one search, for programs. */
import type { Evidence, Pending, TraceStep } from '@shootdown/explore';
import { VIOLATION_KINDS } from '@shootdown/machine';
import { STRATEGIES } from '@shootdown/explore';
import type { Unreached } from '@shootdown/unreached';
import * as v from 'valibot';
import { variantOf } from '../find-scenario.js';
import type { Answer } from '../answer.js';
import { placeOf } from '@shootdown/explore/report';
import { RecordingSchema, type RecordingJson } from './recording-json.js';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Kind = v.picklist(VIOLATION_KINDS);

const step = {
  thread: v.string(),
  /** Innermost function. */
  func: v.string(),
  op: v.string(),
  /** Path of the field; empty where the step touches none. */
  target: v.string(),
  before: v.string(),
  after: v.string(),
  /** What the step answered; empty for nothing. */
  result: v.string(),
};

const Change = v.strictObject({ target: v.string(), before: v.string(), after: v.string() });

/** One step of a counterexample. */
export const StepSchema = v.strictObject({
  /** Its number in the run, from 1; 0 for what stands between runs. */
  step: Count,
  /** Which decision of the schedule led to it, from 0. */
  decision: Count,
  ...step,
  /** The cells that it changed. */
  changes: v.array(Change),
  /** Functions on the stack, innermost first. */
  stack: v.array(v.string()),
  /** `file:line` of the request; empty where it is not known. */
  source: v.string(),
  /** Whether the table shows it. */
  shown: v.boolean(),
  /** Whether it broke the rule, or the rule would not have been broken without it. */
  decisive: v.boolean(),
});

/** How a thread stands at the end that has not ended: what it waits for, races with, or does next. */
export const PendingSchema = v.strictObject({
  thread: v.string(),
  func: v.string(),
  how: v.picklist(['race', 'waits', 'spins for ever', 'next']),
  steps: v.array(v.strictObject({ ...step, changes: v.array(Change), source: v.string() })),
});

/** A request never made, or a choice of which alternatives were never taken. */
export const UnreachedSchema = v.strictObject({
  func: v.string(),
  file: v.string(),
  line: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** The line it begins on. */
  code: v.string(),
  /** Of a choice: the alternatives never taken. */
  alternatives: v.optional(v.array(Count)),
});

/** A step and the part it plays in a violation. */
export const EvidenceSchema = v.strictObject({
  ...step,
  /** Its number in the run, from 1; 0 for what the initial state did, one more than the last for what is still to come. */
  step: Count,
  role: v.string(),
  /** The other locks its thread held. */
  holding: v.array(v.string()),
  /** Functions on the stack, innermost first; `site` is `file:line`, empty in the primitives. */
  stack: v.array(v.strictObject({ func: v.string(), site: v.string() })),
});

/** What `check --json` prints. */
export const AnswerSchema = v.strictObject({
  scenario: v.string(),
  variant: v.string(),
  /** The question, one sentence. */
  asks: v.string(),
  given: v.record(v.string(), v.union([v.number(), v.string(), v.boolean()])),
  strategy: v.picklist(STRATEGIES),
  seed: Count,
  /** What counted, where not everything did. */
  only: v.optional(v.array(v.string())),
  verdict: v.picklist(['holds', 'violated', 'unknown']),
  expected: v.picklist(['holds', ...VIOLATION_KINDS]),
  /** Name of the rule expected to be broken, where the scenario says it. */
  expectedName: v.optional(v.string()),
  violation: v.optional(v.strictObject({ kind: Kind, name: v.string(), message: v.string() })),
  states: Count,
  transitions: Count,
  depth: Count,
  seconds: v.number(),
  /** Threads that searched: those asked for, once the search had grown large. */
  workers: Count,
  /** Bytes held for the states visited. */
  bytes: Count,
  complete: v.boolean(),
  /** Of the strategies that sample. */
  sampling: v.optional(
    v.strictObject({
      runs: Count,
      /** Those given up after 20 000 steps. */
      cutRuns: Count,
      runsPerSecond: v.number(),
      /** Change points that the run of pct that found the violation had passed: at least the smallest number that can find it. */
      changePoints: v.optional(Count),
    }),
  ),
  /** Picks the hash that states are told apart by. */
  hashSeed: Count,
  /** The chance that two states were taken for one, 0 to 1. */
  collision: v.number(),
  /** What a reader of the verdict should know besides. */
  notes: v.array(v.string()),
  /** Conditions that were never evaluated, and guarded fields that were never accessed. */
  neverAsked: v.strictObject({
    invariants: v.array(v.string()),
    finals: v.array(v.string()),
    guarded: v.array(v.string()),
  }),
  /** What ended the search, for `unknown`. */
  bound: v.optional(v.string()),
  /** Kinds of violation left undecided, where everything else was searched to the end and holds. */
  undecided: v.optional(v.array(v.string())),
  trace: v.optional(v.array(StepSchema)),
  /** Who did what, and where, for the violation to come about. */
  evidence: v.optional(v.array(EvidenceSchema)),
  /** How the threads stand at the end of the counterexample that have not ended. */
  pending: v.optional(v.array(PendingSchema)),
  /** What memory held and where the threads stood, step by step. */
  recording: v.optional(RecordingSchema),
  replay: v.optional(v.string()),
  /** The bound that ended the shrinking of the counterexample before all was tried. */
  shrinkingCutBy: v.optional(v.string()),
  /** The bound that ended the telling of it: steps that do not matter are not left out, evidence is missing, or all is. */
  tellingCutBy: v.optional(v.string()),
  /** Which reductions were on. */
  reductions: v.record(v.string(), v.boolean()),
  /** Unless something is broken or the user stopped it: model code that neither this search nor a look at the other variants reached. */
  unreached: v.optional(v.array(UnreachedSchema)),
});
/** What `check --json` prints. */
export type AnswerJson = v.InferOutput<typeof AnswerSchema>;

/**
 * A search's report as `check --json` prints it.
 *
 * @param cwd - folder that source positions are told from
 */
export function answerJson(
  { question, result, replay }: Pick<Answer, 'question' | 'result' | 'replay'>,
  cwd: string,
  {
    unreached,
    recording,
  }: { readonly unreached?: readonly Unreached[] | undefined; readonly recording?: RecordingJson | undefined } = {},
): AnswerJson {
  const { chosen, given, options } = question;
  const { expect, rule } = variantOf(chosen);
  const { violation, trace, evidence, pending, bound, undecided, sampling, shrinkingCutBy, tellingCutBy } = result;
  return {
    scenario: chosen.scenario.name,
    variant: chosen.variant,
    asks: chosen.scenario.asks,
    given: { ...given },
    strategy: result.strategy,
    seed: result.seed,
    ...(options.only !== undefined && { only: [...options.only] }),
    verdict: result.verdict,
    expected: expect,
    ...(rule !== undefined && { expectedName: rule }),
    ...(violation !== undefined && { violation: { ...violation } }),
    states: result.states,
    transitions: result.transitions,
    depth: result.depth,
    seconds: Math.round(result.seconds * 1e6) / 1e6,
    workers: result.workers,
    bytes: result.bytes,
    complete: result.complete,
    ...(sampling !== undefined && {
      sampling: { ...sampling, runsPerSecond: Math.round(sampling.runs / result.seconds) },
    }),
    hashSeed: result.hashSeed,
    collision: result.collision,
    notes: [...result.notes],
    neverAsked: {
      invariants: [...result.neverAsked.invariants],
      finals: [...result.neverAsked.finals],
      guarded: [...result.neverAsked.guarded],
    },
    ...(bound !== undefined && { bound }),
    ...(undecided !== undefined && { undecided: [...undecided] }),
    ...(trace !== undefined && { trace: trace.map((one) => stepJson(one, cwd)) }),
    ...(evidence !== undefined && { evidence: evidence.map((one) => evidenceJson(one, cwd)) }),
    ...(pending !== undefined && { pending: pending.map((one) => pendingJson(one, cwd)) }),
    ...(recording !== undefined && { recording }),
    ...(replay !== undefined && { replay }),
    ...(shrinkingCutBy !== undefined && { shrinkingCutBy }),
    ...(tellingCutBy !== undefined && { tellingCutBy }),
    reductions: { ...result.reductions },
    ...(unreached !== undefined && { unreached: unreached.map(unreachedJson) }),
  };
}

/** What was not reached, as `check --json` prints it. */
export function unreachedJson({ alternatives, ...rest }: Unreached): v.InferOutput<typeof UnreachedSchema> {
  return { ...rest, ...(alternatives !== undefined && { alternatives: [...alternatives] }) };
}

/** A step with its source position told from `cwd`. */
export function stepJson(
  { site, matters, isDecisive, identity: _, says: __, ...rest }: TraceStep,
  cwd: string,
): v.InferOutput<typeof StepSchema> {
  const { stack, changes } = rest;
  return {
    ...rest,
    changes: [...changes],
    stack: [...stack],
    source: placeOf(site, cwd),
    shown: matters,
    decisive: isDecisive,
  };
}

/** How a thread stands, with source positions told from `cwd`. */
export function pendingJson({ steps, ...rest }: Pending, cwd: string): v.InferOutput<typeof PendingSchema> {
  const told = steps.map(({ frames, holding: _, changes, ...one }) => ({
    ...one,
    changes: [...changes],
    source: placeOf(frames.find(({ site }) => site !== '')?.site ?? '', cwd),
  }));
  return { ...rest, steps: told };
}

/** A piece of evidence with its source positions told from `cwd`. */
export function evidenceJson(
  { frames, holding, changes: _, ...rest }: Evidence,
  cwd: string,
): v.InferOutput<typeof EvidenceSchema> {
  const stack = frames.map(({ func, site }) => ({ func, site: placeOf(site, cwd) }));
  return { ...rest, holding: [...holding], stack };
}
