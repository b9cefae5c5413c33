/**
 * Model memory: one buffer of 32-bit words, an undo log, and a 64-bit hash that every store updates.
 * The hash is the exclusive-or of a hash of each (address, value), so it depends on the contents alone.
 */
import {
  SLOT_LIVE,
  WORD_GUARDED,
  WORD_GUARDS_WRITES_ONLY,
  WORD_GUARD_SHARED,
  WORD_IN_SLOT,
  type Layout,
  type LayoutImage,
} from './layout.js';
import { KernelBug } from './kernel-bug.js';
import { assertNotRunning } from './running.js';
import type { Cell } from './struct.js';
import { ValueTable, mix } from './values.js';

/** What an invariant sees: memory that can be read and not written. */
export interface MemoryReader {
  /** The value of a cell. */
  get<T>(cell: Cell<T>): T;
}

/** First half of the hash of one word. */
export function wordHash0(address: number, value: number): number {
  return mix(Math.imul(value, 0x9e3779b1) ^ Math.imul(address + 1, 0x7feb352d));
}

/** Second half of the hash of one word. */
export function wordHash1(address: number, value: number): number {
  return mix((Math.imul(value, 0x846ca68b) + Math.imul(address + 1, 0x2c1b3c6d)) | 0);
}

/** The state of one run, and the registers through which a request gets its answer. */
export class Memory implements MemoryReader {
  readonly layout: Layout;
  readonly image: LayoutImage;
  readonly values = new ValueTable();
  /** The layout's words, then `extra` words for whoever runs the threads. */
  readonly words: Int32Array;
  /** Number of the thread whose request is being performed. */
  thread = 0;
  /** The alternative taken by the next choice. */
  choice = 0;
  /** Answer of the last request: low word, or the number of an interned value. */
  lo = 0;
  /** Answer of the last request: high word; 1 marks an interned value. */
  hi = 0;
  h0 = 0;
  h1 = 0;
  undoLog: Int32Array = new Int32Array(1 << 12);
  undoTop = 0;
  /** Words read and written through {@link get} and {@link set}, while somebody wants to know. */
  watch: ((address: number, isWrite: boolean) => void) | undefined;
  /** The first rule the last step broke without being stopped by it. */
  reported: KernelBug | undefined;
  /** Whether an operation is running, so that its accesses are checked as a thread's are. */
  performing = false;
  #logging = true;

  constructor(layout: Layout, extra = 0) {
    this.layout = layout;
    this.image = layout.image;
    this.words = new Int32Array(this.image.size + extra);
  }

  /** Stops keeping an undo log and a hash: for direct runs, which never go back. */
  stopLogging(): void {
    this.#logging = false;
  }

  /** Writes one word: the only way model memory changes. */
  store(address: number, value: number): void {
    const words = this.words;
    const old = words[address] as number;
    if (old === value) return;
    if (this.#logging) {
      let top = this.undoTop;
      if (top + 2 > this.undoLog.length) this.growUndo();
      this.undoLog[top++] = address;
      this.undoLog[top++] = old;
      this.undoTop = top;
      this.h0 ^= wordHash0(address, old) ^ wordHash0(address, value);
      this.h1 ^= wordHash1(address, old) ^ wordHash1(address, value);
    }
    words[address] = value;
  }

  /** Takes back every store since the log was at `mark`; the caller restores the hash it noted there. */
  undoTo(mark: number, h0: number, h1: number): void {
    const log = this.undoLog;
    const words = this.words;
    let top = this.undoTop;
    while (top > mark) {
      top -= 2;
      words[log[top] as number] = log[top + 1] as number;
    }
    this.undoTop = top;
    this.h0 = h0;
    this.h1 = h1;
  }

  /**
   * The value of a cell, for operations and invariants.
   *
   * @throws {@link ImpureModel} when called from inside a running thread
   */
  get<T>(cell: Cell<T>): T {
    assertNotRunning('model memory');
    const address = cell.address;
    this.watch?.(address, false);
    if (this.performing && this.image.flags[address] !== 0) this.checkAccess(address, false);
    return cell.type.decode(this.words[address] as number, cell.type.words === 2 ? (this.words[address + 1] as number) : 0);
  }

  /**
   * Writes a cell, for operations and initial states.
   *
   * @throws RangeError when the value does not fit the cell's type
   */
  set<T>(cell: Cell<T>, value: T): void {
    assertNotRunning('model memory');
    const { address, type } = cell;
    if (!type.fits(value)) throw new RangeError(`${this.layout.nameOf(address)}: expected a ${type.name}, got ${String(value)}`);
    this.watch?.(address, true);
    if (this.performing && this.image.flags[address] !== 0) this.checkAccess(address, true);
    this.store(address, type.low(value));
    if (type.words === 2) this.store(address + 1, type.high(value));
  }

  /** Notes a broken rule that does not stop the thread, such as WARN_ON; the first of a step counts. */
  report(bug: KernelBug): void {
    this.reported ??= bug;
  }

  /** Whether the running thread holds the lock at `holder`; as a reader counts where `shared`. */
  holds(holder: number, shared: boolean): boolean {
    if (this.words[holder] === this.thread + 1) return true;
    return shared && (((this.words[holder + 1] as number) >>> this.thread) & 1) === 1;
  }

  /** Reports an access to freed memory, or without the lock that guards it. */
  checkAccess(address: number, isWrite: boolean): void {
    const flags = this.image.flags[address] as number;
    if (flags & WORD_IN_SLOT && this.words[this.image.slot[address] as number] !== SLOT_LIVE)
      this.report(
        new KernelBug('use-after-free', 'use-after-free', `${isWrite ? 'write to' : 'read of'} ${this.layout.nameOf(address)}, which is not allocated`),
      );
    if (flags & WORD_GUARDED && (isWrite || !(flags & WORD_GUARDS_WRITES_ONLY))) this.#checkGuard(address, flags, isWrite);
  }

  #checkGuard(address: number, flags: number, isWrite: boolean): void {
    const lock = this.image.guard[address] as number;
    if (this.holds(lock, !isWrite && (flags & WORD_GUARD_SHARED) !== 0)) return;
    const holder = this.words[lock] as number;
    const who = holder === 0 ? 'nobody holds it' : `thread ${holder - 1} holds it`;
    const what = `${isWrite ? 'write to' : 'read of'} ${this.layout.nameOf(address)}`;
    this.report(new KernelBug('guard', 'guard', `${what} without ${this.layout.nameOf(lock)}, ${who}`));
  }

  /** Doubles the undo log. */
  growUndo(): void {
    const grown = new Int32Array(this.undoLog.length * 2);
    grown.set(this.undoLog);
    this.undoLog = grown;
  }
}
