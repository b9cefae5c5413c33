/**
 * Where a function stands, as a text that is the same in every process: the program point of each of its frames, and what its
 * live variables hold. Two histories of a function that lead to one text lead to one local state.
 */
import {
  Cell,
  Items,
  Struct,
  isHandle,
  isSubsystem,
  isKfunc,
  isTransformed,
  type Frame,
  type ProgramPoint,
} from '@shootdown/machine';
import { Origins } from './origins.js';
import { structText } from './struct-text.js';

/** Where a function stands. */
export interface Place {
  readonly text: string;
  /** The program points alone: of each frame, which function it is of and the number of the point. */
  readonly points: readonly (readonly [site: string, point: number])[];
  /** The loops that it is inside of, outermost first: of all its frames. */
  readonly loops: readonly string[];
}

/** A variable whose value cannot be told, or a function that was not transformed: what is known there is all answers. */
export class Untold {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** Why a function is untold whose code, or code it runs, notes nothing. */
export const NOT_TRANSFORMED = 'code that was not transformed';

/** Values and elements that are looked at of one function at most. */
const MOST_ELEMENTS = 5000;

/**
 * Where a function stands that made a request.
 *
 * @param generator - of the function
 * @param stack - its frames, outermost first
 * @param numbering - of the system, as its layout has it
 */
export function placeOf(
  generator: object,
  stack: readonly (Frame | undefined)[],
  request: object,
  numbering: object | undefined,
): Place | Untold {
  const origins = new Origins(generator, stack, numbering);
  const teller = new Teller(origins);
  const loops: string[] = [];
  let text = '';
  const points: (readonly [string, number])[] = [];
  let awaited: unknown = generator;
  for (const [depth, frame] of stack.entries()) {
    if (frame === undefined || typeof awaited !== 'object' || awaited === null || !isTransformed(awaited)) break;
    const { site, values } = frame;
    if (site.opaque !== undefined) return new Untold(`${site.name}: ${site.opaque}`);
    const here = site.points[frame.point] as ProgramPoint | undefined;
    if (here === undefined) break;
    // What a function took along and nobody changes goes without saying where it is known which function it is; of the first frame
    // it is.
    const origin = depth === 0 ? '' : origins.ofFunction(awaited);
    const known = origin === undefined ? [] : here.lasting;
    const told = teller.all(values, here.names, known);
    if (typeof told !== 'string') return new Untold(`${site.name}: ${told.name} holds ${told.what}`);
    points.push([site.id, frame.point]);
    text += `${site.id}.${origin ?? ''}.${frame.point}(${told})`;
    loops.push(...here.loops.map((loop) => `${depth}${site.id}.${loop}`));
    awaited = frame.awaited;
    if (awaited === request && depth === stack.length - 1) return { text, points, loops };
  }
  return new Untold(NOT_TRANSFORMED);
}

/** Whether a place is further on in the text than another; where that cannot be said, it is not. */
export function isFurther({ points }: Place, than: Place): boolean {
  for (const [depth, [site, point]] of points.entries()) {
    const other = than.points.at(depth);
    if (other === undefined) return true;
    if (site !== other[0]) return false;
    if (point !== other[1]) return point > other[1];
  }
  return false;
}

/** A value that cannot be told. */
interface Misfit {
  readonly name: string;
  readonly what: string;
}

/** Tells values; arrays and objects are numbered, so that it shows which are the same. */
class Teller {
  readonly #origins: Origins;
  readonly #numbers = new Map<object, number>();
  #left = MOST_ELEMENTS;

  constructor(origins: Origins) {
    this.#origins = origins;
  }

  /** @param known - places of variables that go without saying, for it is known from where the function took them */
  all(values: readonly unknown[], names: readonly string[], known: readonly number[] = []): string | Misfit {
    let text = '';
    for (const [i, value] of values.entries()) {
      if (known.includes(i)) continue;
      const told = this.#tell(value);
      if (told === undefined) return { name: names[i], what: kindOf(value) };
      text += `${told.length}:${told}`;
    }
    return text;
  }

  /** The text of a value, after which of its tags no other value has it; `undefined` where it cannot be told. */
  #tell(value: unknown): string | undefined {
    switch (typeof value) {
      case 'number':
        return `n${Object.is(value, -0) ? '-0' : String(value)}`;
      case 'bigint':
        return `i${value}`;
      case 'string':
        return `s${value}`;
      case 'boolean':
        return value ? 't' : 'f';
      case 'undefined':
        return 'u';
      case 'object':
        return value === null ? 'z' : this.#tellObject(value);
      case 'function':
        return isKfunc(value) ? `k${value.identity}` : this.#tellFunction(value as () => unknown);
      default:
        return undefined;
    }
  }

  #tellObject(value: object): string | undefined {
    if (value instanceof Cell) return `c${value.type.name}@${value.address}`;
    if (isHandle(value)) return `h${value.$struct.name}@${value.$address}`;
    if (isSubsystem(value)) return `m${value.$subsystem}`;
    if (value instanceof Struct) return `T${structText(value)}`;
    const origin = this.#origins.ofObject(value);
    if (origin !== undefined) return `l${origin}`;
    const known = this.#numbers.get(value);
    if (known !== undefined) return `#${known}`;
    this.#numbers.set(value, this.#numbers.size);
    if (value instanceof Items) return this.#tellAll('I', [value.by, value.taken, value.all]);
    const prototype: unknown = Object.getPrototypeOf(value);
    const properties = Reflect.ownKeys(value).length;
    const isFrozen = Object.isFrozen(value);
    const f = isFrozen ? 'f' : '';
    // What has hidden properties, holes, accessors or methods of its own is more than what it is told to be.
    if (!isFrozen && !Object.isExtensible(value)) return undefined;
    if (prototype === Array.prototype) {
      const isWhole = properties === (value as unknown[]).length + 1 && Object.keys(value).length === properties - 1;
      return isWhole && hasPlainProperties(value, isFrozen) ? this.#tellAll(`a${f}`, value as unknown[]) : undefined;
    }
    if (prototype === Set.prototype)
      return properties === 0 ? this.#tellAll('S', [...(value as Set<unknown>)]) : undefined;
    if (prototype === Map.prototype)
      return properties === 0 ? this.#tellAll('M', [...(value as Map<unknown, unknown>)].flat(1)) : undefined;
    if (prototype !== Object.prototype && prototype !== null) return undefined;
    if (Object.keys(value).length !== properties || !hasPlainProperties(value, isFrozen)) return undefined;
    return this.#tellAll(`${prototype === null ? 'n' : 'o'}${f}`, Object.entries(value).flat(1));
  }

  #tellFunction(value: () => unknown): string | undefined {
    if (Object.keys(value).length > 0) return undefined;
    const origin = this.#origins.ofFunction(value);
    return origin === undefined ? undefined : `f${origin}`;
  }

  #tellAll(tag: string, elements: readonly unknown[]): string | undefined {
    let text = tag;
    this.#left -= elements.length;
    if (this.#left < 0) return undefined;
    for (const element of elements) {
      const told = this.#tell(element);
      if (told === undefined) return undefined;
      text += `${told.length}:${told}`;
    }
    return text;
  }
}

/** Whether every property of an object holds a value that can be written, unless the object is frozen. */
function hasPlainProperties(value: object, isFrozen: boolean): boolean {
  return Object.keys(value).every((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    return 'value' in property && (isFrozen || property.writable === true);
  });
}

function kindOf(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { name } = value.constructor;
  return name === 'Object' || name === 'Array' ? 'an object that cannot be compared by its contents' : `a ${name}`;
}
