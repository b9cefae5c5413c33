/**
 * Asks operations and conditions about images of the present state, for what a symmetry assumes of them: that they treat the
 * members of a scalarset alike. Up to {@link ALL} permutations are all tried; of more, a sample that does not depend on chance.
 */
import {
  INTERNED,
  KernelBug,
  Memory,
  answerOf,
  isEnabled,
  perform,
  type Request,
  type System,
} from '@shootdown/machine';
import type { Automaton } from '../../learn/automaton.js';
import type { ImageComparison } from '../../learn/code-checks.js';
import type { ControlImages } from './control-images.js';
import { exchangesFor, factorial, permutationOf, valueMaps, type MovableSet, type ValueMap } from './permutations.js';
import { Prng } from '../../base/prng.js';

/** So many permutations are tried one and all. */
const ALL = 24;
/** Of larger groups so many are tried each time at first, and so many later on. */
const AT_FIRST = 24;
const LATER = 4;
const FIRST_TIMES = 2000;

/** A permutation as far as memory and threads are concerned. */
interface Image {
  readonly threads: Int32Array;
  readonly addresses: Int32Array;
  /** Where each word comes from. */
  readonly origins: Int32Array;
  readonly values: readonly (ValueMap | undefined)[];
  /** The generators that, taken in turn, come to it. */
  readonly exchanges: readonly number[];
  /** The scalarset whose members it moves; of several, one. */
  readonly set: string;
}

/** Looks at images of the present state. */
export class ImageProbe implements ImageComparison {
  readonly #memory: Memory;
  readonly #scratch: Memory;
  readonly #before: Int32Array;
  readonly #images: readonly Image[];
  readonly #controlImages: ControlImages;
  readonly #moved: Int32Array;
  readonly #prng = Prng.ofSeed(1);
  #automaton!: Automaton;
  #times = 0;
  /** Told of every word whose image an image of the code looked at. */
  #onLook: (address: number) => void = () => undefined;

  constructor(system: System, memory: Memory, sets: readonly MovableSet[], controlImages: ControlImages) {
    this.#memory = memory;
    this.#scratch = new Memory(system.layout);
    this.#scratch.threadNames = memory.threadNames;
    this.#before = new Int32Array(system.layout.image.size);
    this.#controlImages = controlImages;
    this.#images = orders(sets, this.#prng).map((order) => {
      const exchanges = order.flatMap((one, s) => exchangesFor(sets[s], one));
      const p = permutationOf(system, new Map(sets.map(({ name }, s) => [name, order[s]])));
      const set = sets.find((_, s) => order[s].some((to, from) => to !== from))?.name ?? '';
      const origins = new Int32Array(p.addresses.length);
      p.addresses.forEach((to, from) => (origins[to] = from));
      return { ...p, origins, values: valueMaps(system.layout, system.layout.image, p), exchanges, set };
    });
    const isMoved = (address: number): boolean =>
      this.#images.some(({ addresses, values }) => addresses[address] !== address || values[address] !== undefined);
    this.#moved = Int32Array.from(this.#before.keys()).filter(isMoved);
  }

  /** Tells `onLook` of every word whose image is looked at from now on. */
  tell(onLook: (address: number) => void): void {
    this.#onLook = onLook;
  }

  /** The automaton is to be learnt, for the first time or anew. */
  restart(automaton: Automaton): void {
    this.#automaton = automaton;
  }

  /**
   * Whether the image of a step just taken would be the step's image.
   *
   * @param control - where the running thread was
   * @param since - where the undo log was before the step
   * @param bug - what ended it
   * @returns the scalarset of which it singles out a member; `undefined` for none
   */
  operation(control: number, since: number, bug: KernelBug | undefined): string | undefined {
    const memory = this.#memory;
    const { undoLog, undoTop } = memory;
    this.#before.set(memory.words.subarray(0, this.#before.length));
    for (let i = undoTop - 2; i >= since; i -= 2) this.#before[undoLog[i]] = undoLog[i + 1];
    const rules = rulesOf(memory, bug);
    return this.#oddOne((image) => {
      const request = this.#requestAt(image, control);
      if (request === undefined) return true;
      const scratch = this.#scratch;
      this.#load(image, this.#before);
      scratch.reported = scratch.alsoReported = undefined;
      let raised: KernelBug | undefined;
      try {
        perform(scratch, request);
      } catch (error) {
        if (!(error instanceof KernelBug)) return false;
        raised = error;
      }
      if (rulesOf(scratch, raised) !== rules) return false;
      return (raised !== undefined || this.#isAnswerImage(image, control, request)) && this.#isImage(image);
    });
  }

  /** As {@link operation}, for the condition of the running thread's request. */
  waiting(control: number, isAble: boolean): string | undefined {
    return this.#oddOne((image) => {
      const request = this.#requestAt(image, control);
      if (request === undefined) return true;
      this.#load(image, this.#memory.words);
      return isEnabled(this.#scratch, request) === isAble;
    });
  }

  /** As {@link operation}, for a condition of the system. */
  condition(holds: (memory: Memory) => unknown, answer: unknown): string | undefined {
    return this.#oddOne((image) => {
      this.#load(image, this.#memory.words);
      return (holds(this.#scratch) === true) === (answer === true);
    });
  }

  #oddOne(isAlike: (image: Image) => boolean): string | undefined {
    const images = this.#images;
    this.#times++;
    if (images.length < ALL) return images.find((image) => !isAlike(image))?.set;
    const count = this.#times <= FIRST_TIMES ? AT_FIRST : LATER;
    for (let i = 0; i < count; i++) {
      const image = images[this.#prng.below(images.length)];
      if (!isAlike(image)) return image.set;
    }
    return undefined;
  }

  /** The request at the image of a control state, where that is known. */
  #requestAt({ exchanges }: Image, control: number): Request<unknown> | undefined {
    let at: number | undefined = control;
    for (const g of exchanges) at = at === undefined ? undefined : this.#controlImages.of(g, at);
    return at === undefined ? undefined : this.#automaton.requests[at];
  }

  /** Makes the other memory the image of some words. */
  #load({ threads, addresses, origins, values }: Image, words: Int32Array): void {
    const scratch = this.#scratch;
    scratch.words.set(words.subarray(0, scratch.words.length));
    for (const from of this.#moved) {
      const map = values[from];
      scratch.words[addresses[from]] = map === undefined ? words[from] : map(words[from]);
    }
    scratch.looked = (address) => {
      this.#onLook(origins[address]);
    };
    scratch.thread = threads[this.#memory.thread];
    scratch.undoTop = 0;
  }

  /** Whether the other memory is the image of memory. */
  #isImage({ addresses, values }: Image): boolean {
    const { words } = this.#memory;
    const image = this.#scratch.words;
    for (let from = 0; from < image.length; from++) {
      const map = values[from];
      if (image[addresses[from]] !== (map === undefined ? words[from] : map(words[from]))) return false;
    }
    return true;
  }

  #isAnswerImage({ exchanges }: Image, control: number, request: Request<unknown>): boolean {
    const memory = this.#memory;
    let answer: readonly [number, number] = [memory.lo, memory.hi];
    let at: number | undefined = control;
    for (const g of exchanges) {
      if (at === undefined) return true;
      answer = this.#controlImages.answerImage(g, this.#automaton.requests[at], ...answer);
      at = this.#controlImages.of(g, at);
    }
    const { lo, hi } = this.#scratch;
    if (hi !== INTERNED) return answer[0] === lo && answer[1] === hi;
    const value = answerOf(this.#scratch, request, lo, hi);
    return answer[1] === INTERNED && memory.values.intern(value) === answer[0];
  }
}

function rulesOf({ reported, alsoReported = [] }: Memory, bug: KernelBug | undefined): string {
  const all = [...(reported === undefined ? [] : [reported, ...alsoReported]), ...(bug === undefined ? [] : [bug])];
  return all
    .map(({ kind, rule }) => `${kind}/${rule}`)
    .sort()
    .join();
}

/** For each set an order of its members: all there are but the one in which all stay, or a sample of those. */
function orders(sets: readonly MovableSet[], prng: Prng): readonly (readonly (readonly number[])[])[] {
  const isMoving = (order: readonly (readonly number[])[]): boolean =>
    order.some((one) => one.some((to, from) => to !== from));
  if (sets.reduce((product, { size }) => product * factorial(size), 1) > ALL)
    return Array.from({ length: 4 * ALL }, () => sets.map(({ size }) => shuffled(size, prng))).filter(isMoving);
  let all: readonly (readonly (readonly number[])[])[] = [[]];
  for (const { size } of sets) {
    const own = ordersOf(size);
    all = all.flatMap((before) => own.map((order) => [...before, order]));
  }
  return all.filter(isMoving);
}

function shuffled(size: number, prng: Prng): number[] {
  const order = Array.from({ length: size }, (_, member) => member);
  for (let end = size; end > 1; end--) {
    const at = prng.below(end);
    [order[at], order[end - 1]] = [order[end - 1], order[at]];
  }
  return order;
}

function ordersOf(size: number): readonly (readonly number[])[] {
  if (size === 1) return [[0]];
  return ordersOf(size - 1).flatMap((order) =>
    Array.from({ length: size }, (_, at) => [...order.slice(0, at), size - 1, ...order.slice(at)]),
  );
}
