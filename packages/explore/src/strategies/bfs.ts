/** Breadth-first search: the first violation it meets has a shortest schedule. */
import type { KernelBug } from '@shootdown/machine';
import type { SearchedSystem } from '../view/running-system.js';
import { GrowingInts } from '../base/growing-ints.js';
import type { Found, Search } from './search.js';
import type { Decision } from '../base/schedule.js';
import { lowest } from '../base/thread-set.js';
import { choiceCount } from '../view/running-system.js';
import { VisitedTable } from './visited.js';

const CHUNK_STATES = 1 << 12;

/** Explores every state in order of its distance from the engine's present one. */
export class BreadthFirst implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  readonly #engine: SearchedSystem;
  readonly #visited: VisitedTable;
  /** Where each state was first reached from: number of the state before, and (thread << 8 | choice). */
  readonly #parent = new GrowingInts();
  readonly #action = new GrowingInts();
  /** States not yet expanded, `#record` words each, in chunks that are dropped once expanded. */
  readonly #chunks: (Int32Array | undefined)[] = [];
  readonly #record: number;
  #next = 0;
  #levelEnd = 1;

  constructor(engine: SearchedSystem, maxBytes: number) {
    this.#engine = engine;
    this.#visited = new VisitedTable(maxBytes);
    this.#record = engine.memory.words.length + 2;
    this.#visited.add(engine.fingerprint0(), engine.fingerprint1());
    engine.beginSearch();
    this.#store(0, 0);
    this.#judge(engine.bug ?? engine.broken(engine.enabled()), 0);
  }

  get states(): number {
    return this.#visited.size;
  }

  get frontier(): number {
    return this.#parent.length - this.#next;
  }

  get bytes(): number {
    const chunks = this.#chunks.reduce((sum, chunk) => sum + (chunk?.byteLength ?? 0), 0);
    return this.#visited.bytes + this.#parent.bytes + this.#action.bytes + chunks;
  }

  advance(transitions: number): boolean {
    const until = this.transitions + transitions;
    while (this.found === undefined) {
      if (this.#next === this.#parent.length) return true;
      if (this.transitions >= until) return false;
      if (this.#next === this.#levelEnd) {
        this.depth++;
        this.#levelEnd = this.#parent.length;
      }
      this.#expand(this.#next++);
    }
    return true;
  }

  #expand(state: number): void {
    const engine = this.#engine;
    const { memory } = engine;
    this.#load(state);
    const { h0, h1 } = memory;
    const enabled = engine.enabled();
    let bits = engine.worthTrying(enabled);
    let rest = enabled & ~bits;
    while (bits !== 0) {
      const thread = lowest(bits);
      bits &= ~(1 << thread);
      const ways = choiceCount(engine, thread);
      for (let choice = 0; choice < ways; choice++) {
        engine.scheduleSoFar = () => [...this.#schedule(state), { thread, choice }];
        engine.step(thread, choice);
        this.transitions++;
        const goesOn = !engine.runEnded && engine.isWithin(0);
        if (!goesOn || engine.closesCycle) {
          bits |= rest;
          engine.expandFully(rest);
          rest = 0;
        }
        if (engine.bug !== undefined || (goesOn && this.#visited.add(engine.fingerprint0(), engine.fingerprint1()))) {
          const child = this.#parent.length;
          this.#store(state, (thread << 8) | choice);
          this.#judge(engine.bug ?? engine.broken(engine.enabled(), 0), child);
          if (this.found !== undefined) return;
        }
        memory.undoTo(0, h0, h1);
      }
    }
  }

  #store(parent: number, action: number): void {
    const index = this.#parent.length;
    this.#parent.push(parent);
    this.#action.push(action);
    const chunk = (this.#chunks[Math.floor(index / CHUNK_STATES)] ??= new Int32Array(CHUNK_STATES * this.#record));
    const at = (index % CHUNK_STATES) * this.#record;
    const { words, h0, h1 } = this.#engine.memory;
    chunk.set(words, at);
    chunk[at + this.#record - 2] = h0;
    chunk[at + this.#record - 1] = h1;
  }

  #load(index: number): void {
    const { memory } = this.#engine;
    const chunk = this.#chunks[Math.floor(index / CHUNK_STATES)] as Int32Array;
    const at = (index % CHUNK_STATES) * this.#record;
    const hashes = at + memory.words.length;
    this.#engine.load(chunk.subarray(at, hashes), chunk[hashes], chunk[hashes + 1]);
    if ((index + 1) % CHUNK_STATES === 0) this.#chunks[Math.floor(index / CHUNK_STATES)] = undefined;
  }

  #judge(bug: KernelBug | undefined, state: number): void {
    if (bug === undefined || !this.#engine.counts(bug)) return;
    this.found = { bug, schedule: this.#schedule(state) };
  }

  #schedule(state: number): Decision[] {
    const schedule: Decision[] = [];
    for (let s = state; s !== 0; s = this.#parent.at(s)) {
      const action = this.#action.at(s);
      schedule.push({ thread: action >> 8, choice: action & 255 });
    }
    return schedule.reverse();
  }
}
