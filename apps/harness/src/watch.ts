/**
 * How a search is watched by another thread, which ends it if it does not end by itself: figures in shared memory, which can
 * be read while the search answers no messages, and messages about what is being done.
 */
import type { Progress, Violation } from '@shootdown/explore';
import type { ExitCode } from './exit.js';
import type { AnswerJson } from './report/answer-json.js';
import type { SuiteEntry } from './suite-stand.js';

/** A search, as told to whoever watches it: plain data. */
export interface Watched {
  /** `scenario@variant`. */
  readonly name: string;
  /** Seconds after which it should have ended. */
  readonly maxSeconds: number | undefined;
  /** The verdict that the scenario expects, in words. */
  readonly expected: string;
  /** What to print of it as JSON if it finds nothing. */
  readonly json: AnswerJson;
  /** Whether it is one of a suite, which goes on without it. */
  readonly isInSuite: boolean;
}

/** What is told of a search while it goes on. */
export interface Watch {
  /** The moment by this thread's `performance.now()` at which somebody wanted the program to stop; `Infinity` before. */
  readonly stopAt: number;
  /** A search begins. */
  begin(search: Watched): void;
  progress(progress: Progress): void;
  /** It found a violation, which is still to be shrunk and told; `exit` is what the program will end with. */
  found(violation: Violation, exit: ExitCode): void;
  /** Does what must not be ended in the middle: writes a file. */
  writing<T>(body: () => T): T;
  /** What is left to do is not worth waiting for: `text` is all there is to print, and `exit` is what to end with. */
  answered(text: string, exit: ExitCode): void;
  /** A search of the suite has been told. */
  ran(entry: SuiteEntry): void;
}

/** Watches nothing: for searches that nobody can end from outside. */
export const UNWATCHED: Watch = {
  stopAt: Infinity,
  begin: () => undefined,
  progress: () => undefined,
  found: () => undefined,
  writing: (body) => body(),
  answered: () => undefined,
  ran: () => undefined,
};

const FIGURES = ['states', 'transitions', 'depth', 'frontier', 'bytes', 'seconds'] as const;
/** Words of the shared memory: whether to stop, and how many files are being written. */
const STOP = 0;
const WRITING = 1;
const WORDS = 2;

/** The memory that the threads share. */
export class WatchMemory {
  readonly words: SharedArrayBuffer;
  readonly figures: SharedArrayBuffer;

  /** @param other - the same memory, as another thread sent it; new memory if absent */
  constructor(other?: Pick<WatchMemory, 'words' | 'figures'>) {
    this.words = other?.words ?? new SharedArrayBuffer(4 * WORDS);
    this.figures = other?.figures ?? new SharedArrayBuffer(8 * FIGURES.length);
  }

  get isStopWanted(): boolean {
    return Atomics.load(new Int32Array(this.words), STOP) !== 0;
  }

  wantStop(): void {
    Atomics.store(new Int32Array(this.words), STOP, 1);
  }

  get isWriting(): boolean {
    return Atomics.load(new Int32Array(this.words), WRITING) !== 0;
  }

  writing<T>(body: () => T): T {
    const words = new Int32Array(this.words);
    Atomics.add(words, WRITING, 1);
    try {
      return body();
    } finally {
      Atomics.sub(words, WRITING, 1);
    }
  }

  set progress(progress: Progress) {
    const figures = new Float64Array(this.figures);
    FIGURES.forEach((name, i) => (figures[i] = progress[name]));
  }

  get progress(): Progress {
    const figures = new Float64Array(this.figures);
    return Object.fromEntries(FIGURES.map((name, i) => [name, figures[i]])) as unknown as Progress;
  }
}

/** What the thread that runs the program tells the one that watches it. */
export type WatchMessage =
  | { readonly what: 'begin'; readonly search: Watched }
  | { readonly what: 'found'; readonly violation: Violation; readonly exit: ExitCode }
  | { readonly what: 'answered'; readonly text: string; readonly exit: ExitCode }
  | { readonly what: 'ran'; readonly entry: SuiteEntry };

/** The watched side. */
export class WatchedThread implements Watch {
  readonly #memory: WatchMemory;
  readonly #post: (message: WatchMessage) => void;
  #stopAt = Infinity;

  constructor(memory: WatchMemory, post: (message: WatchMessage) => void) {
    this.#memory = memory;
    this.#post = post;
  }

  get stopAt(): number {
    if (this.#stopAt === Infinity && this.#memory.isStopWanted) this.#stopAt = performance.now();
    return this.#stopAt;
  }

  begin(search: Watched): void {
    this.#memory.progress = { states: 0, transitions: 0, depth: 0, frontier: 0, bytes: 0, seconds: 0 };
    this.#post({ what: 'begin', search });
  }

  progress(progress: Progress): void {
    this.#memory.progress = progress;
  }

  found(violation: Violation, exit: ExitCode): void {
    this.#post({ what: 'found', violation, exit });
  }

  writing<T>(body: () => T): T {
    return this.#memory.writing(body);
  }

  answered(text: string, exit: ExitCode): void {
    this.#post({ what: 'answered', text, exit });
  }

  ran(entry: SuiteEntry): void {
    this.#post({ what: 'ran', entry });
  }
}
