/** Plain accesses: whose next request is one, and which words are accessed so. Marked accesses to other words cannot race. */
import type { Request } from '@shootdown/machine';
import { isPlain } from '../verdict/data-race.js';

/** The plain accesses that one engine knows of. */
export class PlainWords {
  /** 1 for the control states whose next request is a plain access: only with one of them can there be a data race. */
  #plain: number[] = [0];
  #hasPlain = false;
  /** Words that are accessed plainly, by their cells' addresses: accesses to these may race. */
  readonly #words = new Set<number>();
  /** Words whose marked accesses were taken together with the choice before, as they were not known to race. */
  readonly #followed = new Set<number>();
  /** Whether one of those is accessed plainly after all: the steps explored so far do not count. */
  isRaceMissed = false;

  /** A control state was learnt that makes this request. */
  onControl(request: Request<unknown>): void {
    if (!isPlain(request)) return;
    this.#words.add(request.address);
    this.isRaceMissed ||= this.#followed.has(request.address);
  }

  /** Notes a control state. */
  classify(control: number, request: Request<unknown>): void {
    this.#plain[control] = isPlain(request) ? 1 : 0;
    this.#hasPlain ||= this.#plain[control] === 1;
  }

  /** The control states are learnt anew. */
  relearn(): void {
    this.#plain = [0];
  }

  /** Nothing explored so far counts. */
  beginAgain(): void {
    this.#followed.clear();
    this.isRaceMissed = false;
  }

  /** Whether a word is accessed plainly. */
  has(address: number): boolean {
    return this.#words.has(address);
  }

  /** A marked access to a word is taken together with the choice before it. */
  follow(address: number): void {
    this.#followed.add(address);
  }

  /** The words that were. */
  get followed(): readonly number[] {
    return [...this.#followed];
  }

  /** Takes over what another search took together. */
  adopt(followed: readonly number[]): void {
    for (const address of followed) {
      this.#followed.add(address);
      this.isRaceMissed ||= this.#words.has(address);
    }
  }

  /** Bits of the threads whose next request is a plain access. */
  accesses(words: Int32Array, controls: number, threadCount: number): number {
    if (!this.#hasPlain) return 0;
    let bits = 0;
    for (let i = 0; i < threadCount; i++) bits |= this.#plain[words[controls + i]] << i;
    return bits;
  }
}
