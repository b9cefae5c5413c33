/**
 * Which words are shared, learnt while searching. A word that one thread alone touches, or that nobody writes, needs no
 * schedule point. A search starts from the words known to be shared, notes every access, and when a word turns out to be
 * shared after all it is started anew with that word added; so in the search that completes no assumption was broken.
 */

const NOBODY = 0;

/** What is known of each word. */
export class Sharing {
  /** 1 for a word that two threads touch and one writes. */
  readonly shared: Uint8Array;
  /** 1 for a word that an invariant reads: its writes are visible whoever else touches it. */
  readonly observed: Uint8Array;
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

  /** Notes that an invariant reads a word; answers whether somebody may have written it unseen before. */
  observe(address: number): boolean {
    if (this.observed[address] === 1) return false;
    this.observed[address] = 1;
    return this.#written[address] === 1;
  }

  /** Notes an access; answers whether it made the word a shared one. */
  touch(address: number, thread: number, isWrite: boolean): boolean {
    if (isWrite) this.#written[address] = 1;
    if (this.shared[address] === 1) return false;
    const toucher = this.#toucher[address];
    if (toucher === NOBODY) this.#toucher[address] = thread + 1;
    else if (toucher !== thread + 1) this.#several[address] = 1;
    if (this.#several[address] === 0 || this.#written[address] === 0) return false;
    this.shared[address] = 1;
    return true;
  }
}
