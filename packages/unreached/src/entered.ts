/** The functions that were entered, and what was reached in each. */
import { existsSync, readFileSync } from 'node:fs';
import type { FunctionPlace, Script } from './scripts.js';
import { innermost, type FunctionSites, type YieldSite } from './yield-sites.js';

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

interface Function {
  readonly script: Script;
  readonly sites: readonly YieldSite[];
  name: string | undefined;
  readonly reached: Set<YieldSite | undefined>;
  readonly left: Map<YieldSite, readonly number[]>;
}

/** Functions of one package, or of all. */
export class Entered {
  readonly #folder: string | undefined;
  readonly #functions = new Map<FunctionSites, Function>();

  /** @param folder - of the package whose functions count; all do if absent */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Adds the function at a place, under its name. */
  add(place: FunctionPlace, name: string | undefined): void {
    const one = this.#at(place);
    if (one !== undefined) one.name ??= name;
  }

  /** Notes that the `yield*` at a place was evaluated. */
  reach(place: FunctionPlace): void {
    const one = this.#at(place);
    one?.reached.add(innermost(one.sites, place.offset()));
  }

  /** Notes the alternatives never taken of the choice at a place. */
  leave(place: FunctionPlace, alternatives: readonly number[]): void {
    const one = this.#at(place);
    const site = one === undefined ? undefined : innermost(one.sites, place.offset());
    if (site !== undefined) one?.left.set(site, alternatives);
  }

  /** What was not reached, in the order of files and lines. */
  unreached(): Unreached[] {
    const found = [...this.#functions].flatMap(([{ name: own }, { script, sites, name, reached, left }]) =>
      sites
        .filter((site) => left.has(site) || !reached.has(site))
        .map((site) => told(script, name ?? (own === '' ? 'a generator' : own), site, left.get(site))),
    );
    return found.sort(byPlace).map(({ column: _column, ...rest }) => rest);
  }

  #at({ script, offset }: FunctionPlace): Function | undefined {
    if (this.#folder !== undefined && script.folder !== this.#folder) return undefined;
    const found = innermost(script.functions, offset());
    if (found === undefined) return undefined;
    const known = this.#functions.get(found);
    if (known !== undefined) return known;
    const entered = { script, sites: found.sites, name: undefined, reached: new Set<never>(), left: new Map() };
    this.#functions.set(found, entered);
    return entered;
  }
}

type UnreachedSite = Unreached & { readonly column: number };

function told(
  script: Script,
  func: string,
  { start, end }: YieldSite,
  alternatives: readonly number[] | undefined,
): UnreachedSite {
  const { file, line, column } = script.positionOf(start);
  const code = brief(lineOf(file, line) ?? script.text.slice(start, end));
  return { func, file, line, column, code, ...(alternatives !== undefined && { alternatives }) };
}

function byPlace(a: UnreachedSite, b: UnreachedSite): number {
  return (a.file < b.file ? -1 : Number(a.file > b.file)) || a.line - b.line || a.column - b.column;
}

/** The line as it was written, if it can be read. */
function lineOf(file: string, line: number): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n')[line - 1] : undefined;
}

const MOST_CODE = 100;

function brief(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > MOST_CODE ? `${line.slice(0, MOST_CODE - 3)}...` : line;
}
