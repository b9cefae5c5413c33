/**
 * Symmetry reduction. Two states that a permutation of the scalarsets carries into each other have the same future, so the
 * visited table keeps one fingerprint for all of them: the least of the hashes of a state's images, each kept up to date by
 * every store. Control states are carried along as they are learnt: the image of what follows an answer is what follows
 * the answer's image. Every edge explored is checked to agree with that, and every request with the image of its twin.
 */
import {
  INTERNED,
  KIND,
  ModelError,
  isHandle,
  mix,
  wordHash0,
  wordHash1,
  Cell,
  type Memory,
  type Request,
  type System,
} from '@shootdown/machine';
import { FINISHED, type Automaton } from './automaton.js';
import { permutationsOf, valueMaps, type Permutation, type ValueMap } from './permutations.js';

/** Keeps the hashes of a state's images. */
export class Symmetry {
  /** The fingerprint of the present state and all its images. */
  f0 = 0;
  f1 = 0;
  readonly #memory: Memory;
  readonly #controls: number;
  readonly #permutations: readonly Permutation[];
  readonly #values: readonly (readonly (ValueMap | undefined)[])[];
  readonly #h0: Int32Array;
  readonly #h1: Int32Array;
  /** For each permutation, the image of each control state; -1 where not known. */
  #images: number[][];
  #automaton!: Automaton;

  /** @param controls - address of the first control word */
  constructor(system: System, memory: Memory, controls: number) {
    this.#memory = memory;
    this.#controls = controls;
    this.#permutations = permutationsOf(system);
    this.#values = this.#permutations.map((p) => valueMaps(memory.layout, memory.image, p));
    this.#h0 = new Int32Array(this.#permutations.length);
    this.#h1 = new Int32Array(this.#permutations.length);
    this.#images = this.#permutations.map(() => []);
  }

  /** Number of permutations, the identity not counted. */
  get size(): number {
    return this.#permutations.length;
  }

  /** The automaton is to be learnt, for the first time or anew: knows no images. */
  restart(automaton: Automaton): void {
    this.#automaton = automaton;
    this.#images = this.#permutations.map(() => []);
  }

  /** The control states at which the threads start: the image of one thread's is the other's. */
  start(starts: readonly number[]): void {
    this.#permutations.forEach((p, k) => {
      starts.forEach((control, thread) => this.#note(k, control, starts[p.threads[thread]]));
    });
  }

  /** Computes every image's hash from the contents of memory. */
  recompute(): void {
    const { words } = this.#memory;
    this.#h0.fill(0);
    this.#h1.fill(0);
    for (let address = 0; address < words.length; address++)
      if (words[address] !== 0) this.changed(address, 0, words[address]);
  }

  /**
   * Checks that the initial state is its own image.
   *
   * @throws {@link ModelError} when it is not
   */
  checkInitial(): void {
    const { h0, h1, words, layout } = this.#memory;
    this.#permutations.forEach((p, k) => {
      if (this.#h0[k] === h0 && this.#h1[k] === h1) return;
      const odd = p.addresses.findIndex(
        (to, from) => words[to] !== (this.#values[k][from]?.(words[from]) ?? words[from]),
      );
      throw new ModelError(
        `the system declares symmetries, but its initial state is not symmetric${odd >= 0 ? ` in ${layout.nameOf(odd)}` : ''}; ` +
          'declare every object and value that belongs to a member, or leave the scalarset out',
      );
    });
  }

  /** One word changed, forth or back. */
  readonly changed = (address: number, old: number, value: number): void => {
    const isControl = address >= this.#controls;
    for (let k = 0; k < this.#permutations.length; k++) {
      if (isControl) this.#controlChanged(k, address - this.#controls, old, value);
      else this.#wordChanged(k, address, old, value);
    }
  };

  /** Computes the fingerprint of the present state. */
  canonicalize(): void {
    let { h0, h1 } = this.#memory;
    for (let k = 0; k < this.#h0.length; k++) {
      const a = this.#h0[k];
      const b = this.#h1[k];
      if (a < h0 || (a === h0 && b < h1)) {
        h0 = a;
        h1 = b;
      }
    }
    this.f0 = h0;
    this.f1 = h1;
  }

  /** An edge of the automaton is explored for the first time: carries it along. */
  explored(from: number, request: Request<unknown>, lo: number, hi: number, to: number): void {
    for (let k = 0; k < this.#permutations.length; k++) {
      const image = this.#images[k][from];
      const [l, h] = this.#answerImage(k, request, lo, hi);
      this.#note(k, to, this.#automaton.quietNext(image, l, h));
    }
  }

  /** Calls `visit` for the image of an access under every permutation. */
  forImages(address: number, thread: number, visit: (address: number, thread: number) => void): void {
    for (const p of this.#permutations) visit(p.addresses[address], p.threads[thread]);
  }

  /** Calls `visit` for the image of an access by a control state, where that is known, under every permutation. */
  forControlImages(control: number, address: number, visit: (control: number, address: number) => void): void {
    this.#permutations.forEach((p, k) => {
      const image = this.#images[k][control];
      if (image !== undefined) visit(image, p.addresses[address]);
    });
  }

  #wordChanged(k: number, address: number, old: number, value: number): void {
    const to = this.#permutations[k].addresses[address];
    const map = this.#values[k][address];
    const a = map === undefined ? old : map(old);
    const b = map === undefined ? value : map(value);
    this.#h0[k] ^= wordHash0(to, a) ^ wordHash0(to, b);
    this.#h1[k] ^= wordHash1(to, a) ^ wordHash1(to, b);
  }

  #controlChanged(k: number, thread: number, old: number, value: number): void {
    const salt = Math.imul(this.#permutations[k].threads[thread] + 1, 0x9e3779b1);
    const images = this.#images[k];
    const { hash0, hash1 } = this.#automaton;
    const a = old === FINISHED ? FINISHED : images[old];
    const b = value === FINISHED ? FINISHED : images[value];
    this.#h0[k] ^= mix(hash0[a] ^ salt) ^ mix(hash0[b] ^ salt);
    this.#h1[k] ^= mix(Math.imul(hash1[a], 5) + salt) ^ mix(Math.imul(hash1[b], 5) + salt);
  }

  #note(k: number, control: number, image: number): void {
    const known = this.#images[k][control];
    if (known === image) return;
    if (known !== undefined || !this.#agree(k, control, image)) throw this.#broken(control, image);
    this.#images[k][control] = image;
  }

  /** Whether the request at `image` is the image of the one at `control`. */
  #agree(k: number, control: number, image: number): boolean {
    if (control === FINISHED || image === FINISHED) return control === image;
    const { requests, raised } = this.#automaton;
    const a = requests[control];
    const b = requests[image];
    const p = this.#permutations[k];
    if ((raised[control] === undefined) !== (raised[image] === undefined) || a.kind !== b.kind || a.label !== b.label)
      return false;
    if (p.addresses[a.address] !== b.address || a.mask !== b.mask || a.ways !== b.ways) return false;
    if (a.kind === KIND.OP) return a.args.length === b.args.length;
    const map = (address: number, value: number): number => this.#values[k][address]?.(value) ?? value;
    const isValue = a.kind === KIND.WRITE || a.kind === KIND.XCHG || a.kind === KIND.CMPXCHG || a.kind === KIND.AWAIT;
    const image1 = (value: number, word: number): number => (isValue ? map(a.address + word, value) : value);
    return (
      image1(a.lo, 0) === b.lo && image1(a.hi, 1) === b.hi && image1(a.lo2, 0) === b.lo2 && image1(a.hi2, 1) === b.hi2
    );
  }

  #answerImage(k: number, request: Request<unknown>, lo: number, hi: number): readonly [number, number] {
    if (request.isVoid) return [lo, hi];
    switch (request.kind) {
      case KIND.READ:
      case KIND.AWAIT:
      case KIND.XCHG:
      case KIND.CMPXCHG:
      case KIND.ADD:
      case KIND.OR:
      case KIND.AND:
      case KIND.XOR: {
        const values = this.#values[k];
        return [values[request.address]?.(lo) ?? lo, request.wide ? (values[request.address + 1]?.(hi) ?? hi) : hi];
      }
      case KIND.CHOOSE:
        return [this.#memberImage(k, request, lo), hi];
      case KIND.OP:
        return hi === INTERNED ? [this.#valueImage(k, lo), hi] : [this.#memberImage(k, request, lo), hi];
      default:
        return [lo, hi];
    }
  }

  #memberImage(k: number, request: Request<unknown>, value: number): number {
    const membership =
      request.kind === KIND.CHOOSE || request.op?.answers !== undefined
        ? (request.op?.answers ?? request.type)?.membership
        : undefined;
    const order = membership === undefined ? undefined : this.#permutations[k].members.get(membership.set);
    const member = membership?.words.findIndex(([lo]) => lo === value) ?? -1;
    return order === undefined || membership === undefined || member < 0 ? value : membership.words[order[member]][0];
  }

  /** The image of an interned answer: views and cells move, other values stay. */
  #valueImage(k: number, id: number): number {
    const { values } = this.#memory;
    const value = values.valueOf(id);
    const move = (element: unknown): unknown => {
      const { addresses } = this.#permutations[k];
      if (element instanceof Cell) return new Cell(addresses[element.address], element.type as never);
      return isHandle(element) ? element.$struct.at(addresses[element.$address]) : element;
    };
    return values.intern(Array.isArray(value) ? (value as unknown[]).map(move) : move(value));
  }

  #broken(control: number, image: number): ModelError {
    const { requests } = this.#automaton;
    const name = (c: number): string =>
      `${this.#automaton.stackOf(c)[0] ?? 'the end'}: ${requests[c].label} ${this.#memory.layout.nameOf(requests[c].address)}`;
    return new ModelError(
      `the threads do not treat the members of a scalarset alike: where one is at "${name(control)}", its image is at "${name(image)}". ` +
        'Name members by views, or by fields declared with memberOf(); or search with --no-symmetry',
    );
  }
}
