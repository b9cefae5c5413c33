/**
 * Whether a model thread's generator is on the stack right now, so that peeking at memory from inside one can be caught; and
 * who takes the steps of a direct run.
 */
import { ImpureModel, LoopsForEver } from './kernel-bug.js';
import type { Request } from './request.js';

/** Who runs a direct run. */
export interface StepTaker {
  /** Takes a step at once and answers it. */
  take(request: Request<unknown>): unknown;
}

/** Turns that the loops of a thread may make between two requests. */
const MOST_TURNS = 1_000_000;

let depth = 0;
let turns = 0;
let sites = false;
let taker: StepTaker | undefined;

/**
 * Resumes a thread's generator. While it runs, touching model memory other than by a request throws.
 *
 * @param generator - the generator of one frame
 * @param value - the answer to its last request; ignored the first time
 */
export function resume<T, R>(generator: Generator<T, R>, value: unknown): IteratorResult<T, R> {
  const outer = taker;
  taker = undefined;
  depth++;
  turns = 0;
  try {
    return (generator as Generator<T, R, unknown>).next(value);
  } finally {
    depth--;
    taker = outer;
  }
}

/**
 * Takes `request` by `whose`, and at once whatever generators resumed by {@link resumeTaking} meanwhile delegate to with
 * `yield*`: they need not be left for it.
 */
export function takeAll(whose: StepTaker, request: Request<unknown>): unknown {
  const outer = taker;
  const inside = depth;
  taker = whose;
  depth = 0;
  try {
    return whose.take(request);
  } finally {
    taker = outer;
    depth = inside;
  }
}

/** As {@link resume}, for {@link takeAll} and the steps it takes; they clean up after an error. */
export function resumeTaking<T, R>(generator: Generator<T, R>, value: unknown): IteratorResult<T, R> {
  depth++;
  turns = 0;
  const step = (generator as Generator<T, R, unknown>).next(value);
  depth--;
  return step;
}

/** Whether the generator that runs has its steps taken at once. */
export function takesSteps(): boolean {
  return taker !== undefined;
}

/** Takes a step of the generator that runs; memory may be touched meanwhile. */
export function takeStep(request: Request<unknown>): unknown {
  const inside = depth;
  depth = 0;
  turns = 0;
  try {
    return (taker as StepTaker).take(request);
  } finally {
    depth = inside;
  }
}

/**
 * Counts a turn of a loop of model code, for whoever compiles models. Code outside threads may loop as it likes.
 *
 * @param where - file and line of the loop
 * @throws {@link LoopsForEver} at the millionth turn since the thread's last request
 */
export function countTurn(where: string): void {
  if (depth === 0 || ++turns < MOST_TURNS) return;
  throw new LoopsForEver(
    `${where}: a loop made ${MOST_TURNS.toLocaleString('en')} turns without a request; end it, or look at memory in it: ` +
      'yield* readOnce(cell), or spinUntil() to wait',
  );
}

/** Runs `body` as model code: touching model memory other than by a request throws, as inside a thread. */
export function asModelCode<T>(body: () => T): T {
  depth++;
  turns = 0;
  try {
    return body();
  } finally {
    depth--;
  }
}

/**
 * Does nothing outside threads.
 *
 * @param what - what was touched
 * @throws {@link ImpureModel} when called from inside a running thread
 */
export function assertNotRunning(what: string): void {
  if (depth > 0)
    throw new ImpureModel(
      `${what} was touched from inside a running thread; expected a request: yield* readOnce(cell), yield* writeOnce(cell, value) or yield* an operation`,
    );
}

/** Whether new requests should remember the source line that made them. */
export function capturingSites(): boolean {
  return sites;
}

/** Runs `body` with the source positions of new requests remembered, in {@link Request.site}; that is slow. */
export function withSites<T>(body: () => T): T {
  const before = sites;
  sites = true;
  try {
    return body();
  } finally {
    sites = before;
  }
}
