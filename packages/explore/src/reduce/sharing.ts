/**
 * Which words are shared, learnt while searching. A word that one thread alone touches, or that nobody writes, needs no
 * schedule point. A search starts from the words known to be shared, notes every access, and when a word turns out to be
 * shared after all it is started anew with that word added; so in the search that completes no assumption was broken.
 */

const NOBODY = 0;

/** What is known of sharing, for another search of the same model to take over. */
export interface SharingKnown {
  readonly toucher: Int8Array;
  readonly written: Uint8Array;
  readonly several: Uint8Array;
  readonly observed: Uint8Array;
}

/** What is known of each word. */
export class Sharing {
  /** 1 for a word that two threads touch and one writes. */
  readonly shared: Uint8Array;
  /** 1 for a word that an invariant reads which no lock confines: its writes are visible whoever else touches it. */
  readonly observed: Uint8Array;
  /** Grows with the two above. */
  version = 0;
  readonly #toucher: Int8Array;
  readonly #written: Uint8Array;
  readonly #several: Uint8Array;

  /** @param size - words of model memory */
  constructor(size: number) {
    this.shared = new Uint8Array(size);
    this.observed = new Uint8Array(size);
    this.#toucher = new Int8Array(size);
    this.#written = new Uint8Array(size);
    this.#several = new Uint8Array(size);
  }

  /** Whether some thread is known to write a word. */
  isWritten(address: number): boolean {
    return this.#written[address] === 1;
  }

  /** Takes a word for one that two threads conflict on, whatever they do. */
  share(address: number): void {
    this.shared[address] = 1;
    this.version++;
  }

  /** Notes that an invariant reads a word; returns whether somebody may have written it unseen before. */
  observe(address: number): boolean {
    if (this.observed[address] === 1) return false;
    this.observed[address] = 1;
    this.version++;
    return this.#written[address] === 1;
  }

  /** Whether {@link touch} would note nothing new. */
  isNoted(address: number, thread: number, isWrite: boolean): boolean {
    if (this.shared[address] === 1) return true;
    if (isWrite && this.#written[address] === 0) return false;
    return this.#several[address] === 1 || this.#toucher[address] === thread + 1;
  }

  /** Notes an access; returns whether it made the word a shared one. */
  touch(address: number, thread: number, isWrite: boolean): boolean {
    if (isWrite) this.#written[address] = 1;
    if (this.shared[address] === 1) return false;
    const toucher = this.#toucher[address];
    if (toucher === NOBODY) this.#toucher[address] = thread + 1;
    else if (toucher !== thread + 1) this.#several[address] = 1;
    if (this.#several[address] === 0 || this.#written[address] === 0) return false;
    this.shared[address] = 1;
    this.version++;
    return true;
  }

  /** What is known. */
  get known(): SharingKnown {
    return { toucher: this.#toucher, written: this.#written, several: this.#several, observed: this.observed };
  }

  /** Adds what another search knows; returns whether either of them may have taken a step unseen that somebody sees. */
  adopt(other: SharingKnown): boolean {
    this.version++;
    let changed = false;
    for (let a = 0; a < this.shared.length; a++) {
      changed ||= this.observed[a] !== other.observed[a] && (this.observed[a] ? other : this.known).written[a] === 1;
      this.observed[a] |= other.observed[a];
      if (other.toucher[a] !== NOBODY) changed = this.touch(a, other.toucher[a] - 1, other.written[a] === 1) || changed;
      if (other.several[a] === 0 || this.shared[a] === 1) continue;
      this.#several[a] = 1;
      if (this.#written[a] === 0) continue;
      this.shared[a] = 1;
      changed = true;
    }
    return changed;
  }
}
