/**
 * Whether a model thread's generator is on the stack right now, so that peeking at memory from inside one can be caught; and
 * who takes the steps of a direct run.
 */
import { ImpureModel, LoopsForEver } from './kernel-bug.js';

/** Who runs a direct run. */
export interface StepTaker {
  /** Takes a step at once and answers it. */
  take(request: object): unknown;
}

/** Turns that the loops of a thread may make between two requests. */
const MOST_TURNS = 1_000_000;

let depth = 0;
let turns = 0;
let sites = false;
let taker: StepTaker | undefined;
/** Where the requests that are made now are noted. */
let made: object[] | undefined;
/** Requests that a generator made and has not yielded, as far as is known. */
const madeBy = new WeakMap<object, object[]>();

/**
 * Resumes a thread's generator. While it runs, touching model memory other than by a request throws.
 *
 * @param generator - the generator of one frame
 * @param value - the answer to its last request; ignored the first time
 */
export function resume<T, R>(generator: Generator<T, R>, value: unknown): IteratorResult<T, R> {
  const outer = taker;
  const outerMade = made;
  taker = undefined;
  made = requestsMadeIn(generator);
  depth++;
  turns = 0;
  try {
    return (generator as Generator<T, R, unknown>).next(value);
  } finally {
    depth--;
    made = outerMade;
    taker = outer;
  }
}

/** Requests made while {@link resume} ran a generator. Whoever resumes it takes those out that were used. */
export function requestsMadeIn(generator: object): object[] {
  let list = madeBy.get(generator);
  if (list === undefined) madeBy.set(generator, (list = []));
  return list;
}

/** Runs `body` and notes in `list` the requests that it makes itself. */
export function notingRequests<T>(list: object[], body: () => T): T {
  const outer = made;
  made = list;
  try {
    return body();
  } finally {
    made = outer;
  }
}

/** Begins to note requests in `list`; returns what {@link endNoting} is to be given. */
export function beginNoting(list: object[] | undefined): object[] | undefined {
  const outer = made;
  made = list;
  return outer;
}

/** Ends what {@link beginNoting} began. */
export function endNoting(outer: object[] | undefined): void {
  made = outer;
}

/** A request was made. */
export function noteMade(request: object): void {
  if (made !== undefined) made.push(request);
}

/** Whether the requests that are made are noted. */
export function notesRequests(): boolean {
  return made !== undefined;
}

/** Whether every request must be an object of its own: its making is noted, or the line that makes it. */
export function tellsRequestsApart(): boolean {
  return sites || made !== undefined;
}

/**
 * Takes `request` by `whose`, and at once whatever generators resumed by {@link resumeTaking} meanwhile delegate to with
 * `yield*`: they need not be left for it.
 */
export function takeNestedSteps(whose: StepTaker, request: object): unknown {
  const outer = taker;
  const outerMade = made;
  const inside = depth;
  taker = whose;
  made = undefined;
  depth = 0;
  try {
    return whose.take(request);
  } finally {
    taker = outer;
    made = outerMade;
    depth = inside;
  }
}

/** As {@link resume}, for {@link takeNestedSteps} and the steps it takes; they clean up after an error. */
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
export function takeStep(request: object): unknown {
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

/** Whether a thread's generator is on the stack. */
export function isRunning(): boolean {
  return depth > 0;
}

/** Whether new requests should remember the source line that made them. */
export function capturingSites(): boolean {
  return sites;
}

/** Runs `body` with the source positions of new requests remembered, in `Request.site`; that is slow. */
export function withSites<T>(body: () => T): T {
  const before = sites;
  sites = true;
  try {
    return body();
  } finally {
    sites = before;
  }
}
