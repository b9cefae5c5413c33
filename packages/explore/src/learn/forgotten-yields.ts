/**
 * Requests that model code makes and never yields: such a step is not taken, and nobody would notice. A request may be made
 * early and yielded late, or only on some paths; so what counts is the place in the code that made it. A place is forgotten
 * if none of the requests made there is ever yielded.
 */
import { ModelError, requestsMadeBy, type Layout, type Request } from '@shootdown/machine';
import { siteIn } from '../base/site.js';

/** A request that was made and never yielded. */
export interface Forgotten {
  readonly kname: string;
  readonly request: Request<unknown>;
}

/** Frames that are noted of a request's place. */
export const FRAMES = 50;
/** Where a thread's generator is resumed: the frames outside of it are of the search. */
const OUTSIDE = /[\\/]machine[\\/](?:src|dist)[\\/]running\./;

/** Keeps the books on the requests that the functions of one model make. */
export class Requests {
  /** What was made and not yielded, as far as it has not been looked into: by a text, the function. */
  readonly #left = new Map<string, string>();
  /** As {@link #left}, of calls that have not ended. */
  readonly #pending = new Map<string, string>();
  readonly #settled = new Set<string>();
  /** Set while requests remember where they were made. */
  #places: Places | undefined;

  /**
   * The generator of a function was resumed.
   *
   * @param identity - of the function
   * @param yielded - the request it came to; `undefined` where the call has ended
   */
  note(generator: object, kname: string, identity: string, yielded: Request<unknown> | undefined): void {
    const made = requestsMadeBy(generator);
    if (yielded !== undefined) yielded.isUsed = true;
    this.#places?.note(made, kname, yielded);
    let kept = 0;
    for (const request of made) if (!request.isUsed) made[kept++] = request;
    made.length = kept;
    if (kept > 0) this.#suspect(made, identity, yielded === undefined);
  }

  #suspect(made: readonly Request<unknown>[], identity: string, hasEnded: boolean): void {
    const key = `${identity}|${made.map(({ label, address }) => `${label}@${address}`).join()}`;
    if (!this.#settled.has(key)) (hasEnded ? this.#left : this.#pending).set(key, identity);
  }

  /** Whether a call ended that made a request and did not yield it. */
  get hasLeft(): boolean {
    return this.#left.size > 0;
  }

  /** Whether a call made a request and has not yielded it, be it that it has not come to that. */
  get hasSuspects(): boolean {
    return this.#left.size > 0 || this.#pending.size > 0;
  }

  /** Identities of the functions that are suspected. */
  get suspects(): ReadonlySet<string> {
    return new Set([...this.#left.values(), ...this.#pending.values()]);
  }

  /** They were looked into. */
  settle(): void {
    for (const key of [...this.#left.keys(), ...this.#pending.keys()]) this.#settled.add(key);
    this.#left.clear();
    this.#pending.clear();
  }

  /** Notes in `places` where requests are made while `body` runs. */
  watching(places: Places, body: () => void): void {
    this.#places = places;
    try {
      body();
    } finally {
      this.#places = undefined;
    }
  }
}

/** Places in model code at which requests are made. */
export class Places {
  readonly #made = new Map<string, Forgotten>();
  readonly #used = new Set<string>();

  /** @param made - what a function made; what was noted and not used before may be noted again */
  note(made: readonly Request<unknown>[], kname: string, yielded: Request<unknown> | undefined): void {
    if (yielded !== undefined) this.#used.add(placeOf(yielded, kname));
    for (const request of made) {
      const place = placeOf(request, kname);
      if (request.isUsed) this.#used.add(place);
      else if (!this.#made.has(place)) this.#made.set(place, { kname, request });
    }
  }

  /** One place whose requests were never yielded, if there is one. */
  get forgotten(): Forgotten | undefined {
    for (const [place, one] of this.#made) if (!this.#used.has(place)) return one;
    return undefined;
  }
}

/** The stack between a request and the function that made it; where it cannot be told, what the request is called. */
function placeOf({ site = '', label }: Request<unknown>, kname: string): string {
  const lines = site.split('\n').slice(1);
  const end = lines.findIndex((line) => OUTSIDE.test(line));
  return end < 0 ? `${kname}|${label}` : lines.slice(0, end).join('\n');
}

/** What to say about a forgotten request. */
export function forgottenYield({ kname, request }: Forgotten, layout: Layout): ModelError {
  const { label, address, site = '' } = request;
  const target = address === 0 ? '' : ` of ${layout.nameOf(address)}`;
  const at = siteIn(site);
  return new ModelError(
    `kfunc ${kname} makes the request ${label}${target}${at === '' ? '' : ` at ${at}`} and never yields it, so the step is ` +
      'not taken: is yield* missing? Write yield* before it, and make a request only where it is yielded',
  );
}
