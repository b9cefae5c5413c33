import { hashText } from '@shootdown/machine';

/** What a search learnt about where functions stand, in a form that another thread or process can take over. */
export interface PlacesKnown {
  /** Short names of the loops of functions through which they come back to where they were. */
  readonly loops: readonly string[];
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
  /** Whether something was learnt by which what was told before is told in another way. */
  hasChanged = false;

  get known(): PlacesKnown {
    return { loops: [...this.#loops] };
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

  /** Adds what another search knows; returns whether any of it is new. */
  adopt({ loops }: PlacesKnown): boolean {
    const { size } = this.#loops;
    for (const loop of loops) this.#loops.add(loop);
    return this.#loops.size > size;
  }
}
