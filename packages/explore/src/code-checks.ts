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
import type { ImageProbe } from './image-probe.js';
import { SymmetryLost } from './restart.js';

/** Footprints kept at most: then all are forgotten, and asked again when they come again. */
const MOST = 2 ** 21;

/** Sets apart the conditions of the requests at control states from the requests. */
const WAITING = 2 ** 30;

/** Watches operations and conditions as they run. */
export class CodeChecks {
  #images: ImageProbe | undefined;
  readonly #memory: Memory;
  readonly #checksPurity: boolean;
  readonly #footprint: Footprint;
  /** By footprint: a hash of what came of it. */
  readonly outcomes: Map<number, number>;
  /** By code: the words that it or its images looked at. */
  readonly #words = new Map<number, Set<number>>();
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
  set images(images: ImageProbe | undefined) {
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
    const { undoTop, h0, h1, thread } = memory;
    const before = takeReports(memory);
    const words = this.#wordsOf(code);
    this.#footprint.begin(code, thread);
    const bug = this.#attempt(request);
    const key = this.#footprint.end();
    if (this.#checksPurity) {
      const outcome = this.#outcomeOf(undoTop, bug);
      if (this.#isNew(key, outcome, () => `the operation ${request.label}`)) {
        memory.undoTo(undoTop, h0, h1);
        memory.reported = memory.alsoReported = undefined;
        const again = this.#attempt(request);
        if (this.#outcomeOf(undoTop, again) !== outcome) throw impure(`the operation ${request.label}`);
      }
    }
    this.#askImages(
      code,
      words + key,
      (images) => images.operation(control, undoTop, bug),
      () => `the operation ${request.label}`,
    );
    for (const one of [...before, ...takeReports(memory)]) memory.report(one);
    if (bug !== undefined) throw bug;
  }

  /** Whether a request that may wait can be taken now, checked as {@link perform} does. */
  isEnabled(control: number, code: number, request: Request<unknown>): boolean {
    return this.#ask(
      WAITING ^ code,
      this.#memory.thread,
      () => isEnabled(this.#memory, request),
      () => `the condition of ${request.label}`,
      (images, answer) => images.waiting(control, answer),
    );
  }

  /**
   * Asks a condition of the system.
   *
   * @param number - tells it from others
   */
  condition<T>(name: string, number: number, holds: (memory: Memory) => T): T {
    return this.#ask(
      -1 - number,
      0,
      () => holds(this.#memory),
      () => name,
      (images, answer) => images.condition(holds, answer),
    );
  }

  #ask<T>(
    code: number,
    thread: number,
    ask: () => T,
    name: () => string,
    oddSet: (images: ImageProbe, answer: T) => string | undefined,
  ): T {
    const before = this.#wordsOf(code);
    let answer: T;
    this.#footprint.begin(code, thread);
    try {
      answer = ask();
    } catch (error) {
      throw named(error, name);
    } finally {
      this.#memory.looked = undefined;
    }
    const key = this.#footprint.end();
    if (this.#checksPurity && this.#isNew(key, hashOf(answer), name) && hashOf(ask()) !== hashOf(answer))
      throw impure(name());
    this.#askImages(code, before + key, (images) => oddSet(images, answer), name);
    return answer;
  }

  /** A hash of all words that are known to matter to code or to its images. */
  #wordsOf(code: number): number {
    let hash = 0;
    if (this.#images === undefined) return hash;
    const { words } = this.#memory;
    for (const address of this.#words.get(code) ?? [])
      hash = mix(hash ^ Math.imul(address + 1, 0x7feb352d) ^ Math.imul(words[address], 0x9e3779b1));
    return hash;
  }

  /** @param key - of all that matters to the code, as far as is known */
  #askImages(code: number, key: number, oddSet: (images: ImageProbe) => string | undefined, name: () => string): void {
    const images = this.#images;
    if (images === undefined || this.#asked.has(key)) return;
    let words = this.#words.get(code);
    if (words === undefined) this.#words.set(code, (words = new Set()));
    const { size } = words;
    images.tell((address) => words.add(address));
    const odd = oddSet(images);
    if (odd !== undefined) throw new SymmetryLost(`${name()} singles out a member of ${odd}`);
    if (words.size > size) return; // the key was of too little
    if (this.#asked.size >= MOST) this.#asked.clear();
    this.#asked.add(key);
  }

  /** Whether this was never looked at before; if it was, the same must have come of it. */
  #isNew(key: number, outcome: number, name: () => string): boolean {
    if (this.#footprint.hasStrayed) throw impure(name());
    const known = this.outcomes.get(key);
    if (known === undefined) {
      if (this.outcomes.size >= MOST) this.outcomes.clear();
      this.outcomes.set(key, outcome);
      return true;
    }
    if (known !== outcome) throw impure(name());
    return false;
  }

  #attempt(request: Request<unknown>): KernelBug | undefined {
    try {
      perform(this.#memory, request);
      return undefined;
    } catch (error) {
      this.#memory.looked = undefined;
      if (error instanceof KernelBug) return error;
      throw named(error, () => `the operation ${request.label}`);
    }
  }

  /** What came of an operation: its answer, the words it changed and the rules it broke. */
  #outcomeOf(since: number, bug: KernelBug | undefined): number {
    const { values, lo, hi, undoLog, undoTop, words, reported, alsoReported = [] } = this.#memory;
    let a = 0;
    let b = 0;
    const add = (x: number): void => {
      a = mix(a ^ Math.imul(x, 0x9e3779b1));
      b = mix((b + Math.imul(x, 0x846ca68b) + 1) | 0);
    };
    if (bug !== undefined) add(hashOf(bug.rule));
    else if (hi === INTERNED) add(values.hash0(lo) ^ Math.imul(values.hash1(lo), 31));
    else add(lo);
    for (let i = since; i < undoTop; i += 2) {
      add(undoLog[i]);
      add(words[undoLog[i]]);
    }
    for (const { rule } of reported === undefined ? [] : [reported, ...alsoReported]) add(hashOf(rule));
    return (a >>> 0) + (b & 0x1f_ffff) * 2 ** 32;
  }
}

/** What was reported so far, which is forgotten. */
function takeReports(memory: Memory): readonly KernelBug[] {
  const { reported, alsoReported = [] } = memory;
  memory.reported = memory.alsoReported = undefined;
  return reported === undefined ? [] : [reported, ...alsoReported];
}

/** Tells a call of what is trapped by the code that made it. */
function named(error: unknown, name: () => string): unknown {
  return error instanceof ForbiddenCall ? new ForbiddenCall(name(), error.what) : error;
}

function hashOf(answer: unknown): number {
  const [a, b] = hashText(`${typeof answer} ${String(answer)}`);
  return a ^ Math.imul(b, 31);
}

function impure(what: string): ImpureModel {
  return new ImpureModel(
    `${what} is not a pure function of memory and its arguments: it looked at the same and did something else. Keep state in ` +
      'model memory, not in closures, look at it through the memory that is handed in, and use choose() instead of Math.random or the clock',
  );
}
