/**
 * Remembers what conditions answered along a run. A condition is a function of the words it read: while none of those
 * changes, neither does its answer.
 */
import type { Memory } from '@shootdown/machine';

/** Most conditions there may be: their numbers are the bits of one word. */
export const MAX_CONDITIONS = 31;

/** Which conditions may answer otherwise than when they were last asked. */
export class ConditionMemo {
  readonly #memory: Memory;
  /** For each word, bits of the conditions that read it when they were last asked, or before. */
  readonly #readers: Int32Array;
  readonly #watches: readonly ((address: number) => void)[];
  #stale = -1;

  /** @param conditions - how many, at most {@link MAX_CONDITIONS} */
  constructor(memory: Memory, conditions: number) {
    this.#memory = memory;
    this.#readers = new Int32Array(memory.words.length + 1);
    this.#watches = Array.from({ length: conditions }, (_, i) => (address: number): void => {
      this.#readers[address] |= 1 << i;
      this.#readers[address + 1] |= 1 << i; // a cell has two words at most, and is told by its first
    });
  }

  /** Memory is another one. */
  forget(): void {
    this.#stale = -1;
  }

  /** Notes what changed since the undo log was empty, and empties it. */
  noteChanges(): void {
    const memory = this.#memory;
    const { undoLog, undoTop } = memory;
    for (let i = 0; i < undoTop; i += 2) this.#stale |= this.#readers[undoLog[i]];
    memory.undoTop = 0;
  }

  /** Whether all of the conditions with these numbers still hold. */
  allHold(conditions: number): boolean {
    return (this.#stale & conditions) === 0;
  }

  /** Whether a condition holds: asked again only if it may have changed its mind. */
  holds<T>(condition: number, ask: (memory: Memory) => T | true): T | true {
    if ((this.#stale & (1 << condition)) === 0) return true;
    this.#memory.watch = this.#watches[condition];
    const answer = ask(this.#memory);
    this.#memory.watch = undefined;
    if (answer === true) this.#stale &= ~(1 << condition);
    return answer;
  }
}
