/**
 * What operations touch, learnt by running them. An operation is as local as the words it touches: those that no two threads
 * conflict on need nothing, those that a lock guards need the lock held. One that was never run touches nothing, as far as
 * is known.
 */
import type { Request } from '@shootdown/machine';

/** What is known of the words, for {@link Operations} to judge by. */
export interface WordNeeds {
  /** Grows with everything that may change an answer of {@link WordNeeds.needed}. */
  readonly version: number;
  /**
   * What it takes for nobody to notice an access: the holder word of the lock that must be held, {@link NOTHING_NEEDED} or
   * {@link NOTICED}.
   */
  needed(address: number, isWrite: boolean): number;
}

/** Nobody ever notices. */
export const NOTHING_NEEDED = 0;
/** Others notice. */
export const NOTICED = -1;

/** An operation on one target. */
export interface Operation {
  readonly label: string;
  readonly target: number;
  /** Whether it is the specification's, and no step of its own. */
  isGhost: boolean;
  /** By address of each word it touches: whether it writes there. */
  readonly words: Map<number, boolean>;
  /** Called for each word it touches. */
  readonly watch: (address: number, isWrite: boolean) => void;
  /** Whether others notice it, whatever locks are held. */
  isVisible: boolean;
  /** Locks that must be held for nobody to notice. */
  locks: readonly number[];
  /** Version of {@link WordNeeds} that the two above are of. */
  version: number;
}

/** What was learnt, for another search of the same model: label, target, and pairs of an address and 1 for a write. */
export type OperationsKnown = readonly (readonly [label: string, target: number, words: readonly number[]])[];

/** The operations of one model. */
export class Operations {
  readonly #words: WordNeeds;
  readonly #onTouch: (operation: Operation, address: number, isWrite: boolean, isNew: boolean) => void;
  readonly #byTarget = new Map<string, (Operation | undefined)[]>();

  /** @param onTouch - told of every word that an operation touches while it is watched, and whether that was not known */
  constructor(
    words: WordNeeds,
    onTouch: (operation: Operation, address: number, isWrite: boolean, isNew: boolean) => void,
  ) {
    this.#words = words;
    this.#onTouch = onTouch;
  }

  /** The operation that a request performs. */
  of({ label, address, op }: Request<unknown>): Operation {
    const operation = this.#at(label, address);
    operation.isGhost = op?.isLocal === true;
    return operation;
  }

  /** As {@link of}, up to date. */
  judged(request: Request<unknown>): Operation {
    const operation = this.#at(request.label, request.address);
    if (operation.version !== this.#words.version) this.#judge(operation);
    return operation;
  }

  /** Notes a word that an operation touches; returns whether it was taken for more local than it is. */
  touch(label: string, target: number, address: number, isWrite: boolean): boolean {
    const operation = this.#at(label, target);
    const known = operation.words.get(address);
    if (known === true || known === isWrite) return false;
    this.#judge(operation);
    const { isVisible, locks } = operation;
    operation.words.set(address, isWrite);
    this.#judge(operation);
    return !isVisible && (operation.isVisible || operation.locks.length > locks.length);
  }

  /** What is known. */
  get known(): OperationsKnown {
    return [...this.#byTarget].flatMap(([label, targets]) =>
      targets.flatMap((operation, target) =>
        operation === undefined
          ? []
          : [[label, target, [...operation.words].flatMap(([a, w]) => [a, w ? 1 : 0])] as const],
      ),
    );
  }

  /** Adds what another search knows; returns whether either of them took an operation for more local than it is. */
  adopt(others: OperationsKnown): boolean {
    let changed = false;
    const touched = new Map<Operation, number>();
    for (const [label, target, words] of others) {
      for (let i = 0; i < words.length; i += 2)
        changed = this.touch(label, target, words[i], words[i + 1] === 1) || changed;
      touched.set(this.#at(label, target), words.length / 2);
    }
    for (const targets of this.#byTarget.values())
      for (const operation of targets)
        changed ||= operation !== undefined && (touched.get(operation) ?? 0) < operation.words.size;
    return changed;
  }

  #at(label: string, target: number): Operation {
    let targets = this.#byTarget.get(label);
    if (targets === undefined) this.#byTarget.set(label, (targets = []));
    let operation = targets[target];
    if (operation === undefined) {
      const made: Operation = {
        label,
        target,
        isGhost: false,
        words: new Map(),
        watch: (address, isWrite) => {
          const known = made.words.get(address);
          this.#onTouch(made, address, isWrite, known !== true && known !== isWrite);
        },
        isVisible: false,
        locks: [],
        version: -1,
      };
      targets[target] = operation = made;
    }
    return operation;
  }

  #judge(operation: Operation): void {
    const locks = new Set<number>();
    operation.isVisible = false;
    for (const [address, isWrite] of operation.words) {
      const needed = this.#words.needed(address, isWrite);
      if (needed === NOTICED) operation.isVisible = true;
      else if (needed !== NOTHING_NEEDED) locks.add(needed);
    }
    operation.locks = [...locks];
    operation.version = this.#words.version;
  }
}
