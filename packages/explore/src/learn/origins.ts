/**
 * Where functions and objects come from that cannot be compared by what they hold. Two of one origin are one; what a function
 * took along when it was made, and nothing changes, is then known too.
 */
import { functionName, lastingName, madeIn, type Frame, type LastingName } from '@shootdown/machine';

/** The origins of what the frames of one function hold. */
export class Origins {
  readonly #stack: readonly (Frame | undefined)[];
  /** Of the building of the system, in which what was made then has names, and of the function, which may have been made before. */
  readonly #numberings: readonly (object | undefined)[];

  /**
   * @param generator - of the function
   * @param stack - its frames, outermost first
   * @param numbering - of the system
   */
  constructor(generator: object, stack: readonly (Frame | undefined)[], numbering: object | undefined) {
    this.#stack = stack;
    this.#numberings = [numbering, functionName(generator)?.numbering];
  }

  /** Of an object; `undefined` where that is not known. */
  ofObject(object: object): string | undefined {
    return this.#built(lastingName(object));
  }

  /** Of a function, or of that of a generator; `undefined` where that is not known. */
  ofFunction(made: object): string | undefined {
    return this.#built(functionName(made)) ?? this.#made(made);
  }

  /** Of what was made when the system or the function was. Names of two buildings may be the same, and those of a third are not known. */
  #built(found: LastingName | undefined): string | undefined {
    const building = found === undefined ? -1 : this.#numberings.indexOf(found.numbering);
    return building < 0 ? undefined : `${building}${found?.name}`;
  }

  /** Of a function that was made in what a frame yields now: all that it took along are values of that frame. */
  #made(made: object): string | undefined {
    const where = madeIn(made);
    if (where === undefined) return undefined;
    const depth = this.#stack.indexOf(where.frame);
    return depth >= 0 && where.frame.hasJustMade(where) ? `${depth}.${where.place}` : undefined;
  }
}
