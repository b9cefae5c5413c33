/** Puts program points into files on the disk. */
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceMapInput } from './source-maps.js';
import { transform, type Transformed } from './transform.js';

/** A file that was changed. */
export interface Rewritten {
  /** Its path, relative to the root, with `/`. */
  readonly file: string;
  readonly refused: Transformed['refused'];
}

/**
 * Transforms files in place, all `.js` files of a folder and the folders in it, and the source maps that they name. If one of
 * them cannot be parsed, none is changed. Files that are transformed already stay as they are.
 *
 * @param root - what the names of files are relative to, so that another checkout gets the same code
 * @throws SyntaxError that names a file, or what the file system throws
 */
export async function rewrite(paths: readonly string[], root: string): Promise<Rewritten[]> {
  const files = (await Promise.all(paths.map((one) => scriptsIn(path.resolve(root, one))))).flat();
  const changes = await Promise.all(
    files.map(async (whole) => {
      const file = path.relative(root, whole).replaceAll(path.sep, '/');
      const code = await readFile(whole, 'utf8');
      const map = await mapOf(whole, code);
      return { whole, file, map, transformed: transform(code, { file, map: map?.content }) };
    }),
  );
  const rewritten: Rewritten[] = [];
  for (const { whole, file, map, transformed } of changes) {
    if (transformed === undefined) continue;
    if (map !== undefined) {
      transformed.map.file = path.basename(whole);
      await replaceFile(map.file, transformed.map.toString());
    }
    await replaceFile(whole, transformed.code);
    rewritten.push({ file, refused: transformed.refused });
  }
  return rewritten;
}

/** The source map in a file of its own that code names in its last line, if there is one. */
async function mapOf(whole: string, code: string): Promise<{ file: string; content: SourceMapInput } | undefined> {
  const named = /\n\/\/# sourceMappingURL=([^:\s]+)\s*$/.exec(code);
  if (named === null) return undefined;
  const file = path.resolve(path.dirname(whole), decodeURIComponent(named[1]));
  return { file, content: JSON.parse(await readFile(file, 'utf8')) as SourceMapInput };
}

async function scriptsIn(given: string): Promise<string[]> {
  if (!(await stat(given)).isDirectory()) return [given];
  const names = await readdir(given, { recursive: true });
  return names
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => path.join(given, name));
}

/** Whole or not at all, with the permissions it had. */
async function replaceFile(file: string, text: string): Promise<void> {
  const { mode } = await stat(file);
  const written = `${file}.new`;
  await writeFile(written, text, { mode });
  await rename(written, file);
}
