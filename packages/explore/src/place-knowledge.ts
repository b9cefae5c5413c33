import { hashText } from '@shootdown/machine';

/** What a search learnt about where functions stand, in a form that another thread or process can take over. */
export interface PlacesKnown {
  /** Short names of the loops of functions through which they come back to where they were. */
  readonly loops: readonly string[];
  /** What fits more than one object that cannot be told by its contents. */
  readonly namesakes: readonly string[];
}

/** Twelve letters and digits at most. */
function shortName(loop: string): string {
  return hashText(loop)
    .map((half) => (half >>> 0).toString(36))
    .join('');
}

/** What is learnt about where functions stand. */
export class PlaceKnowledge {
  readonly #loops = new Set<string>();
  readonly #namesakes = new Set<string>();
  readonly #objects = new Map<string, object>();
  /** Whether something was learnt by which what was told before is told in another way. */
  hasChanged = false;

  get known(): PlacesKnown {
    return { loops: [...this.#loops], namesakes: [...this.#namesakes] };
  }

  /** Whether functions come back to where they were through a loop. */
  isClosed(loop: string): boolean {
    return this.#loops.size > 0 && this.#loops.has(shortName(loop));
  }

  /** Notes that they do. */
  close(loop: string): void {
    this.hasChanged ||= !this.isClosed(loop);
    this.#loops.add(shortName(loop));
  }

  /**
   * Whether a description fits this object alone of all that were ever asked about: then it can stand for it in every process.
   * An object that is made anew in each run is never alone for long.
   */
  isAlone(description: string, object: object): boolean {
    if (this.#namesakes.has(description)) return false;
    const known = this.#objects.get(description) ?? object;
    this.#objects.set(description, known);
    if (known === object) return true;
    this.#namesakes.add(description);
    this.hasChanged = true;
    return false;
  }

  /** Adds what another search knows; answers whether any of it is new. */
  adopt({ loops, namesakes }: PlacesKnown): boolean {
    const before = this.#loops.size + this.#namesakes.size;
    for (const loop of loops) this.#loops.add(loop);
    for (const description of namesakes) this.#namesakes.add(description);
    return this.#loops.size + this.#namesakes.size > before;
  }
}
