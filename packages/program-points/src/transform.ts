/** Puts program points into the code of one file. */
import type { AnyNode } from 'acorn';
import MagicString, { SourceMap } from 'magic-string';
import { leadToArguments } from './argument-positions.js';
import { fnv1a } from './fnv.js';
import { Insertions } from './insertions.js';
import { markedFunctions, startOf, type MarkedFunction } from './marked-functions.js';
import { freeNames, type Names } from './names.js';
import { CannotKeep } from './pending.js';
import { endOfWrap, pointsOf, type Points } from './point.js';
import { refusal } from './refusal.js';
import { Resolution } from './resolution.js';
import { mapThrough, withInlineMap, withoutInlineMap, type SourceMapInput } from './source-maps.js';
import { parseFile } from './syntax-tree.js';

/** Code with program points. */
export interface Transformed {
  readonly code: string;
  /** To the given code, of which every line has kept its number, or to what that was made of. */
  readonly map: SourceMap;
  /** Functions whose state is not told, and why. */
  readonly refused: readonly { readonly name: string; readonly line: number; readonly reason: string }[];
}

const NAME = 'shootdown.frames';
const REGISTRY = `globalThis[Symbol.for("${NAME}")] ??= { on: false, marked: new WeakSet() }`;

/**
 * The code, where each generator function tells the object `globalThis[Symbol.for("shootdown.frames")]` at each yield
 * where it is and what its live variables hold; absent where nothing is to be changed, because there is no such function or
 * because the code has been transformed, which it has if it names that object: bundlers may have written it anew.
 *
 * @param code - a module, or a script that may await and return outside of functions
 * @param options - `file` is a part of the names of the functions: it must be the same in all processes; `map` is the map of
 *   the given code, if it was made of something else
 * @throws SyntaxError that names the file, for code that cannot be parsed
 */
export function transform(
  code: string,
  { file, map }: { readonly file: string; readonly map?: SourceMapInput | undefined },
): Transformed | undefined {
  if (!code.includes('*') || code.includes(NAME)) return undefined;
  const program = parseFile(code, file);
  const functions = markedFunctions(program, code);
  if (functions.length === 0) return undefined;

  const names = freeNames(code);
  const resolution = new Resolution(program);
  const insertions = new Insertions();
  const hash = fnv1a(`${file}\0${code}`);
  const refused: { name: string; line: number; reason: string }[] = [];
  const yielded: AnyNode[] = [];
  const sites = functions.map((one, index) => {
    const found = pointsIfPossible(one, code, names, resolution, insertions);
    if (typeof found === 'string') refused.push({ name: one.name, line: lineOf(code, one.node.start), reason: found });
    const [points, opaque] = typeof found === 'string' ? [[], found] : [found.points, undefined];
    if (typeof found !== 'string') yielded.push(...found.yielded);
    const { body } = one.node;
    // Behind a directive comes a semicolon, for it may have none.
    if (startOf(body) > body.start + 1) insertions.put(startOf(body), ';');
    insertions.put(startOf(body), beginning(names, index, typeof found === 'string' ? [] : found.declared));
    const id = `${one.name}:${one.node.start}:${hash}`;
    const [idText, nameText, opaqueText, pointsText] = [id, one.name, opaque, points].map((part) =>
      JSON.stringify(part),
    );
    return `${names.site(index)} = { id: ${idText}, name: ${nameText}, opaque: ${opaqueText}, points: ${pointsText} }`;
  });
  insertions.put(startOf(program), `const ${[...helpers(names), ...sites].join(', ')};`);
  for (const [index, { insertMark }] of functions.entries()) insertMark(insertions, names.mark, names.site(index));

  const text = new MagicString(code);
  insertions.apply(program, text);
  const transformed = text.toString();
  const own = text.generateDecodedMap({ source: file, includeContent: true, hires: 'boundary' });
  leadToArguments(own.mappings, yielded, endOfWrap(names), code, transformed);
  return { code: transformed, map: map === undefined ? new SourceMap(own) : mapThrough(own, map), refused };
}

/**
 * As {@link transform}, for code that is run as it is: the code that it answers ends with its map, which leads through the one
 * that the given code ends with, if it does.
 */
export function transformInline(code: string, { file }: { readonly file: string }): Transformed | undefined {
  const mapped = withoutInlineMap(code);
  const found = transform(mapped?.code ?? code, { file, map: mapped?.map });
  return found && { ...found, code: withInlineMap(found.code, found.map) };
}

/** The points of a function, or why it is refused. */
function pointsIfPossible(
  { node }: MarkedFunction,
  code: string,
  names: Names,
  resolution: Resolution,
  insertions: Insertions,
): Points | string {
  const reason = refusal(node);
  if (reason !== undefined) return reason;
  const own = new Insertions();
  try {
    const points = pointsOf(node, code, names, resolution, own);
    insertions.add(own);
    return points;
  } catch (error) {
    if (error instanceof CannotKeep) return error.message;
    throw error;
  }
}

function beginning({ frames, frame, site }: Names, index: number, declared: readonly string[]): string {
  const enter = `const ${frame} = ${frames}.on ? ${frames}.enter(${site(index)}) : undefined;`;
  return declared.length === 0 ? enter : `${enter} let ${declared.join(', ')};`;
}

function helpers({ frames, mark, read, current, made }: Names): string[] {
  return [
    `${frames} = ${REGISTRY}`,
    `${mark} = (f, site) => (${frames}.marked.add(f.prototype), ${frames}.named?.(f.prototype, site), f)`,
    `${current} = (values, ...readers) => (readers.forEach((get, i) => Object.defineProperty(values, i, { get })), values)`,
    `${made} = (frame, point, place, f) => (frame === undefined ? f : frame.made(point, place, f))`,
    // A variable that is not declared yet has no value, and throws when it is read.
    `${read} = (f) => { try { return f(); } catch { return "a variable that is not declared yet"; } }`,
  ];
}

function lineOf(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length;
}
