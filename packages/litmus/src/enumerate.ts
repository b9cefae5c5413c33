/**
 * All executions of a litmus test that a model allows.
 *
 * An execution is built choice by choice: who takes each lock next, which write each read reads from, which of two writes
 * comes first. After each choice coherence and the model's axioms are asked, and what breaks one is not gone into.
 */
import { Coherence, INITIAL, UNCHOSEN } from '@shootdown/lkmm';
import type { Candidate } from './candidate.js';
import type { Ended, Globals } from './globals.js';
import { LockOrder } from './lock-order.js';
import { Address, Nonsense, ThinAir, type Value } from './value.js';

/** What decides which executions are allowed. */
export interface Judge {
  /** Whether the choices so far break an axiom. */
  readonly refuses: (coherence: Coherence) => boolean;
}

/** One allowed execution. It is written over when the next is looked for. */
export interface Execution extends Ended {
  readonly coherence: Coherence;
  /** What makes no sense in it, such as an access through a pointer that holds a number. */
  readonly nonsense: string | undefined;
}

/** Who is called while executions are looked for. */
export interface Listener {
  /** Called with each execution. @returns `enough` to look for no more */
  readonly found: (execution: Execution) => 'enough' | undefined;
  /** Called before each choice. */
  readonly step: () => void;
}

/** Finds the executions of `candidate` that `judge` allows. */
export function enumerate(candidate: Candidate, judge: Judge, globals: Globals, listener: Listener): void {
  new Enumeration(candidate, judge, globals, listener).run();
}

class Enumeration implements Execution {
  readonly candidate: Candidate;
  readonly coherence: Coherence;
  values: (Value | undefined)[];
  nonsense: string | undefined;
  readonly #judge: Judge;
  readonly #globals: Globals;
  readonly #listener: Listener;
  #isEnough = false;
  readonly #locks: LockOrder;
  /** Snapshots, one for each depth. */
  readonly #saved: Int32Array[] = [];

  constructor(candidate: Candidate, judge: Judge, globals: Globals, listener: Listener) {
    this.candidate = candidate;
    this.coherence = new Coherence(candidate.skeleton);
    this.values = new Array<Value | undefined>(candidate.skeleton.events.length).fill(undefined);
    this.#judge = judge;
    this.#globals = globals;
    this.#listener = listener;
    this.#locks = new LockOrder(candidate.skeleton);
  }

  run(): void {
    if (this.#learn()) this.#choose(0, true);
  }

  /** Works out addresses and values from what is chosen. @returns false if something does not fit */
  #learn(): boolean {
    const { candidate, coherence, values } = this;
    const { readsFrom, location } = coherence;
    let isNew = true;
    while (isNew) {
      isNew = false;
      for (const read of candidate.reads) {
        if (values[read] !== undefined || readsFrom[read] === UNCHOSEN) continue;
        const from = readsFrom[read];
        const stored = from === INITIAL ? undefined : candidate.stored[from];
        const value =
          from === INITIAL
            ? this.#globals.initial(this.#globals.locationOf(location[read]))
            : stored === undefined
              ? 0
              : candidate.worth(stored, values);
        if (value === undefined) continue;
        values[read] = value;
        if (value instanceof Nonsense) this.nonsense ??= value.reason;
        isNew = true;
      }
      for (let e = 0; e < location.length; e++) {
        const term = candidate.address[e];
        if (term === undefined || (location[e] !== -1 && term.term.kind === 'constant')) continue;
        const address = candidate.worth(term, values);
        if (address === undefined) continue;
        if (location[e] !== -1) {
          // The location was taken from what a read of it was to read.
          if (!(address instanceof Address) || this.#globals.numberOf(address) !== location[e]) return false;
          continue;
        }
        if (!(address instanceof Address)) {
          this.nonsense ??=
            address instanceof Nonsense ? address.reason : 'an access through a pointer that holds a number';
          continue;
        }
        if (!coherence.setLocation(e, this.#globals.numberOf(address))) return false;
        isNew = true;
      }
    }
    return this.#fits();
  }

  /** Whether conditions of branches hold, and reads and their writes are of one location. */
  #fits(): boolean {
    const { candidate, values } = this;
    const { readsFrom, location } = this.coherence;
    for (const constraint of candidate.constraints) {
      const value = candidate.worth(constraint, values);
      if (value instanceof Nonsense) this.nonsense ??= value.reason;
      else if (value !== undefined && (value === 0) !== constraint.isZero) return false;
    }
    for (const read of candidate.reads) {
      const from = readsFrom[read];
      if (from >= 0 && location[from] !== -1 && location[from] !== location[read]) return false;
    }
    return true;
  }

  /** @param isUnchecked - whether something was chosen since the axioms were last asked */
  #choose(depth: number, isUnchecked: boolean): void {
    if (this.#isEnough) return;
    this.#listener.step();
    if (isUnchecked && this.#judge.refuses(this.coherence)) return;
    const turns = this.#locks.next(this.coherence);
    if (turns === 'impossible') return;
    if (turns !== undefined) {
      for (const [read, from] of turns) this.#try(depth, () => this.coherence.chooseReadsFrom(read, from));
      return;
    }
    const read = this.#nextRead();
    if (read !== undefined) {
      for (const from of this.#sources(read)) this.#try(depth, () => this.#read(read, from));
      return;
    }
    const pair = this.#nextPair();
    if (pair !== undefined) {
      const [one, other] = pair;
      this.#try(depth, () => this.coherence.orderWrites(one, other));
      this.#try(depth, () => this.coherence.orderWrites(other, one));
      return;
    }
    if (this.#isComplete() && this.#listener.found(this) === 'enough') this.#isEnough = true;
  }

  #try(depth: number, choose: () => boolean): void {
    const { coherence, values, nonsense } = this;
    this.#saved[depth] ??= new Int32Array(coherence.saved);
    coherence.save(this.#saved[depth]);
    this.values = values.slice();
    if (choose() && this.#learn()) this.#choose(depth + 1, true);
    coherence.restore(this.#saved[depth]);
    this.values = values;
    this.nonsense = nonsense;
  }

  #read(read: number, from: number): boolean {
    const { location } = this.coherence;
    if (from >= 0 && location[from] === -1) {
      // Where the write goes is not known yet; this says it.
      if (!this.coherence.setLocation(from, location[read])) return false;
      if (!this.coherence.chooseReadsFrom(read, from)) return false;
      return true;
    }
    return this.coherence.chooseReadsFrom(read, from);
  }

  /** A read whose location is known and whose write is not chosen, one that says where others go if there is one. */
  #nextRead(): number | undefined {
    const { readsFrom, location } = this.coherence;
    const { reads, pointers } = this.candidate;
    const isOpen = (read: number): boolean => readsFrom[read] === UNCHOSEN && location[read] !== -1;
    return pointers.find(isOpen) ?? reads.find(isOpen);
  }

  /** What `read` may read from, as far as locations say. */
  #sources(read: number): number[] {
    const { skeleton } = this.candidate;
    const { location } = this.coherence;
    const { kind } = skeleton.events[read];
    if (kind !== 'R') return this.#locks.sources(read, this.coherence);
    const found = [INITIAL];
    for (const write of this.candidate.writes)
      if (location[write] === location[read] || location[write] === -1) found.push(write);
    return found;
  }

  /** Two writes of one location in no order yet. */
  #nextPair(): [number, number] | undefined {
    const { coherence, candidate } = this;
    const { writes } = candidate;
    for (let i = 0; i < writes.length; i++)
      for (let j = i + 1; j < writes.length; j++) {
        const [one, other] = [writes[i], writes[j]];
        if (coherence.location[one] !== coherence.location[other] || coherence.location[one] === -1) continue;
        if (!coherence.isBefore(one, other) && !coherence.isBefore(other, one)) return [one, other];
      }
    return undefined;
  }

  /** Whether all is known that has to be. */
  #isComplete(): boolean {
    const { candidate, coherence, values } = this;
    if (this.nonsense !== undefined) return true;
    if (candidate.writes.some((write) => coherence.location[write] === -1)) return false;
    if (candidate.reads.some((read) => coherence.readsFrom[read] === UNCHOSEN)) return false;
    const unknown = candidate.reads.filter((read) => values[read] === undefined);
    if (unknown.length === 0) return true;
    if (candidate.constraints.some((constraint) => candidate.worth(constraint, values) === undefined)) return false;
    return this.#takeFromThinAir(unknown);
  }

  /**
   * Values that go round in a circle. Where they are only copied, as herd7 has it, any value does; where something is
   * calculated from them, there is none.
   */
  #takeFromThinAir(unknown: readonly number[]): boolean {
    const { candidate, coherence } = this;
    const given = this.values.slice();
    for (const read of unknown) {
      const passed: number[] = [];
      let at = read;
      while (!passed.includes(at) && given[at] === undefined) {
        passed.push(at);
        const stored = candidate.stored[coherence.readsFrom[at]];
        if (stored?.term.kind !== 'read') return false;
        at = candidate.skeleton.dense[stored.base + stored.term.event];
      }
      const value = given[at] ?? new ThinAir(at);
      for (const each of passed) given[each] = value;
    }
    this.values = given;
    return true;
  }

  finally = (location: Address): Value => {
    const where = this.#globals.numberOf(location);
    const { coherence, candidate } = this;
    let last = -1;
    for (const write of candidate.writes)
      if (coherence.location[write] === where && (last < 0 || coherence.isBefore(last, write))) last = write;
    if (last < 0) return this.#globals.initial(location);
    return candidate.worth(candidate.stored[last]!, this.values) ?? 0;
  };
}
