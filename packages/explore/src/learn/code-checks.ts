/**
 * Checks what a search takes for granted of operations and conditions: that what they do depends on memory and arguments alone,
 * and, where members of a scalarset change places, that they treat all of them alike. Code is asked once for each footprint,
 * that is, whenever it looked at something that it never looked at before; and once for all that its images look at.
 */
import {
  INTERNED,
  ImpureModel,
  KernelBug,
  hashText,
  isEnabled,
  mix,
  perform,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { Footprint } from './footprint.js';
import { ForbiddenCall } from './purity.js';
import { SymmetryLost } from '../base/restart.js';

/** Footprints kept at most: then all are forgotten, and asked again when they come again. */
const MOST = 2 ** 21;

/** Sets apart the conditions of the requests at control states from the requests. */
const WAITING = 2 ** 30;

/** What a name is of, in messages. */
const OPERATION = 'the operation ';
const CONDITION = 'the condition of ';

/** Compares what code does with what it does where members of scalarsets have changed places; `undefined` means that it is alike. */
export interface ImageComparison {
  /** Tells `onLook` of every word whose image is looked at from now on. */
  tell(onLook: (address: number) => void): void;
  /** The scalarset of which a step just taken singles out a member. */
  operation(control: number, since: number, bug: KernelBug | undefined): string | undefined;
  /** As {@link operation}, for the condition of the running thread's request. */
  waiting(control: number, isAble: boolean): string | undefined;
  /** As {@link operation}, for a condition of the system. */
  condition(holds: (memory: Memory) => unknown, answer: unknown): string | undefined;
}

/** Watches operations and conditions as they run. */
export class CodeChecks {
  #images: ImageComparison | undefined;
  readonly #memory: Memory;
  readonly #checksPurity: boolean;
  readonly #footprint: Footprint;
  /** By footprint: a hash of what came of it. */
  readonly outcomes: Map<number, number>;
  /** By code: the words that it or its images looked at. */
  readonly #words = new Map<number, number[]>();
  readonly #sum = new Sum();
  /** What was asked of images, by a hash of all those words. */
  readonly #asked = new Set<number>();

  /**
   * @param checksPurity - run code twice, and compare what it does with what it did when it looked at the same
   * @param outcomes - what the code of another system, built alike, did
   * @param paths - what it looked at next after all that it had looked at; absent where that is not compared
   */
  constructor(
    memory: Memory,
    checksPurity: boolean,
    outcomes: Map<number, number> = new Map<number, number>(),
    paths?: Map<number, number>,
  ) {
    this.outcomes = outcomes;
    this.#memory = memory;
    this.#checksPurity = checksPurity;
    this.#footprint = new Footprint(memory, paths);
  }

  /** What shows whether members of scalarsets are treated alike; absent where none change places. */
  set images(images: ImageComparison | undefined) {
    this.#images = images;
  }

  /**
   * Takes the step of an operation.
   *
   * @param control - the control state that makes the request
   * @param code - its hash
   * @throws {@link KernelBug} as the operation does
   * @throws {@link ImpureModel} when it is none of memory and its arguments alone
   * @throws {@link SymmetryLost} when it singles out a member of a scalarset
   */
  perform(control: number, code: number, request: Request<unknown>): void {
    const memory = this.#memory;
    const { undoTop, h0, h1, reported, alsoReported } = memory;
    memory.reported = memory.alsoReported = undefined;
    const words = this.#wordsOf(code);
    this.#footprint.begin(code, memory.thread);
    const bug = this.#attempt(request);
    const key = this.#footprint.end();
    if (this.#checksPurity) {
      const outcome = this.#outcomeOf(undoTop, bug);
      if (this.#isNew(key, outcome, OPERATION, request.label)) {
        memory.undoTo(undoTop, h0, h1);
        memory.reported = memory.alsoReported = undefined;
        const again = this.#attempt(request);
        if (this.#outcomeOf(undoTop, again) !== outcome) throw impure(OPERATION, request.label);
      }
    }
    if (this.#areImagesNew(words + key))
      this.#askImages(code, words + key, OPERATION, request.label, (images) => images.operation(control, undoTop, bug));
    if (reported !== undefined) reportAfter(memory, reported, alsoReported);
    if (bug !== undefined) throw bug;
  }

  /** Whether a request that may wait can be taken now, checked as {@link perform} does. */
  isEnabled(control: number, code: number, request: Request<unknown>): boolean {
    const key = WAITING ^ code;
    const before = this.#wordsOf(key);
    this.#footprint.begin(key, this.#memory.thread);
    const answer = this.#askRequest(request);
    const footprint = this.#footprint.end();
    if (this.#mustAskAgain(footprint, answer, CONDITION, request.label) && this.#askRequest(request) !== answer)
      throw impure(CONDITION, request.label);
    if (this.#areImagesNew(before + footprint))
      this.#askImages(key, before + footprint, CONDITION, request.label, (images) => images.waiting(control, answer));
    return answer;
  }

  /**
   * Asks a condition of the system.
   *
   * @param number - tells it from others
   */
  condition<T>(name: string, number: number, holds: (memory: Memory) => T): T {
    const code = -1 - number;
    const before = this.#wordsOf(code);
    this.#footprint.begin(code, 0);
    const answer = this.#askCondition(name, holds);
    const footprint = this.#footprint.end();
    if (this.#mustAskAgain(footprint, answer, '', name) && hashOf(this.#askCondition(name, holds)) !== hashOf(answer))
      throw impure('', name);
    if (this.#areImagesNew(before + footprint))
      this.#askImages(code, before + footprint, '', name, (images) => images.condition(holds, answer));
    return answer;
  }

  #askRequest(request: Request<unknown>): boolean {
    try {
      return isEnabled(this.#memory, request);
    } catch (error) {
      this.#memory.looked = undefined;
      throw named(error, CONDITION, request.label);
    }
  }

  #askCondition<T>(name: string, holds: (memory: Memory) => T): T {
    try {
      return holds(this.#memory);
    } catch (error) {
      this.#memory.looked = undefined;
      throw named(error, '', name);
    }
  }

  #mustAskAgain(footprint: number, answer: unknown, what: string, name: string): boolean {
    return this.#checksPurity && this.#isNew(footprint, hashOf(answer), what, name);
  }

  /** A hash of all words that are known to matter to code or to its images. */
  #wordsOf(code: number): number {
    let hash = 0;
    if (this.#images === undefined) return hash;
    const known = this.#words.get(code);
    if (known === undefined) return hash;
    const { words } = this.#memory;
    for (let i = 0; i < known.length; i++) {
      const address = known[i];
      hash = mix(hash ^ Math.imul(address + 1, 0x7feb352d) ^ Math.imul(words[address], 0x9e3779b1));
    }
    return hash;
  }

  /** @param key - of all that matters to the code, as far as is known */
  #areImagesNew(key: number): boolean {
    return this.#images !== undefined && !this.#asked.has(key);
  }

  #askImages(
    code: number,
    key: number,
    what: string,
    name: string,
    oddSet: (images: ImageComparison) => string | undefined,
  ): void {
    const images = this.#images;
    if (images === undefined) return;
    let words = this.#words.get(code);
    if (words === undefined) this.#words.set(code, (words = []));
    const known = new Set(words);
    images.tell((address) => known.add(address));
    const odd = oddSet(images);
    if (odd !== undefined) throw new SymmetryLost(`${what}${name} singles out a member of ${odd}`);
    if (known.size > words.length) {
      words.splice(0, words.length, ...known);
      return; // the key was of too little
    }
    if (this.#asked.size >= MOST) this.#asked.clear();
    this.#asked.add(key);
  }

  /** Whether this was never looked at before; if it was, the same must have come of it. */
  #isNew(key: number, outcome: number, what: string, name: string): boolean {
    if (this.#footprint.hasStrayed) throw impure(what, name);
    const known = this.outcomes.get(key);
    if (known === undefined) {
      if (this.outcomes.size >= MOST) this.outcomes.clear();
      this.outcomes.set(key, outcome);
      return true;
    }
    if (known !== outcome) throw impure(what, name);
    return false;
  }

  #attempt(request: Request<unknown>): KernelBug | undefined {
    try {
      perform(this.#memory, request);
      return undefined;
    } catch (error) {
      this.#memory.looked = undefined;
      if (error instanceof KernelBug) return error;
      throw named(error, OPERATION, request.label);
    }
  }

  /** What came of an operation: its answer, the words it changed and the rules it broke. */
  #outcomeOf(since: number, bug: KernelBug | undefined): number {
    const { values, lo, hi, undoLog, undoTop, words, reported, alsoReported = [] } = this.#memory;
    const sum = this.#sum.begin();
    if (bug !== undefined) sum.add(hashOf(bug.rule));
    else if (hi === INTERNED) sum.add(values.hash0(lo) ^ Math.imul(values.hash1(lo), 31));
    else sum.add(lo);
    for (let i = since; i < undoTop; i += 2) {
      sum.add(undoLog[i]);
      sum.add(words[undoLog[i]]);
    }
    if (reported !== undefined) for (const { rule } of [reported, ...alsoReported]) sum.add(hashOf(rule));
    return sum.end();
  }
}

/** Hashes numbers, in their order, to one of 53 bits. */
class Sum {
  #a = 0;
  #b = 0;

  begin(): this {
    this.#a = this.#b = 0;
    return this;
  }

  add(x: number): void {
    this.#a = mix(this.#a ^ Math.imul(x, 0x9e3779b1));
    this.#b = mix((this.#b + Math.imul(x, 0x846ca68b) + 1) | 0);
  }

  end(): number {
    return (this.#a >>> 0) + (this.#b & 0x1f_ffff) * 2 ** 32;
  }
}

/** Puts what was reported before an operation in front of what it reported. */
function reportAfter(memory: Memory, first: KernelBug, others: readonly KernelBug[] = []): void {
  const { reported, alsoReported = [] } = memory;
  memory.reported = memory.alsoReported = undefined;
  for (const one of [first, ...others, ...(reported === undefined ? [] : [reported, ...alsoReported])])
    memory.report(one);
}

/** Tells a call of what is trapped by the code that made it. */
function named(error: unknown, what: string, name: string): unknown {
  return error instanceof ForbiddenCall ? new ForbiddenCall(what + name, error.what) : error;
}

function hashOf(answer: unknown): number {
  if (answer === true) return 1;
  if (answer === false) return 0;
  const [a, b] = hashText(`${typeof answer} ${String(answer)}`);
  return a ^ Math.imul(b, 31);
}

function impure(what: string, name: string): ImpureModel {
  return new ImpureModel(
    `${what}${name} is not a pure function of memory and its arguments: it looked at the same and did something else. Keep state in ` +
      'model memory, not in closures, look at it through the memory that is handed in, and use choose() instead of Math.random or the clock',
  );
}
