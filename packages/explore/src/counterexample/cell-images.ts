/** Every cell of memory, with what it holds in the notation of its type. */
import { SLOT_FREED, SLOT_FRESH, WORD_GHOST, type Layout, type ScalarType } from '@shootdown/machine';
import type { Performed } from '../base/performed.js';
import type { RunningSystem } from '../view/running-system.js';
import { cellText } from './notation.js';

/** What a cell is to the model. */
export type CellRole = 'field' | 'lock' | 'object' | 'specification';

/** A cell and what it held before the first step. */
export interface RecordedCell {
  /** Its path, such as `npu[1].mmioAtsdUsage`; of an object, the object's. */
  readonly path: string;
  readonly role: CellRole;
  /** In the notation of its type: of a lock, who holds it; of an object, whether it is allocated. */
  readonly value: string;
}

interface Scalar {
  readonly start: number;
  readonly type: ScalarType<unknown>;
  readonly path: string;
  readonly role: CellRole;
}

/** Every cell of memory, and what was last told of it. */
export class CellImages {
  readonly #engine: RunningSystem;
  readonly #scalars: readonly Scalar[];
  /** The cell of each word, -1 for none. */
  readonly #numbers: Int32Array;
  readonly #first: readonly string[];
  readonly #told: string[];
  readonly #isWorthTelling: boolean[];

  constructor(engine: RunningSystem) {
    this.#engine = engine;
    const { layout } = engine.memory;
    this.#scalars = scalarsOf(layout);
    this.#numbers = new Int32Array(layout.size).fill(-1);
    for (const [i, { start, type }] of this.#scalars.entries()) this.#numbers.fill(i, start, start + type.words);
    this.#first = this.#scalars.map((scalar) => this.#text(scalar));
    this.#told = [...this.#first];
    this.#isWorthTelling = this.#scalars.map(
      ({ role, start, type }) => role === 'lock' || this.#words(start, type).some((word) => word !== 0),
    );
  }

  /** The cells as they were before a step that has been performed. */
  static before(engine: RunningSystem, { request: { address, wide }, before }: Performed): CellImages {
    const { words } = engine.memory;
    const after = [words[address], words[address + 1]];
    words[address] = before[0];
    if (wide) words[address + 1] = before[1];
    const images = new CellImages(engine);
    words[address] = after[0];
    if (wide) words[address + 1] = after[1];
    return images;
  }

  /** The numbers of all cells. */
  get all(): number[] {
    return this.#scalars.map((_, i) => i);
  }

  /** The cell that a word belongs to, if any. */
  at(address: number): number[] {
    const number = this.#numbers[address];
    return number === undefined || number < 0 ? [] : [number];
  }

  /** The cells that hold something else than at first, with what they hold. */
  get different(): (readonly [path: string, value: string])[] {
    return this.#scalars.flatMap((scalar, i) => {
      const value = this.#text(scalar);
      return value === this.#first[i] ? [] : [[scalar.path, value] as const];
    });
  }

  noteRead(cells: readonly number[]): void {
    for (const cell of cells) this.#isWorthTelling[cell] = true;
  }

  /** Those of some cells that hold something else than was last told, with what they hold. */
  changed(among: readonly number[]): (readonly [number, string])[] {
    return [...new Set(among)].flatMap((cell) => {
      const value = this.#text(this.#scalars[cell]);
      if (value === this.#told[cell]) return [];
      this.#told[cell] = value;
      this.#isWorthTelling[cell] = true;
      return [[cell, value] as const];
    });
  }

  /** The cells that are told of, and their numbers among all. */
  worthTelling(): { cells: RecordedCell[]; numbers: Int32Array } {
    const numbers = new Int32Array(this.#scalars.length).fill(-1);
    const cells: RecordedCell[] = [];
    for (const [i, { path, role }] of this.#scalars.entries())
      if (this.#isWorthTelling[i]) numbers[i] = cells.push({ path, role, value: this.#first[i] }) - 1;
    return { cells, numbers };
  }

  #words(start: number, type: ScalarType<unknown>): [number, number] {
    const { words } = this.#engine.memory;
    return [words[start], type.words === 2 ? words[start + 1] : 0];
  }

  #text({ start, type, role }: Scalar): string {
    const { memory } = this.#engine;
    const [lo, hi] = this.#words(start, type);
    if (role === 'object') return lo === SLOT_FRESH ? 'not allocated' : lo === SLOT_FREED ? 'freed' : 'allocated';
    if (type.lock !== undefined) return lo === 0 ? 'free' : `held by ${memory.nameOfThread(lo - 1)}`;
    if (role === 'lock') return lo === 0 ? 'no readers' : `read by ${this.#readers(lo).join(', ')}`;
    return cellText(memory.layout, type, [lo, hi]);
  }

  #readers(bits: number): string[] {
    return this.#engine.system.threads.flatMap(({ name }, i) => (((bits >>> i) & 1) === 1 ? [name] : []));
  }
}

function scalarsOf(layout: Layout): Scalar[] {
  const { flags, locks } = layout.image;
  const objects = new Map(
    layout.slabs.flatMap(({ states, name }) => states.map(({ address }, i) => [address, `${name}#${i}`] as const)),
  );
  const lockWords = new Set(locks.flatMap(({ address, shared }) => (shared ? [address, address + 1] : [address])));
  const scalars: Scalar[] = [];
  for (let word = 1; word < layout.size;) {
    const field = layout.typeAt(word);
    if (field === undefined) {
      word++;
      continue;
    }
    const { start, type } = field;
    const object = objects.get(start);
    const isSpecification = (flags[start] & WORD_GHOST) !== 0;
    const role = lockWords.has(start)
      ? 'lock'
      : object === undefined
        ? isSpecification
          ? 'specification'
          : 'field'
        : 'object';
    scalars.push({ start, type, path: object ?? layout.nameOf(start), role });
    word = start + type.words;
  }
  return scalars;
}
