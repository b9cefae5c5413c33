/** What searches reached of the model's code, and what they did not. */
import { KIND, type KfuncInfo } from '@shootdown/machine';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Check } from '../check.js';
import type { LocalState } from '../local-states.js';
import { Inspection, type FunctionPlace, type Script, type SourcePosition } from './scripts.js';
import { watching, type Site } from './watch.js';
import { functionsOf, innermost, type FunctionSites } from './yield-sites.js';

/** A request that was never made, or a choice of which alternatives were never taken. */
export interface Unreached {
  /** The kernel function it is in; of a generator that is none, its own name. */
  readonly func: string;
  /** Absolute path of the file it was written in. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line it begins on. */
  readonly code: string;
  /** The alternatives never taken, where others of the choice were. */
  readonly alternatives?: readonly number[];
}

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
    watching({ evaluated }, () => {
      check.rerun((run, reached) => {
        this.#kfuncs.set(reached.fn.body, reached.fn);
        last = undefined;
        run();
        if (last !== undefined) this.#noteChoice(last, reached);
      });
    });
  }

  /** What was not reached, in the order of files and lines. */
  unreached(): Unreached[] {
    const inspection = new Inspection();
    try {
      return this.#compare(inspection);
    } finally {
      inspection.close();
    }
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
    const [owner, ...places] = inspection.placesOf([
      this.#owner,
      ...[...this.#kfuncs.keys()],
      ...this.#generators.values(),
    ]);
    places.push(...this.#placesOfSites(inspection));
    const folder = owner === undefined ? undefined : packageOf(owner.script.positionOf(owner.offset).file);
    const counts = ({ file }: SourcePosition): boolean => folder === undefined || packageOf(file) === folder;
    const entered = this.#entered(places, counts);
    const found: (Unreached & { readonly column: number })[] = [];
    for (const [script, functions] of entered) {
      const report = (func: string, { start, end }: { start: number; end: number }, alternatives?: number[]): void => {
        const { file, line, column } = script.positionOf(start);
        const code = brief(lineOf(file, line) ?? script.text.slice(start, end));
        found.push({ func, file, line, column, code, ...(alternatives !== undefined && { alternatives }) });
      };
      const sites = [...this.#sites.values()].filter((site) => inspection.script(site.url, site.hash) === script);
      const choices = [...this.#choices.values()].filter(({ site }) => sites.some((one) => keyOf(one) === keyOf(site)));
      for (const [one, name] of functions) {
        const reached = new Set(sites.map(({ offset }) => innermost(one.sites, offset)));
        for (const site of one.sites) if (!reached.has(site)) report(name, site);
        for (const { site, ways, taken } of choices) {
          const range = innermost(one.sites, site.offset);
          const left = Array.from({ length: ways }, (_, i) => i).filter((i) => !taken.has(i));
          if (range !== undefined && left.length > 0) report(name, range, left);
        }
      }
    }
    const byPlace = (a: (typeof found)[number], b: (typeof found)[number]): number =>
      (a.file < b.file ? -1 : Number(a.file > b.file)) || a.line - b.line || a.column - b.column;
    return found.sort(byPlace).map(({ column: _column, ...rest }) => rest);
  }

  #placesOfSites(inspection: Inspection): FunctionPlace[] {
    return [...this.#sites.values()].flatMap(({ url, hash, offset }) => {
      const script = inspection.script(url, hash);
      return script === undefined ? [] : [{ script, offset }];
    });
  }

  /** The functions that were entered and count, with their names, by script. */
  #entered(
    places: readonly (FunctionPlace | undefined)[],
    counts: (position: SourcePosition) => boolean,
  ): Map<Script, Map<FunctionSites, string>> {
    const names = [...this.#kfuncs.values()].map(({ kname }) => kname);
    const functions = new Map<Script, FunctionSites[]>();
    const entered = new Map<Script, Map<FunctionSites, string>>();
    places.forEach((place, i) => {
      if (place === undefined || !counts(place.script.positionOf(place.offset))) return;
      const { script, offset } = place;
      const all = functions.get(script) ?? functionsOf(script.text);
      functions.set(script, all);
      const one = innermost(all, offset);
      if (one === undefined) return;
      const ofScript = entered.get(script) ?? new Map<FunctionSites, string>();
      entered.set(script, ofScript);
      if (!ofScript.has(one)) ofScript.set(one, names[i] ?? (one.name === '' ? 'a generator' : one.name));
    });
    return entered;
  }
}

function keyOf({ url, hash, offset }: Site): string {
  return `${offset} ${hash} ${url}`;
}

/** The folder of the package that a file belongs to: the nearest with a package.json, or its own. */
function packageOf(file: string): string {
  const own = path.dirname(file);
  for (let folder = own; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return own;
  }
}

const MOST_CODE = 100;

/** The line as it was written, if it can be read. */
function lineOf(file: string, line: number): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n')[line - 1] : undefined;
}

function brief(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > MOST_CODE ? `${line.slice(0, MOST_CODE - 3)}...` : line;
}
