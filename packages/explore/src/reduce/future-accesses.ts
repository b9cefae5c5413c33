/**
 * What each control state may still touch, learnt while searching. A thread at a control state will perform the accesses of
 * that state and of those that its automaton leads to; a step that touches none of what the other threads may still touch
 * needs to be tried in one order only ({@link persistentSet}). Nothing is known of edges not yet taken: a search that relied
 * on a set which grew later is started anew.
 */
import { KIND, WORD_IN_SLOT, type Memory, type Request } from '@shootdown/machine';
import type { Journal } from '../learn/journal.js';
import type { Symmetry } from './symmetry/symmetry.js';

/** The parts of a control state's record, each a set of words. */
const OWN_WRITES = 0;
const OWN_TOUCHES = 1;
const WRITES = 2;
const TOUCHES = 3;
const PARTS = 4;

/** Bit sets of words by control state: touched by its own step, and by that or any later one. */
export class FutureAccesses {
  /** How often a set grew. */
  growth = 0;
  /** Whether a set grew that the present search had relied on. */
  isRefuted = false;
  /** The control state whose step is being performed. */
  current = 0;
  readonly #memory: Memory;
  readonly #symmetry: Symmetry | undefined;
  /** 32-bit words of one set. */
  readonly #width: number;
  readonly #observed: Int32Array;
  readonly #journal: Journal;
  #sets: Int32Array;
  #reliedOn: Uint8Array;
  #before: number[][] = [];

  constructor(memory: Memory, symmetry: Symmetry | undefined, journal: Journal) {
    this.#memory = memory;
    this.#journal = journal;
    this.#symmetry = symmetry;
    this.#width = (memory.image.size + 31) >>> 5;
    this.#observed = new Int32Array(this.#width);
    this.#sets = new Int32Array(64 * PARTS * this.#width);
    this.#reliedOn = new Uint8Array(64);
  }

  /** The automaton is learnt anew. */
  clear(): void {
    this.#sets.fill(0);
    this.#before = [];
    this.beginSearch();
  }

  /** A search begins that has relied on nothing yet. */
  beginSearch(): void {
    this.#reliedOn.fill(0);
    this.isRefuted = false;
  }

  /** A control state was learnt. */
  onControl(control: number, request: Request<unknown>): void {
    this.#reserve(control);
    this.#before[control] = [];
    const { kind, address } = request;
    if (address === 0 || kind === KIND.OP || kind === KIND.CALL || kind === KIND.SPIN) return;
    const isWrite = kind !== KIND.READ && kind !== KIND.AWAIT;
    this.#touch(control, address, isWrite);
    if (request.wide) this.#touch(control, address + 1, isWrite);
    const { flags, slot } = this.#memory.image;
    if ((flags[address] & WORD_IN_SLOT) !== 0) this.#touch(control, slot[address], false);
  }

  /** An edge was learnt. */
  onEdge(from: number, to: number): void {
    this.#before[to].push(from);
    this.#inherit(from, to);
  }

  /** The step of {@link current} touches a word that its request does not name. */
  readonly touch = (address: number, isWrite: boolean): void => {
    const { current } = this;
    if (this.#has(current, isWrite ? OWN_WRITES : OWN_TOUCHES, address)) return;
    this.#journal.touch(current, address, isWrite);
    this.#touch(current, address, isWrite);
    this.#symmetry?.forControlImages(current, address, (control, image) => {
      this.#touch(control, image, isWrite);
    });
  };

  /** An invariant reads a word: who writes it is seen. */
  observe(address: number): void {
    const bit = 1 << (address & 31);
    const at = address >>> 5;
    if ((this.#observed[at] & bit) !== 0) return;
    this.#observed[at] |= bit;
    for (let c = 0; c < this.#before.length; c++)
      if (this.#reliedOn[c] === 1 && this.#has(c, OWN_WRITES, address)) this.isRefuted = true;
    this.growth++;
  }

  /** The control states whose sets this search relied on. */
  get reliedOn(): readonly number[] {
    return [...this.#reliedOn.keys()].filter((control) => this.#reliedOn[control] === 1);
  }

  /** The search relied on a control state's sets before it was taken over. */
  relyOn(control: number): void {
    this.#reliedOn[control] = 1;
  }

  /** Whether an invariant could tell that the step at a control state was taken. */
  isVisible(control: number): boolean {
    this.#reliedOn[control] = 1;
    const at = (control * PARTS + OWN_WRITES) * this.#width;
    for (let i = 0; i < this.#width; i++) if ((this.#sets[at + i] & this.#observed[i]) !== 0) return true;
    return false;
  }

  /** Whether the step at `control` conflicts with any that a thread at `other` may still take. */
  conflicts(control: number, other: number): boolean {
    this.#reliedOn[control] = 1;
    this.#reliedOn[other] = 1;
    const width = this.#width;
    const sets = this.#sets;
    const mine = control * PARTS * width;
    const theirs = other * PARTS * width;
    for (let i = 0; i < width; i++) {
      const isConflict =
        (sets[mine + OWN_WRITES * width + i] & sets[theirs + TOUCHES * width + i]) |
        (sets[mine + OWN_TOUCHES * width + i] & sets[theirs + WRITES * width + i]);
      if (isConflict !== 0) return true;
    }
    return false;
  }

  #touch(control: number, address: number, isWrite: boolean): void {
    const isNew = this.#add(control, OWN_TOUCHES, address);
    const isNewWrite = isWrite && this.#add(control, OWN_WRITES, address);
    if (!isNew && !isNewWrite) return;
    this.#grew(control);
    this.#add(control, TOUCHES, address);
    if (isWrite) this.#add(control, WRITES, address);
    this.#spread(control);
  }

  #spread(control: number): void {
    const work = [control];
    for (let to = work.pop(); to !== undefined; to = work.pop())
      for (const from of this.#before[to]) if (this.#join(from, to)) work.push(from);
  }

  #inherit(from: number, to: number): void {
    if (this.#join(from, to)) this.#spread(from);
  }

  /** Adds what may be touched after `to` to what may be after `from`; returns whether that is more. */
  #join(from: number, to: number): boolean {
    const width = this.#width;
    const sets = this.#sets;
    const a = (from * PARTS + WRITES) * width;
    const b = (to * PARTS + WRITES) * width;
    let isMore = false;
    for (let i = 0; i < 2 * width; i++) {
      const more = sets[b + i] & ~sets[a + i];
      if (more === 0) continue;
      sets[a + i] |= more;
      isMore = true;
    }
    if (isMore) this.#grew(from);
    return isMore;
  }

  #grew(control: number): void {
    this.growth++;
    if (this.#reliedOn[control] === 1) this.isRefuted = true;
  }

  #has(control: number, part: number, address: number): boolean {
    return ((this.#sets[(control * PARTS + part) * this.#width + (address >>> 5)] >>> (address & 31)) & 1) === 1;
  }

  #add(control: number, part: number, address: number): boolean {
    if (this.#has(control, part, address)) return false;
    this.#sets[(control * PARTS + part) * this.#width + (address >>> 5)] |= 1 << (address & 31);
    return true;
  }

  #reserve(control: number): void {
    if (control < this.#reliedOn.length) return;
    const reliedOn = new Uint8Array(this.#reliedOn.length * 2);
    reliedOn.set(this.#reliedOn);
    this.#reliedOn = reliedOn;
    const sets = new Int32Array(this.#sets.length * 2);
    sets.set(this.#sets);
    this.#sets = sets;
  }
}
