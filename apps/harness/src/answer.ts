/** What one search of one variant is asked, and what came of it. */
import type { Deadline, SearchOptions, SearchResult } from '@shootdown/explore';
import type { System } from '@shootdown/machine';
import type { ExitCode } from './exit.js';
import type { Chosen } from './find-scenario.js';
import type { GivenValues } from './given.js';

/** What is searched, and how. */
export interface Question {
  readonly chosen: Chosen;
  readonly given: GivenValues;
  readonly options: SearchOptions;
}

/** What a search found, and whether that was expected. */
export interface Answer {
  readonly question: Question;
  readonly system: System;
  readonly result: SearchResult;
  /** Token that replays the counterexample. */
  readonly replay: string | undefined;
  readonly exit: ExitCode;
  /** When the search was to stop, and what comes after it. */
  readonly deadline: Deadline;
  /** Whether there was no time left to note what the search reached. */
  readonly isReachCut: boolean;
}
