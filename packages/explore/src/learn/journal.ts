/**
 * What an automaton learnt, in order, so that another one of the same model can learn the same without the states in which
 * it was learnt: every edge taken, and every word that the step of a control state was seen to touch.
 */
import { INTERNED, KIND, type Memory } from '@shootdown/machine';
import type { Automaton } from './automaton.js';
import { GrowingInts } from '../base/growing-ints.js';
import { portable, revive, type PortableValue } from '../base/portable-value.js';

const EDGE = 0;
const READ = 1;
const WRITE = 2;
const FIELDS = 4;

/** Entries of a journal, told without the numbers that only its automaton knows. */
export interface JournalPart {
  /** Five integers each: what, the hash of a control state, and an edge's answer or the word touched. */
  readonly entries: Int32Array;
  /** The answers that are no integers, by place in `entries`. */
  readonly values: readonly PortableValue[];
}

/** Is given what a journal tells. */
export interface Learner {
  /** The control state with this hash; `undefined` if none is known yet. */
  controlOf(h0: number, h1: number): number | undefined;
  edge(control: number, lo: number, hi: number): void;
  touch(control: number, address: number, isWrite: boolean): void;
}

/** The record. */
export class Journal {
  #entries = new GrowingInts();

  /** Number of entries. */
  get length(): number {
    return this.#entries.length / FIELDS;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries = new GrowingInts();
  }

  /** An edge was taken for the first time. */
  edge(control: number, lo: number, hi: number): void {
    this.#add(EDGE, control, lo, hi);
  }

  /** The step of a control state touches a word that its request does not name. */
  touch(control: number, address: number, isWrite: boolean): void {
    this.#add(isWrite ? WRITE : READ, control, address, 0);
  }

  /** Calls `visit` for every edge noted so far. */
  forEachEdge(visit: (control: number, lo: number, hi: number) => void): void {
    const entries = this.#entries;
    for (let at = 0, end = entries.length; at < end; at += FIELDS)
      if (entries.at(at) === EDGE) visit(entries.at(at + 1), entries.at(at + 2), entries.at(at + 3));
  }

  /** The entries from number `from` on. */
  since(from: number, automaton: Automaton, { values }: Memory): JournalPart {
    const entries = new Int32Array((this.length - from) * 5);
    const told: PortableValue[] = [];
    for (let i = from, at = 0; i < this.length; i++, at += 5) {
      const [what, control, x, y] = [0, 1, 2, 3].map((field) => this.#entries.at(i * FIELDS + field));
      const isValue = what === EDGE && y === INTERNED && automaton.requests[control].kind === KIND.OP;
      entries.set([what, automaton.hash0[control], automaton.hash1[control], isValue ? told.length : x, y], at);
      if (isValue) told.push(portable(values.valueOf(x)));
    }
    return { entries, values: told };
  }

  #add(what: number, control: number, x: number, y: number): void {
    this.#entries.push(what);
    this.#entries.push(control);
    this.#entries.push(x);
    this.#entries.push(y);
  }
}

/**
 * Learns what another's journal tells. An entry waits until the control state it is about is known.
 *
 * @param kindOf - the kind of request that a control state makes
 * @throws Error when some are never known: the journal is of another model
 */
export function learnFrom(
  part: JournalPart,
  learner: Learner,
  memory: Memory,
  kindOf: (control: number) => number,
): void {
  let waiting = Array.from({ length: part.entries.length / 5 }, (_, i) => i * 5);
  while (waiting.length > 0) {
    const later = waiting.filter((at) => {
      const [what, h0, h1, x, y] = part.entries.subarray(at, at + 5);
      const control = learner.controlOf(h0, h1);
      if (control === undefined) return true;
      if (what !== EDGE) learner.touch(control, x, what === WRITE);
      else if (y === INTERNED && kindOf(control) === KIND.OP)
        learner.edge(control, memory.values.intern(revive(part.values[x], memory.layout)), y);
      else learner.edge(control, x, y);
      return false;
    });
    if (later.length === waiting.length)
      throw new Error('a journal of another model: it tells of unknown control states');
    waiting = later;
  }
}
