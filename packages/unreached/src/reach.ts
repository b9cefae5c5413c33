/** What searches reached of the model's code, and what they did not. */
import { KIND, type KfuncInfo } from '@shootdown/machine';
import type { Check, LocalState } from '@shootdown/explore';
import { Entered, type Unreached } from './entered.js';
import { inspecting, type Inspection } from './scripts.js';
import { watching, type Site } from './watch.js';

interface Choice {
  readonly site: Site;
  readonly ways: number;
  readonly taken: Set<number>;
}

/** Collects what one or several searches reached. */
export class Reach {
  readonly #sites = new Map<string, Site>();
  readonly #choices = new Map<string, Choice>();
  readonly #kfuncs = new Map<object, KfuncInfo>();
  /** One generator of each generator function that is no kfunc, by the prototype that only it gives. */
  readonly #generators = new Map<unknown, unknown>();
  readonly #owner: ((...args: never[]) => unknown) | undefined;

  /**
   * @param owner - a function of the package whose code counts, such as a scenario's `build`; code of all packages counts
   * if absent
   */
  constructor(owner?: (...args: never[]) => unknown) {
    this.#owner = owner;
  }

  /** Adds what a search reached: runs what it learnt of the model again. */
  add(check: Check): void {
    let last: Site | undefined;
    const evaluated = (site: Site, iterated: unknown): void => {
      last = site;
      this.#sites.set(keyOf(site), site);
      const prototype: unknown = Object.getPrototypeOf(iterated);
      if (!this.#generators.has(prototype)) this.#generators.set(prototype, iterated);
    };
    watching(evaluated, (watch) => {
      check.rerun((run, reached) => {
        this.#kfuncs.set(reached.fn.body, reached.fn);
        last = undefined;
        watch(run);
        if (last !== undefined) this.#noteChoice(last, reached);
      });
    });
  }

  /**
   * What was not reached, in the order of files and lines.
   *
   * @param inspection - for several in a row; one of its own if absent
   */
  unreached(inspection?: Inspection): Unreached[] {
    return inspection === undefined ? inspecting((own) => this.#compare(own)) : this.#compare(inspection);
  }

  /** Notes which alternatives of a choice were taken; those of members that a symmetry interchanges stand for each other. */
  #noteChoice(site: Site, { next, edges }: LocalState): void {
    if (next.what !== 'request' || next.request.kind !== KIND.CHOOSE || next.request.type !== undefined) return;
    const key = keyOf(site);
    const known = this.#choices.get(key);
    const ways = Math.max(known?.ways ?? 0, next.request.ways);
    const taken = known?.taken ?? new Set<number>();
    for (const byLo of edges.values()) for (const lo of byLo.keys()) taken.add(lo);
    this.#choices.set(key, { site, ways, taken });
  }

  #compare(inspection: Inspection): Unreached[] {
    const [owner, ...places] = inspection.placesOf([this.#owner, ...this.#kfuncs.keys(), ...this.#generators.values()]);
    const entered = new Entered(owner?.script.folder);
    const kfuncs = [...this.#kfuncs.values()];
    places.forEach((place, i) => {
      if (place !== undefined) entered.add(place, kfuncs[i]?.kname);
    });
    for (const { url, hash, offset } of this.#sites.values()) {
      const script = inspection.script(url, hash);
      if (script !== undefined) entered.reach({ script, offset: () => offset });
    }
    for (const { site, ways, taken } of this.#choices.values()) {
      const script = inspection.script(site.url, site.hash);
      const left = Array.from({ length: ways }, (_, i) => i).filter((i) => !taken.has(i));
      if (script !== undefined && left.length > 0) entered.leave({ script, offset: () => site.offset }, left);
    }
    return entered.unreached();
  }
}

function keyOf({ url, hash, offset }: Site): string {
  return `${offset} ${hash} ${url}`;
}
