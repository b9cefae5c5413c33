/** How far a run of the suite came: plain data, with which another thread goes on with it. */
import type { Progress, SearchResult } from '@shootdown/explore';
import type { ExitCode } from './exit.js';
import type { AnswerJson } from './report/answer-json.js';

/** What is left of one search of the suite once it has been told. */
export interface SuiteEntry {
  /** `scenario@variant`. */
  readonly name: string;
  readonly scenario: string;
  readonly verdict: SearchResult['verdict'];
  readonly bound: string | undefined;
  readonly seconds: number;
  readonly exit: ExitCode;
  readonly replay: string | undefined;
  readonly json: AnswerJson;
  /** The counterexample, where the scenario wants it seen; else empty. */
  readonly shown: string;
}

/** A run of the suite whose last search was ended from outside. */
export interface SuiteStand {
  readonly entries: readonly SuiteEntry[];
  /** What ended the search after these, and how far it had come. */
  readonly cut: { readonly bound: string; readonly progress: Progress };
}
