/**
 * Sets of events and relations between events, as bits.
 *
 * A set is one row of `words` 32-bit words; a relation is a row for each event. Event `i` is bit `i % 32` of word `i / 32`.
 * Nothing here allocates but {@link EventSpace} itself: the caller keeps its relations and they are written over.
 */

/** The words of a set or of a relation. */
export type Bits = Int32Array;

/** The sets and relations over `size` events. */
export class EventSpace {
  /** How many events there are, at least 0. */
  readonly size: number;
  /** Words in a row. */
  readonly words: number;

  constructor(size: number) {
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(`an event space has a whole number of events, at least 0; got ${size}`);
    this.size = size;
    this.words = Math.max(1, (size + 31) >>> 5);
  }

  /** An empty set. */
  set(): Bits {
    return new Int32Array(this.words);
  }

  /** An empty relation. */
  relation(): Bits {
    return new Int32Array(this.size * this.words);
  }

  /** Puts the pair (`a`, `b`) into `relation`. */
  add(relation: Bits, a: number, b: number): void {
    relation[a * this.words + (b >>> 5)] |= 1 << (b & 31);
  }

  /** Whether (`a`, `b`) is in `relation`. */
  has(relation: Bits, a: number, b: number): boolean {
    return ((relation[a * this.words + (b >>> 5)] >>> (b & 31)) & 1) === 1;
  }

  /** Puts event `e` into `set`. */
  include(set: Bits, e: number): void {
    set[e >>> 5] |= 1 << (e & 31);
  }

  /** Whether event `e` is in `set`. */
  includes(set: Bits, e: number): boolean {
    return ((set[e >>> 5] >>> (e & 31)) & 1) === 1;
  }

  /** Puts `from` × `to` into `relation`. */
  addProduct(relation: Bits, from: Bits, to: Bits): void {
    const { words } = this;
    for (let word = 0; word < words; word++)
      for (let left = from[word]; left !== 0; left &= left - 1) {
        const row = ((word << 5) + 31 - Math.clz32(left & -left)) * words;
        for (let k = 0; k < words; k++) relation[row + k] |= to[k];
      }
  }

  /** `out = a ; b`: from x to z where some y has (x, y) in `a` and (y, z) in `b`. `out` is neither of them. */
  compose(out: Bits, a: Bits, b: Bits): void {
    const { size, words } = this;
    if (words === 1) {
      for (let i = 0; i < size; i++) {
        let row = 0;
        for (let left = a[i]; left !== 0; left &= left - 1) row |= b[31 - Math.clz32(left & -left)];
        out[i] = row;
      }
      return;
    }
    out.fill(0);
    for (let i = 0; i < size; i++)
      for (let word = 0; word < words; word++)
        for (let left = a[i * words + word]; left !== 0; left &= left - 1) {
          const row = ((word << 5) + 31 - Math.clz32(left & -left)) * words;
          for (let k = 0; k < words; k++) out[i * words + k] |= b[row + k];
        }
  }

  /** The set of what `relation` reaches in one step from `from`. `out` is not `from`. */
  image(out: Bits, from: Bits, relation: Bits): void {
    const { words } = this;
    out.fill(0);
    for (let word = 0; word < words; word++)
      for (let left = from[word]; left !== 0; left &= left - 1) {
        const row = ((word << 5) + 31 - Math.clz32(left & -left)) * words;
        for (let k = 0; k < words; k++) out[k] |= relation[row + k];
      }
  }

  /** Closes `relation` under composition, in place. */
  close(relation: Bits): void {
    const { size, words } = this;
    if (words === 1) {
      for (let k = 0; k < size; k++) {
        const row = relation[k];
        if (row === 0) continue;
        const bit = 1 << k;
        for (let i = 0; i < size; i++) if ((relation[i] & bit) !== 0) relation[i] |= row;
      }
      return;
    }
    for (let k = 0; k < size; k++) {
      const word = k >>> 5;
      const bit = 1 << (k & 31);
      for (let i = 0; i < size; i++)
        if ((relation[i * words + word] & bit) !== 0)
          for (let j = 0; j < words; j++) relation[i * words + j] |= relation[k * words + j];
    }
  }

  /** Whether some event is related to itself. */
  isReflexiveSomewhere(relation: Bits): boolean {
    const { size, words } = this;
    for (let i = 0; i < size; i++) if (((relation[i * words + (i >>> 5)] >>> (i & 31)) & 1) === 1) return true;
    return false;
  }

  /** Relates every event of `set` to itself, in place. */
  addIdentity(relation: Bits, set: Bits): void {
    const { size, words } = this;
    for (let i = 0; i < size; i++) {
      const at = i >>> 5;
      relation[i * words + at] |= set[at] & (1 << (i & 31));
    }
  }

  /** Relates no event to itself, in place. */
  removeIdentity(relation: Bits): void {
    const { size, words } = this;
    for (let i = 0; i < size; i++) relation[i * words + (i >>> 5)] &= ~(1 << (i & 31));
  }

  /** Keeps the pairs from `from` to `to`, in place. Either may be left out. */
  restrict(relation: Bits, from: Bits | undefined, to: Bits | undefined): void {
    const { size, words } = this;
    for (let i = 0; i < size; i++) {
      const keep = from === undefined || ((from[i >>> 5] >>> (i & 31)) & 1) === 1;
      for (let k = 0; k < words; k++)
        if (!keep) relation[i * words + k] = 0;
        else if (to !== undefined) relation[i * words + k] &= to[k];
    }
  }

  /** `out = a^-1`. `out` is not `a`. */
  invert(out: Bits, a: Bits): void {
    const { size, words } = this;
    out.fill(0);
    for (let i = 0; i < size; i++)
      for (let word = 0; word < words; word++)
        for (let left = a[i * words + word]; left !== 0; left &= left - 1)
          this.add(out, (word << 5) + 31 - Math.clz32(left & -left), i);
  }

  /** The pairs of `relation`, for tests and for messages. */
  pairs(relation: Bits): [number, number][] {
    const found: [number, number][] = [];
    for (let a = 0; a < this.size; a++)
      for (let b = 0; b < this.size; b++) if (this.has(relation, a, b)) found.push([a, b]);
    return found;
  }
}

/** `target |= other`, for sets and for relations. */
export function unite(target: Bits, other: Bits): void {
  for (let i = 0; i < target.length; i++) target[i] |= other[i];
}

/** `target &= other`. */
export function intersect(target: Bits, other: Bits): void {
  for (let i = 0; i < target.length; i++) target[i] &= other[i];
}

/** `target &= ~other`. */
export function subtract(target: Bits, other: Bits): void {
  for (let i = 0; i < target.length; i++) target[i] &= ~other[i];
}

/** Whether nothing is in the set or relation. */
export function isEmpty(bits: Bits): boolean {
  for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) return false;
  return true;
}
