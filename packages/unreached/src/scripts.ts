/** The code of this process as it is executed, and where it was written: scripts, functions and source maps. */
import { existsSync, readFileSync } from 'node:fs';
import { Session, type Debugger, type Runtime } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionsOf, type FunctionSites } from './yield-sites.js';

/** A place in a file as it was written. */
export interface SourcePosition {
  /** Absolute path. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

/** One script; what it takes time to know of it is found out when it is asked for. */
export class Script {
  /** The folder of the package it belongs to: the nearest with a package.json, or its own. */
  readonly folder: string;
  readonly #parsed: Debugger.ScriptParsedEventDataType;
  readonly #read: () => string;
  #content: Content | undefined;

  /** @param read - answers its text */
  constructor(parsed: Debugger.ScriptParsedEventDataType, read: () => string) {
    this.#parsed = parsed;
    this.#read = read;
    this.folder = packageOf(pathOf(parsed.url));
  }

  /** As it is executed. */
  get text(): string {
    return this.#contents.text;
  }

  /** Its functions. */
  get functions(): readonly FunctionSites[] {
    return this.#contents.functions;
  }

  /** Characters before a position, lines and columns as the engine counts them: a loader may shift the first line. */
  offsetOf({ lineNumber, columnNumber = 0 }: Debugger.Location): number {
    const { startLine, startColumn } = this.#parsed;
    const start = this.#contents.lineStarts[lineNumber - startLine];
    return start + columnNumber - (lineNumber === startLine ? startColumn : 0);
  }

  /** Where the code at an offset was written. */
  positionOf(offset: number): SourcePosition {
    const { startLine, startColumn, url } = this.#parsed;
    const { lineStarts, map } = this.#contents;
    const next = lineStarts.findIndex((start) => start > offset);
    const at = (next < 0 ? lineStarts.length : next) - 1;
    const line = at + startLine;
    const column = offset - lineStarts[at] + (at === 0 ? startColumn : 0);
    const entry = map?.findEntry(line, column);
    if (entry === undefined || !('originalSource' in entry)) return { file: pathOf(url), line: line + 1, column };
    const { originalSource, originalLine, originalColumn } = entry;
    return { file: resolved(url, originalSource), line: originalLine + 1, column: originalColumn };
  }

  get #contents(): Content {
    this.#content ??= contentOf(this.#read(), sourceMap(this.#parsed.url, this.#parsed.sourceMapURL ?? ''));
    return this.#content;
  }
}

interface Content {
  readonly text: string;
  readonly functions: readonly FunctionSites[];
  readonly lineStarts: readonly number[];
  readonly map: SourceMap | undefined;
}

function contentOf(text: string, map: SourceMap | undefined): Content {
  const lineStarts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lineStarts.push(i + 1);
  return { text, functions: functionsOf(text), lineStarts, map };
}

/** Where a function is. */
export interface FunctionPlace {
  readonly script: Script;
  /** Characters of the script before some place in it, but in no function inside it. */
  readonly offset: () => number;
}

/** Runs `body`, which may look into the running process. */
export function inspecting<T>(body: (inspection: Inspection) => T): T {
  const inspection = new Inspection();
  try {
    return body(inspection);
  } finally {
    inspection.close();
  }
}

/** Looks into the running process. */
export class Inspection {
  readonly #session = new Session();
  readonly #byId = new Map<string, Debugger.ScriptParsedEventDataType>();
  readonly #byHash = new Map<string, Debugger.ScriptParsedEventDataType>();
  readonly #scripts = new Map<string, Script>();

  constructor() {
    this.#session.connect();
    this.#session.on('Debugger.scriptParsed', ({ params }) => {
      this.#byId.set(params.scriptId, params);
      this.#byHash.set(keyOf(params), params);
    });
    this.#session.post('Debugger.enable');
  }

  /** Ends it. */
  close(): void {
    this.#session.disconnect();
  }

  /** The script of that address and hash. */
  script(url: string, hash: string): Script | undefined {
    const parsed = this.#byHash.get(keyOf({ url, hash }));
    return parsed === undefined ? undefined : this.#scriptOf(parsed);
  }

  /** Where functions, and the functions of generators, were written; `undefined` for those of the engine itself. */
  placesOf(values: readonly unknown[]): (FunctionPlace | undefined)[] {
    const shared = globalThis as { [HANDED]?: readonly unknown[] };
    shared[HANDED] = values;
    try {
      return values.map((_, i) => this.#placeOf(this.#evaluate(i)));
    } finally {
      Reflect.deleteProperty(shared, HANDED);
    }
  }

  #evaluate(i: number): string | undefined {
    let id: string | undefined;
    this.#session.post(
      'Runtime.evaluate',
      { expression: `globalThis[${JSON.stringify(HANDED)}][${i}]` },
      (_, answer) => {
        id = answer.result.objectId;
      },
    );
    return id;
  }

  #placeOf(objectId: string | undefined): FunctionPlace | undefined {
    if (objectId === undefined) return undefined;
    let found: readonly Runtime.InternalPropertyDescriptor[] = [];
    this.#session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_, answer) => {
      found = answer.internalProperties ?? [];
    });
    const of = (name: string): Runtime.RemoteObject | undefined => found.find((one) => one.name === name)?.value;
    const generator = of('[[GeneratorFunction]]');
    if (generator !== undefined) return this.#placeOf(generator.objectId);
    const location = of('[[FunctionLocation]]')?.value as Debugger.Location | undefined;
    const parsed = location === undefined ? undefined : this.#byId.get(location.scriptId);
    if (location === undefined || parsed === undefined) return undefined;
    const script = this.#scriptOf(parsed);
    return { script, offset: () => script.offsetOf(location) };
  }

  #scriptOf(parsed: Debugger.ScriptParsedEventDataType): Script {
    const key = keyOf(parsed);
    const known = this.#scripts.get(key);
    if (known !== undefined) return known;
    const script = new Script(parsed, () => this.#textOf(parsed.scriptId));
    this.#scripts.set(key, script);
    return script;
  }

  #textOf(scriptId: string): string {
    let text = '';
    this.#session.post('Debugger.getScriptSource', { scriptId }, (_, answer) => {
      text = answer.scriptSource;
    });
    return text;
  }
}

/** Under which name values are handed to the inspector. */
const HANDED = '@shootdown/unreached';

/** Scripts are told apart by address and text; the address of a file is a path to some and a URL to others. */
function keyOf({ url, hash }: { readonly url: string; readonly hash: string }): string {
  return `${hash} ${pathOf(url)}`;
}

function packageOf(file: string): string {
  const own = path.dirname(file);
  for (let folder = own; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return own;
  }
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

function resolved(url: string, source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : path.resolve(path.dirname(pathOf(url)), source);
}

function sourceMap(url: string, mapUrl: string): SourceMap | undefined {
  if (mapUrl === '') return undefined;
  const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(mapUrl);
  try {
    const text =
      inline === null
        ? readFileSync(resolved(url, mapUrl), 'utf8')
        : Buffer.from(decodeURIComponent(inline[2]), inline[1] === undefined ? 'utf8' : 'base64').toString('utf8');
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return undefined; // no map, or none that can be read: the code as it is executed is the best there is
  }
}
