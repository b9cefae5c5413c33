/** Source maps of code that was made of other code, and maps that stand in the code itself. */
import remapping, { type SourceMapInput } from '@jridgewell/remapping';
import { SourceMap, type DecodedSourceMap } from 'magic-string';

export type { SourceMapInput };

/**
 * One map for two steps.
 *
 * @param map - of the last step, whose only source is what the first one made
 * @param earlier - of the first step
 */
export function mapThrough(map: DecodedSourceMap, earlier: SourceMapInput): SourceMap {
  const both = remapping([{ version: 3, ...map }, earlier], () => null, { decodedMappings: true });
  return new SourceMap(both as DecodedSourceMap);
}

/** Code that ends with its own map, in two parts. */
export interface Mapped {
  readonly code: string;
  readonly map: SourceMapInput;
}

const INLINE = /\n\/\/[#@] sourceMappingURL=data:application\/json[^,\s]*?(;base64)?,(\S*)\s*$/;

/** The code and the map that stands in its last line, if there is one. */
export function withoutInlineMap(code: string): Mapped | undefined {
  const found = INLINE.exec(code);
  if (found === null) return undefined;
  const [, isBase64, data] = found;
  const text = isBase64 === undefined ? decodeURIComponent(data) : ofBase64(data);
  return { code: code.slice(0, found.index + 1), map: JSON.parse(text) as SourceMapInput };
}

/** The code with its map in its last line. */
export function withInlineMap(code: string, map: SourceMap): string {
  return `${code}${code.endsWith('\n') ? '' : '\n'}//# sourceMappingURL=${map.toUrl()}\n`;
}

function ofBase64(data: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0)));
}
