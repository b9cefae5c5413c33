/**
 * Which words each condition reads, learnt while searching. A condition's answer depends on what it read alone, so while
 * none of that changes it need not be asked again.
 *
 * A condition is confined if one lock orders every write to what it reads. Then nobody but the lock's holder can change its
 * answer, and it does not matter what the others do meanwhile: it is enough to ask after each step that the holder takes.
 */
import { WORD_GHOST, WORD_GUARDED, WORD_IN_SLOT, type Memory } from '@shootdown/machine';

/** The condition that is never confined; of a model's other ones, those from {@link MOST} on share a number. */
export const OPEN = 0;
const MOST = 30;

/** The number under which an invariant is known, from its place among all. */
export const conditionOf = (place: number): number => Math.min(place + 1, MOST);

/** Nobody writes a word; no lock orders those who do. */
const NOBODY = 0;
const ANYBODY = -1;

/** What is known of conditions, for another search of the same model to take over. */
export interface ReadSetsKnown {
  readonly readers: Int32Array;
  readonly confined: number;
  readonly loose: Uint8Array;
}

/** What {@link InvariantReadSets} are told of memory. */
export interface Writers {
  /** Whether some thread writes a word. */
  isWritten(address: number): boolean;
  /** Whether a lock's word changes only when somebody waits for it, or lets go of it having held it. */
  isPlainLock(address: number): boolean;
}

/** Knows, for each word, the conditions that read it. */
export class InvariantReadSets {
  /** Bits of the conditions that are confined as far as is known. */
  confined: number = ~(1 << OPEN);
  readonly #memory: Memory;
  readonly #writers: Writers;
  readonly #readers: Int32Array;
  /** By condition: the lock that it is confined to. */
  readonly #lock = new Int32Array(MOST + 1);
  /** 1 for words that no lock orders the writes to, whatever their type says. */
  readonly #loose: Uint8Array;

  constructor(memory: Memory, writers: Writers) {
    const { image, layout } = memory;
    this.#memory = memory;
    this.#writers = writers;
    this.#readers = new Int32Array(image.size);
    this.#loose = Uint8Array.from(image.flags, (flags) => ((flags & (WORD_GHOST | WORD_IN_SLOT)) === 0 ? 0 : 1));
    for (const slab of layout.slabs) for (const { address } of slab.states) this.#loose[address] = 1;
    for (const { address, shared } of image.locks) if (shared) this.#loose[address + 1] = 1;
  }

  /** What is known. */
  get known(): ReadSetsKnown {
    return { readers: this.#readers, confined: this.confined, loose: this.#loose };
  }

  /** Whether a condition is known to read a word. */
  isNoted(condition: number, address: number): boolean {
    return ((this.#readers[address] >>> condition) & 1) === 1;
  }

  /** Notes that a condition reads a word; returns whether it is confined all the same. */
  note(condition: number, address: number): boolean {
    this.#readers[address] |= 1 << condition;
    if (((this.confined >>> condition) & 1) === 0) return false;
    return this.#fits(condition, address);
  }

  /** Bits of the confined conditions that read a word and could not be if they did so only now. */
  misfits(address: number): number {
    let misfits = 0;
    const readers = this.#readers[address] & this.confined;
    for (let bits = readers; bits !== 0; bits &= bits - 1) {
      const condition = 31 - Math.clz32(bits & -bits);
      if (!this.#fits(condition, address)) misfits |= 1 << condition;
    }
    return misfits;
  }

  /** A word is written as part of the specification: no lock orders that. Answers whether that is new. */
  loosen(address: number): boolean {
    if (this.#loose[address] === 1) return false;
    this.#loose[address] = 1;
    return true;
  }

  /** Conditions are not confined any more; calls `visit` for every word that they read. */
  open(conditions: number, visit: (address: number) => void): void {
    this.confined &= ~conditions;
    this.#readers.forEach((readers, address) => {
      if ((readers & conditions) !== 0) visit(address);
    });
  }

  /** Bits of the conditions that read a word. */
  readersOf(address: number): number {
    return this.#readers[address];
  }

  /** Bits of the conditions that may answer otherwise than when the undo log was at `mark`. */
  changedSince(mark: number): number {
    const { undoLog, undoTop } = this.#memory;
    const readers = this.#readers;
    let changed = 0;
    for (let i = mark; i < undoTop; i += 2) {
      const address = undoLog[i];
      // A cell has two words at most, and is known by its first.
      if (address < readers.length) changed |= readers[address] | readers[address - 1];
    }
    return changed;
  }

  #fits(condition: number, address: number): boolean {
    const lock = this.#orderedBy(address);
    if (lock === NOBODY) return true;
    if (lock === ANYBODY) return false;
    if (this.#lock[condition] === 0) this.#lock[condition] = lock;
    return this.#lock[condition] === lock;
  }

  /** The lock that orders the writes to a word. */
  #orderedBy(address: number): number {
    const { flags, guard, locks } = this.#memory.image;
    if (this.#loose[address] === 1) return ANYBODY;
    if (locks.some((lock) => lock.address === address)) return this.#writers.isPlainLock(address) ? address : ANYBODY;
    if ((flags[address] & WORD_GUARDED) !== 0) return guard[address];
    return this.#writers.isWritten(address) ? ANYBODY : NOBODY;
  }
}
