/**
 * What the symmetries make of control states, carried along as those are learnt: the image of what follows an answer is what
 * follows the answer's image. Every edge explored is checked to agree with that, and every request with the image of its
 * twin; and so are the images of every edge, for the generators alone to be enough.
 */
import { Cell, INTERNED, KIND, ModelError, isHandle, type Memory, type Request } from '@shootdown/machine';
import { FINISHED, type Automaton } from '../../learn/automaton.js';
import type { Permutation, ValueMap } from './permutations.js';
import { SymmetryLost } from '../../base/restart.js';

const ARITHMETIC: ReadonlySet<number> = new Set([KIND.ADD, KIND.OR, KIND.AND, KIND.XOR]);
/** Kinds whose operands are values of the word. */
const ON_VALUES: ReadonlySet<number> = new Set([KIND.WRITE, KIND.XCHG, KIND.CMPXCHG, KIND.AWAIT, ...ARITHMETIC]);

/** Most images of one edge. */
const MOST_IMAGES = 6000;

/** The images of control states under each generator. */
export class ControlImages {
  readonly #memory: Memory;
  readonly #generators: readonly Permutation[];
  /** By generator and address. */
  readonly #values: readonly (readonly (ValueMap | undefined)[])[];
  #automaton!: Automaton;
  #images: number[][] = [];
  #carried = new Set<string>();

  constructor(
    memory: Memory,
    generators: readonly Permutation[],
    values: readonly (readonly (ValueMap | undefined)[])[],
  ) {
    this.#memory = memory;
    this.#generators = generators;
    this.#values = values;
  }

  /** The automaton is to be learnt, for the first time or anew: knows no images. */
  restart(automaton: Automaton): void {
    this.#automaton = automaton;
    this.#images = this.#generators.map(() => [FINISHED]);
    this.#carried.clear();
  }

  /** The control states at which the threads start: the image of one thread's is the other's. */
  start(starts: readonly number[]): void {
    this.#generators.forEach(({ threads }, g) => {
      starts.forEach((control, thread) => {
        this.#note(g, control, starts[threads[thread]]);
      });
    });
  }

  /** The image of a control state under a generator; `undefined` where not known. */
  of(generator: number, control: number): number | undefined {
    return this.#images[generator][control];
  }

  /** An edge of the automaton is explored for the first time: carries it along. */
  explored(from: number, lo: number, hi: number, to: number): void {
    const work = [{ from, lo, hi, to }];
    let images = 0;
    for (let edge = work.pop(); edge !== undefined; edge = work.pop()) {
      const key = `${edge.from},${edge.lo},${edge.hi}`;
      if (this.#carried.has(key)) continue;
      if (++images > MOST_IMAGES)
        throw new SymmetryLost(
          'a function knows of so many members at once that its images are too many to be looked at',
        );
      this.#carried.add(key);
      for (let g = 0; g < this.#generators.length; g++) {
        const image = this.#images[g][edge.from];
        const [l, h] = this.answerImage(g, this.#automaton.requests[edge.from], edge.lo, edge.hi);
        const next = this.#automaton.quietNext(image, l, h);
        this.#note(g, edge.to, next);
        work.push({ from: image, lo: l, hi: h, to: next });
      }
    }
  }

  #note(g: number, control: number, image: number): void {
    const known = this.#images[g][control];
    if (known === image) return;
    if ((known as number | undefined) !== undefined || !this.#agree(g, control, image))
      throw this.#broken(control, image);
    this.#images[g][control] = image;
  }

  /** Whether the request at `image` is the image of the one at `control`. */
  #agree(g: number, control: number, image: number): boolean {
    if (control === FINISHED || image === FINISHED) return control === image;
    const { requests, raised } = this.#automaton;
    const a = requests[control];
    const b = requests[image];
    const p = this.#generators[g];
    if ((raised[control] === undefined) !== (raised[image] === undefined) || a.kind !== b.kind || a.label !== b.label)
      return false;
    if (p.addresses[a.address] !== b.address || a.mask !== b.mask || a.ways !== b.ways) return false;
    if (a.order !== b.order || a.isVoid !== b.isVoid || a.negated !== b.negated) return false;
    if (a.kind === KIND.OP) return a.args.length === b.args.length;
    const isImage = (word: number, mine: number, twins: number): boolean =>
      this.#isOperandImage(g, a, word, mine, twins);
    const hasSecond = a.kind === KIND.CMPXCHG;
    return (
      isImage(0, a.lo, b.lo) &&
      isImage(1, a.hi, b.hi) &&
      (hasSecond ? isImage(0, a.lo2, b.lo2) && isImage(1, a.hi2, b.hi2) : a.lo2 === b.lo2 && a.hi2 === b.hi2)
    );
  }

  /** Whether what a request does to its first or second word with one number, its twin does with the other. */
  #isOperandImage(g: number, request: Request<unknown>, word: number, mine: number, twins: number): boolean {
    const { kind, address, wide } = request;
    const map = this.#values[g][address + word];
    if (map === undefined || (word === 1 && !wide) || !ON_VALUES.has(kind)) return mine === twins;
    if (!ARITHMETIC.has(kind)) return map(mine) === twins;
    // Of numbers that name something only sets of bits have any.
    if (kind === KIND.ADD || this.#memory.layout.typeAt(address)?.type.threads !== 'bits')
      return mine === 0 && twins === 0;
    const all = map(-1);
    return map(mine) === (twins & all) && (mine | all) === (twins | all);
  }

  /** The image of an answer to a request. */
  answerImage(g: number, request: Request<unknown>, lo: number, hi: number): readonly [number, number] {
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
        const values = this.#values[g];
        return [values[request.address]?.(lo) ?? lo, request.wide ? (values[request.address + 1]?.(hi) ?? hi) : hi];
      }
      case KIND.CHOOSE:
        return [this.#memberImage(g, request, lo), hi];
      case KIND.OP:
        return hi === INTERNED ? [this.#valueImage(g, lo), hi] : [this.#memberImage(g, request, lo), hi];
      default:
        return [lo, hi];
    }
  }

  #memberImage(g: number, request: Request<unknown>, value: number): number {
    const membership =
      request.kind === KIND.CHOOSE || request.op?.answers !== undefined
        ? (request.op?.answers ?? request.type)?.membership
        : undefined;
    const order = membership === undefined ? undefined : this.#generators[g].members.get(membership.set);
    const member = membership?.words.findIndex(([lo]) => lo === value) ?? -1;
    return order === undefined || membership === undefined || member < 0 ? value : membership.words[order[member]][0];
  }

  /** The image of an interned answer: views and cells move, other values stay. */
  #valueImage(g: number, id: number): number {
    const { values } = this.#memory;
    const value = values.valueOf(id);
    const move = (element: unknown): unknown => {
      const { addresses } = this.#generators[g];
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
