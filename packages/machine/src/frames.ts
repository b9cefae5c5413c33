/**
 * Where generators stand and what their variables hold, as code tells it that was transformed for it: at each request it notes
 * its program point and the values of its live variables. Code that was not transformed notes nothing.
 */
import { lasting, lastingName, type LastingName } from './identity.js';
import { isRunning } from './running.js';

/** A generator function of transformed code. */
export interface FrameSite {
  /** Names the function, the same in every process and another for every other function. */
  readonly id: string;
  readonly name: string;
  /** Why its points cannot be told; absent where they can. */
  readonly opaque?: string | undefined;
  readonly points: readonly ProgramPoint[];
}

/** A place in a function where it yields. */
export interface ProgramPoint {
  /** What the values are of that are noted there. */
  readonly names: readonly string[];
  /** Which of them are variables of enclosing functions, by their place in {@link ProgramPoint.names}. */
  readonly outer?: readonly number[];
  /** Which of those are written once, where they are declared. */
  readonly lasting?: readonly number[];
  /** The loops of the function around it, outermost first, numbered. */
  readonly loops: readonly number[];
}

/** One run of a generator of transformed code. */
export class Frame {
  readonly site: FrameSite;
  /** The number of the point where it stands; -1 before the first. */
  point = -1;
  /** What it yields there: a request, or a generator it delegates to. */
  awaited: unknown;
  values: readonly unknown[] = [];
  /** How often it came to a point. */
  turn = 0;
  readonly #stack: Frame[];
  readonly #depth: number;
  /** The last function made at each place. */
  #made: Map<number, Made> | undefined;

  constructor(site: FrameSite, stack: Frame[]) {
    this.site = site;
    this.#stack = stack;
    this.#depth = stack.push(this);
  }

  /** It is about to yield. */
  at(point: number, awaited: unknown, values: readonly unknown[]): void {
    this.#stack[this.#depth - 1] = this;
    if (this.#stack.length !== this.#depth) this.#stack.length = this.#depth; // what it called has ended
    this.turn++;
    this.point = point;
    this.awaited = awaited;
    this.values = values;
  }

  /**
   * A function was made on the way to a point, in the expression that is yielded there: what it is when the point is reached
   * depends on the variables of this frame alone, and on where in the code it stands.
   *
   * @param place - number of that place in the function
   */
  made<F extends object>(point: number, place: number, made: F): F {
    const where = { frame: this, turn: this.turn, point, place };
    (this.#made ??= new Map()).set(place, where);
    madeBy.set(made, where);
    // By which a generator of it is known.
    if ('prototype' in made) madeBy.set(made.prototype as object, where);
    return made;
  }

  /** Whether a function is one that was made on the way to where the frame stands now, and not before something was thrown there. */
  hasJustMade(where: Made): boolean {
    return where.turn + 1 === this.turn && where.point === this.point && this.#made?.get(where.place) === where;
  }

  /** What a loop goes through, so that one can tell how far it came. */
  items(all: Iterable<unknown>): Iterable<unknown> {
    if (typeof all === 'string') return new Items(Array.from(all));
    return isPlainArray(all) ? new Items(all) : new UntoldItems(all);
  }

  /** What a loop goes through by one of its methods `entries`, `keys` and `values`. */
  list(list: Listed): Listed {
    return isPlainArray(list) ? new Items(list) : new UntoldList(list);
  }
}

/** Where a function was made, in the code of a frame. */
export interface Made {
  readonly frame: Frame;
  /** How often the frame had come to a point before. */
  readonly turn: number;
  /** The point that the expression belongs to. */
  readonly point: number;
  readonly place: number;
}

const madeBy = new WeakMap<object, Made>();

/** Where a function was made, or that of a generator; `undefined` for one that was not made in what a frame yields. */
export function madeIn(made: object): Made | undefined {
  return madeBy.get(made) ?? madeBy.get(Object.getPrototypeOf(made) as object);
}

/** What has the methods of an array that go through it. */
export interface Listed {
  entries(): Iterable<unknown>;
  keys(): Iterable<unknown>;
  values(): Iterable<unknown>;
}

/** Whether something is an array that is gone through as arrays are. */
function isPlainArray(list: unknown): list is readonly unknown[] {
  return (
    Array.isArray(list) &&
    Object.getPrototypeOf(list) === Array.prototype &&
    !ITERATORS.some((by) => Object.hasOwn(list, by))
  );
}

const ITERATORS = ['entries', 'keys', 'values', Symbol.iterator];

/** Goes through an array, as it is by then, and counts how far it came. */
export class Items implements IterableIterator<unknown>, Listed {
  /** The array, with those that were gone through. */
  readonly all: readonly unknown[];
  by: keyof Listed = 'values';
  taken = 0;

  constructor(all: readonly unknown[]) {
    this.all = all;
  }

  entries(): this {
    return this.#goingBy('entries');
  }

  keys(): this {
    return this.#goingBy('keys');
  }

  values(): this {
    return this.#goingBy('values');
  }

  #goingBy(by: keyof Listed): this {
    this.by = by;
    return this;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<unknown, undefined> {
    if (this.taken >= this.all.length) return { done: true, value: undefined };
    const at = this.taken++;
    const item = this.all[at];
    return { done: false, value: this.by === 'values' ? item : this.by === 'keys' ? at : [at, item] };
  }
}

/** Goes through what does not tell how far one came, such as a Set or what a generator yields. */
class UntoldItems implements IterableIterator<unknown> {
  readonly #iterator: Iterator<unknown>;

  constructor(all: Iterable<unknown>) {
    this.#iterator = all[Symbol.iterator]();
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<unknown> {
    return this.#iterator.next();
  }

  return(value?: unknown): IteratorResult<unknown> {
    return this.#iterator.return?.(value) ?? { done: true, value };
  }
}

/** The same, of one of these methods. */
class UntoldList implements Listed {
  readonly #list: Listed;

  constructor(list: Listed) {
    this.#list = list;
  }

  entries(): Iterable<unknown> {
    return this.#list.entries();
  }

  keys(): Iterable<unknown> {
    return this.#list.keys();
  }

  values(): Iterable<unknown> {
    return this.#list.values();
  }
}

/** What transformed code finds under this name: made by whichever comes first, that code or this module. */
interface Registry {
  /** Whether generators that begin are to note where they stand. */
  on: boolean;
  /** Prototypes of the generators of transformed code. */
  readonly marked: WeakSet<object>;
  /** A generator function was made: its generators have that prototype. */
  named?: (prototype: object, site: FrameSite) => void;
  enter?: (site: FrameSite) => Frame;
}

const NAME = Symbol.for('shootdown.frames');
const global = globalThis as unknown as Record<symbol, Registry | undefined>;
const registry = (global[NAME] ??= { on: false, marked: new WeakSet() });
let current: Frame[] = [];
registry.enter = (site) => new Frame(site, current);
registry.named = (prototype, site) => {
  if (!isRunning()) lasting(site.id, prototype);
};

/**
 * Runs `body`, which resumes a generator, so that its frames are noted.
 *
 * @param stack - its frames so far, outermost first; those above the one that yields are taken away
 */
export function notingFrames<T>(stack: Frame[], body: () => T): T {
  const outer = current;
  const { on } = registry;
  current = stack;
  registry.on = true;
  try {
    return body();
  } finally {
    registry.on = on;
    current = outer;
  }
}

/** Whether a generator is of transformed code. */
export function isTransformed(generator: object): boolean {
  return registry.marked.has(Object.getPrototypeOf(generator) as object);
}

/** The name of a function, or of that of a generator, which was made where a system is built: what it has taken along lasts. */
export function functionName(made: object): LastingName | undefined {
  const prototype: unknown = typeof made === 'function' ? made.prototype : Object.getPrototypeOf(made);
  return typeof prototype === 'object' && prototype !== null ? lastingName(prototype) : undefined;
}
