/**
 * The tag `@source path symbol version`, which says from where in the kernel a thing was modelled. The symbol may be left
 * out where a whole file is meant; path and version may not, for the same name differs from version to version.
 */
import ts from 'typescript';
import type { Sources } from './program.js';

/** What one `@source` says. */
export interface SourceTag {
  readonly path: string;
  readonly symbol: string | undefined;
  /** A release (`v4.19`, `v4.20-rc1`), a range of releases (`v4.16-v4.18`), or a commit of 12 digits or more. */
  readonly version: string;
}

const RELEASE = String.raw`v\d+\.\d+(?:\.\d+)?(?:-rc\d+)?`;
const TAG = new RegExp(String.raw`^(\S+\.[A-Za-z]+)(?:\s+(.*?))?\s+(${RELEASE}(?:-${RELEASE})?|[0-9a-f]{12,40})$`);

/** Takes the text behind `@source` apart; undefined when path or version is missing. */
export function parseSourceTag(text: string): SourceTag | undefined {
  const [, path, symbol, version] = TAG.exec(text.trim()) ?? [];
  return path && version ? { path, symbol: symbol === '' ? undefined : symbol, version } : undefined;
}

/** Every `@source` tag that names no file or no version, one sentence each. */
export function malformedSourceTags({ files, place }: Sources): string[] {
  return files.flatMap((file) =>
    sourceTags(file)
      .map((tag) => ({ tag, text: ts.getTextOfJSDocComment(tag.comment) ?? '' }))
      .filter(({ text }) => parseSourceTag(text) === undefined)
      .map(({ tag, text }) => `${place(tag)} expected "@source path symbol version", got "@source ${text.trim()}"`),
  );
}

/** The `@source` tags of a file, each once, in the order of the file. */
export function sourceTags(file: ts.SourceFile): ts.JSDocTag[] {
  const tags = new Set<ts.JSDocTag>();
  const visit = (node: ts.Node): void => {
    for (const tag of ts.getJSDocTags(node)) if (tag.tagName.text === 'source') tags.add(tag);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...tags];
}
