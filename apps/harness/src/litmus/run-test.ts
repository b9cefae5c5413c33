/**
 * Runs one litmus test within a time, and says what its own comment expects of it.
 */
import { readFileSync } from 'node:fs';
import {
  LitmusSyntaxError,
  parseLitmus,
  runLitmus,
  UnsupportedError,
  verdictOf,
  type LitmusTest,
  type Model,
  type Outcome,
} from '@shootdown/litmus';
import type { Rules } from '@shootdown/lkmm';
import type { TestFile } from './find-tests.js';

/** What may end a run. */
export interface Bounds {
  /** When it must have ended, by `performance.now()`. */
  readonly deadline: number;
  /** When somebody wanted it to end. */
  readonly stopAt: () => number;
}

/** What is asked of a test. */
export interface Question {
  /** Of which version the kernel's model is. */
  readonly rules: Rules;
  /** Models beside the kernel's. */
  readonly models: readonly Model[];
}

/** Why a test has no answer. */
export type Bound = 'seconds' | 'interrupted';

/** A test that was answered. */
export interface Answered {
  readonly kind: 'answered';
  readonly name: string;
  readonly test: LitmusTest;
  readonly outcome: Outcome;
  /** Under other models. */
  readonly beside: readonly { readonly model: Model; readonly outcome: Outcome }[];
  /** What a comment `Result: …` in the file expects. */
  readonly expected: string | undefined;
  readonly seconds: number;
}

/** A test that was not. */
export interface Unanswered {
  readonly kind: 'unanswered';
  readonly name: string;
  readonly reason: { readonly unsupported: string; readonly message: string } | { readonly bound: Bound };
}

/** Ends a run from inside. */
class OutOfBounds extends Error {
  override readonly name = 'OutOfBounds';

  constructor(readonly bound: Bound) {
    super(bound);
  }
}

/** Runs a test under the kernel's model, and under others beside it. */
export function runTest({ file, name }: TestFile, { models, rules }: Question, bounds: Bounds): Answered | Unanswered {
  const begun = performance.now();
  const tick = tickOf(bounds);
  try {
    const text = readFileSync(file, 'utf8');
    const test = parseLitmus(text);
    tick();
    const outcome = runLitmus(test, { rules, tick });
    const seconds = (performance.now() - begun) / 1000;
    const beside = models.map((model) => ({ model, outcome: runLitmus(test, { model, tick }) }));
    return { kind: 'answered', name, test, outcome, beside, expected: expectedBy(text), seconds };
  } catch (error) {
    if (error instanceof OutOfBounds) return { kind: 'unanswered', name, reason: { bound: error.bound } };
    if (error instanceof UnsupportedError)
      return { kind: 'unanswered', name, reason: { unsupported: error.construct, message: error.message } };
    if (error instanceof LitmusSyntaxError)
      return { kind: 'unanswered', name, reason: { unsupported: 'syntax', message: error.message } };
    throw error;
  }
}

/** What throws once a bound is hit. */
export function tickOf({ deadline, stopAt }: Bounds): () => void {
  return () => {
    const now = performance.now();
    if (now > stopAt()) throw new OutOfBounds('interrupted');
    if (now > deadline) throw new OutOfBounds('seconds');
  };
}

/** Whether a test was answered otherwise than its file says. */
export function isUnexpected({ expected, outcome }: Answered): boolean {
  if (expected === undefined) return false;
  const isRace = outcome.flags.includes('data-race');
  // What the model says of a program with a data race is not worth comparing.
  if (isRace || expected.endsWith(RACE)) return isRace !== expected.endsWith(RACE);
  return expected === 'DEADLOCK' ? outcome.fitting + outcome.others > 0 : expected !== verdictOf(outcome);
}

const RACE = 'DATARACE';

/** The kernel's own tests say `Result: Never` in a comment, and its scripts check it. */
function expectedBy(text: string): string | undefined {
  const found = /^[\s(*]*Result:[ \t]*((?:Never|Sometimes|Always|DEADLOCK)(?:[ \t]+DATARACE)?)\b/m.exec(text);
  return found?.[1].replaceAll(/\s+/g, ' ');
}
