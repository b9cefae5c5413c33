/**
 * Model memory: one buffer of 32-bit words, an undo log, and a 64-bit hash that every store updates. All words are zero
 * at first, with hash 0; the hash is the sum over all words of hash(address, value) - hash(address, 0), so it depends on the
 * contents alone and not on how they came about. Another seed makes it another hash: contents that have one hash under one
 * seed have two under most others.
 */
import { KernelBug } from './kernel-bug.js';
import type { Layout } from './layout.js';
import {
  WORD_GUARDED,
  WORD_GUARDS_WRITES_ONLY,
  WORD_GUARD_SHARED,
  WORD_IN_SLOT,
  type LayoutImage,
} from './layout-image.js';
import { assertCell, misfit } from './misfit.js';
import { assertNotRunning } from './running.js';
import { SLOT_FREED, SLOT_LIVE } from './slab.js';
import type { Cell } from './struct.js';
import { ValueTable, mix } from './values.js';

/** What an invariant sees: memory that can be read and not written. */
export interface MemoryReader {
  /**
   * The value of a cell.
   *
   * @throws {@link ImpureModel} when called from inside a running thread
   */
  get<T>(cell: Cell<T>): T;
}

/**
 * First half of the hash of one word.
 *
 * @param address - word address
 * @param value - taken modulo 2^32
 * @param seed - picks one of 2^32 hashes
 * @returns a signed 32-bit integer
 */
export function wordHash0(address: number, value: number, seed = 0): number {
  return mix(Math.imul(value, 0x9e3779b1) ^ Math.imul(address + 1, 0x7feb352d) ^ seed);
}

/** Second half of the hash of one word, as {@link wordHash0}. */
export function wordHash1(address: number, value: number, seed = 0): number {
  return mix((Math.imul(value, 0x846ca68b) + Math.imul(address + 1, 0x2c1b3c6d) + seed) | 0);
}

/** Who says what runs for a call, where that is not simply the function. */
export interface Code {
  /** @param isHeard - whether who listens to the code is told of its steps */
  bodyOf(
    call: { readonly fn: object | undefined; readonly args: readonly unknown[] },
    isHeard?: boolean,
  ): Generator<unknown, unknown>;
}

/** The state of one run, and the registers through which a request gets its answer. */
export class Memory implements MemoryReader {
  /** What lies where. */
  readonly layout: Layout;
  /** What the machine knows of each word. */
  readonly image: LayoutImage;
  /** Answers that are no small integers, by number. */
  readonly values = new ValueTable();
  /** The layout's words, then `extra` words for whoever runs the threads. Written by {@link Memory.store} alone. */
  readonly words: Int32Array;
  /** What reports call the threads, by number; `thread 0` and so on where nobody said. */
  threadNames: readonly string[] = [];
  /** Number of the thread whose request is being performed, 0 to 30. */
  thread = 0;
  /** The alternative taken by the next choice. */
  choice = 0;
  /** Answer of the last request: low word, or the number of an interned value. */
  lo = 0;
  /** Answer of the last request: high word; 1 marks an interned value. */
  hi = 0;
  /** First half of the hash of the contents, signed. */
  h0 = 0;
  /** Second half of the hash of the contents, signed. */
  h1 = 0;
  /** Pairs of address and old value, newest last. */
  undoLog: Int32Array = new Int32Array(1 << 12);
  /** Entries of {@link Memory.undoLog} in use, two a store. */
  undoTop = 0;
  /** Told of every cell read or written through {@link Memory.get} and {@link Memory.set}, by its first word's address. */
  watch: ((address: number, isWrite: boolean) => void) | undefined;
  /**
   * Told of every word that an operation or a condition looks at in whatever way or writes, and that its accesses are checked by.
   * Unlike {@link Memory.watch} also of locks whose holder it asks for.
   */
  looked: ((address: number) => void) | undefined;
  /** 1 for each word of which it was checked whether its guard is held. */
  readonly guardsChecked: Uint8Array;
  /** Told of every word that changes, also of those taken back. */
  listener: ((address: number, old: number, value: number) => void) | undefined;
  /** The first rule the last step broke without being stopped by it. */
  reported: KernelBug | undefined;
  /** The rules it broke after that; whoever reads them makes this undefined again. */
  alsoReported: KernelBug[] | undefined;
  /** Whether an operation is running, so that its accesses are checked as a thread's are. */
  performing = false;
  /** Says what runs for a call, where the code is mutated. */
  code: Code | undefined;
  /** Seed of {@link wordHash0} and {@link wordHash1}. */
  readonly seed: number;
  #logging = true;
  #unlogged = 0;

  /**
   * Makes a memory of zeros, and closes the layout.
   *
   * @param extra - words behind the layout's, for whoever runs the threads
   * @param seed - of the hash, a signed 32-bit integer
   * @throws Error when a guard in the layout names no lock
   */
  constructor(layout: Layout, extra = 0, seed = 0) {
    this.layout = layout;
    this.seed = seed;
    this.image = layout.image;
    this.guardsChecked = new Uint8Array(this.image.size);
    this.words = new Int32Array(this.image.size + extra);
  }

  /** Stops keeping an undo log and a hash: for direct runs, which never go back and would let the log grow for ever. */
  stopLogging(): void {
    this.#logging = false;
  }

  /** Whether it is kept how to go back: in a search. */
  get isLogging(): boolean {
    return this.#logging;
  }

  /** A number that differs after a store that changed something, for as long as nothing is taken back. */
  get changes(): number {
    return this.#logging ? this.undoTop : this.#unlogged;
  }

  /**
   * Writes one word: the only way model memory changes. Checks nothing.
   *
   * @param address - word address below the length of {@link Memory.words}
   * @param value - a signed 32-bit integer
   */
  store(address: number, value: number): void {
    const words = this.words;
    const old = words[address];
    if (old === value) return;
    if (this.#logging) {
      let top = this.undoTop;
      if (top + 2 > this.undoLog.length) this.growUndo();
      this.undoLog[top++] = address;
      this.undoLog[top++] = old;
      this.undoTop = top;
      const { seed } = this;
      this.h0 = (this.h0 + wordHash0(address, value, seed) - wordHash0(address, old, seed)) | 0;
      this.h1 = (this.h1 + wordHash1(address, value, seed) - wordHash1(address, old, seed)) | 0;
    } else {
      this.#unlogged++;
    }
    words[address] = value;
    if (this.listener !== undefined) this.listener(address, old, value);
  }

  /**
   * Takes the words out of the undo log that are what they were: a step that sets a word and sets it back changes nothing.
   *
   * @param mark - where the log was before the step
   */
  forgetUnchanged(mark: number): void {
    const { undoLog, undoTop, words } = this;
    if (!mayHaveTwice(undoLog, mark, undoTop)) return;
    const first = new Map<number, number>();
    for (let i = mark; i < undoTop; i += 2) if (!first.has(undoLog[i])) first.set(undoLog[i], undoLog[i + 1]);
    let top = mark;
    for (const [address, old] of first) {
      if (words[address] === old) continue;
      undoLog[top++] = address;
      undoLog[top++] = old;
    }
    this.undoTop = top;
  }

  /**
   * Takes back every store since the log was at `mark`.
   *
   * @param mark - {@link Memory.undoTop} as it was
   * @param h0 - {@link Memory.h0} as it was then
   * @param h1 - {@link Memory.h1} as it was then
   */
  undoTo(mark: number, h0: number, h1: number): void {
    const log = this.undoLog;
    const words = this.words;
    let top = this.undoTop;
    while (top > mark) {
      top -= 2;
      if (this.listener !== undefined) this.listener(log[top], words[log[top]], log[top + 1]);
      words[log[top]] = log[top + 1];
    }
    this.undoTop = top;
    this.h0 = h0;
    this.h1 = h1;
  }

  /**
   * The value of a cell, for operations and invariants. Inside an operation the access is checked.
   *
   * @throws {@link ImpureModel} when called from inside a running thread
   */
  get<T>(cell: Cell<T>): T {
    assertNotRunning('model memory');
    if ((cell as Cell<T> | undefined)?.type === undefined) assertCell('memory.get', cell);
    const address = cell.address;
    if (address >= this.image.size) this.layout.assertHas(cell, 'memory.get');
    this.watch?.(address, false);
    if (this.looked !== undefined) this.#lookAt(address, cell.type.words);
    if (this.performing && this.image.flags[address] !== 0) this.checkAccess(address, false);
    return cell.type.decode(this.words[address], cell.type.words === 2 ? this.words[address + 1] : 0);
  }

  /**
   * Writes a cell, for operations and initial states. Inside an operation the access is checked.
   *
   * @throws RangeError when the value does not fit the cell's type
   * @throws {@link ModelError} when the cell lies outside of the layout
   * @throws {@link ImpureModel} when called from inside a running thread
   */
  set<T>(cell: Cell<T>, value: T): void {
    assertNotRunning('model memory');
    if ((cell as Cell<T> | undefined)?.type === undefined) assertCell('memory.set', cell);
    const { address, type } = cell;
    if (address >= this.image.size) this.layout.assertHas(cell, 'memory.set');
    if (!type.fits(value)) throw new RangeError(`${this.layout.nameOf(address)}: ${misfit(type, value)}`);
    this.watch?.(address, true);
    if (this.looked !== undefined) this.#lookAt(address, type.words);
    if (this.performing && this.image.flags[address] !== 0) this.checkAccess(address, true);
    this.store(address, type.low(value));
    if (type.words === 2) this.store(address + 1, type.high(value));
  }

  /**
   * One word as it is, whatever its type, for operations that look at words by their address, such as a lock's. Reductions do not
   * see it: only for words that nobody but the running thread changes, or that lie in an object whose slot it writes.
   *
   * @param address - word address
   */
  peek(address: number): number {
    this.looked?.(address);
    return this.words[address];
  }

  #lookAt(address: number, words: number): void {
    for (let i = 0; i < words; i++) this.looked?.(address + i);
  }

  /** Notes a broken rule that does not stop the thread, such as WARN_ON. */
  report(bug: KernelBug): void {
    if (this.reported === undefined) this.reported = bug;
    else (this.alsoReported ??= []).push(bug);
  }

  /**
   * Whether the running thread holds a lock.
   *
   * @param holder - address of the lock's holder word
   * @param shared - whether holding it as a reader counts; its readers word follows the holder word
   */
  holds(holder: number, shared: boolean): boolean {
    if (this.looked !== undefined) {
      this.looked(holder);
      if (shared) this.looked(holder + 1);
    }
    if (this.words[holder] === this.thread + 1) return true;
    return shared && ((this.words[holder + 1] >>> this.thread) & 1) === 1;
  }

  /** Reports an access by the running thread to memory that is not allocated, or without the lock that guards it. */
  checkAccess(address: number, isWrite: boolean): void {
    const flags = this.image.flags[address];
    if (flags & WORD_IN_SLOT && this.peek(this.image.slot[address]) !== SLOT_LIVE)
      this.#reportNotLive(address, isWrite);
    if (flags & WORD_GUARDED && (isWrite || !(flags & WORD_GUARDS_WRITES_ONLY)))
      this.#checkGuard(address, flags, isWrite);
  }

  #reportNotLive(address: number, isWrite: boolean): void {
    const isFreed = this.words[this.image.slot[address]] === SLOT_FREED;
    const what = `${isWrite ? 'write to' : 'read of'} ${this.layout.nameOf(address)}`;
    const state = isFreed ? 'which was freed' : 'which was never allocated';
    this.report(new KernelBug('use-after-free', 'use-after-free', `${what}, ${state}`, address));
  }

  #checkGuard(address: number, flags: number, isWrite: boolean): void {
    const lock = this.image.guard[address];
    this.guardsChecked[address] = 1;
    if (this.holds(lock, !isWrite && (flags & WORD_GUARD_SHARED) !== 0)) return;
    this.reportUnguarded(`${isWrite ? 'write to' : 'read of'} ${this.layout.nameOf(address)}`, lock);
  }

  /**
   * Reports that something was done without its lock.
   *
   * @param what - what was done, and to what
   * @param lock - address of the lock's holder word
   */
  reportUnguarded(what: string, lock: number): void {
    const who = `${this.holderName(lock)} holds it`;
    this.report(new KernelBug('guard', 'guard', `${what} without ${this.layout.nameOf(lock)}, ${who}`, lock));
  }

  /** Who holds the lock at this address for itself alone: a thread's name, or `nobody`. */
  holderName(lock: number): string {
    const holder = this.peek(lock);
    return holder === 0 ? 'nobody' : this.nameOfThread(holder - 1);
  }

  /** What reports call a thread. */
  nameOfThread(thread: number): string {
    return this.threadNames[thread] ?? `thread ${thread}`;
  }

  /** Doubles the undo log, for a caller that appends to it. */
  growUndo(): void {
    const grown = new Int32Array(this.undoLog.length * 2);
    grown.set(this.undoLog);
    this.undoLog = grown;
  }
}

/** So many stores are compared with each other at most. */
const MOST_COMPARED = 32;

/** Whether a part of an undo log names some word twice, as far as a quick look tells: a long one may. */
function mayHaveTwice(undoLog: Int32Array, from: number, to: number): boolean {
  if (to - from > 2 * MOST_COMPARED) return true;
  for (let i = from + 2; i < to; i += 2) for (let j = from; j < i; j += 2) if (undoLog[i] === undoLog[j]) return true;
  return false;
}
