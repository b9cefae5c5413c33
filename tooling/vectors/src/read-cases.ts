/** Golden vectors: gzipped, one JSON object a line. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/**
 * The cases in a file of a package's own `vectors/` or, if the environment variable SHOOTDOWN_VECTORS names a folder, in the
 * file of the same name there. The folder need not have it: then the test is skipped, and says so.
 *
 * @param own - the package's own file
 * @param skip - ends the test with a reason
 * @throws Error when the folder is not an absolute path, and when the package's own file is missing
 * @throws SyntaxError naming the line that is no JSON
 */
export function readCases<Case>(own: URL, skip: (reason: string) => never): Case[] {
  const [folder, name] = [folderOf(own), path.basename(fileURLToPath(own))];
  const file = path.join(folder, name);
  if (process.env.SHOOTDOWN_VECTORS !== undefined && !existsSync(file)) {
    const reason = `vectors ${name}: 0 cases, 0 operations; ${folder} has no such file`;
    console.log(reason);
    skip(reason);
  }
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.flatMap((line, index) => (line === '' ? [] : [parsed(line, `${file}:${index + 1}`) as Case]));
}

function folderOf(own: URL): string {
  const folder = process.env.SHOOTDOWN_VECTORS;
  if (folder === undefined) return path.dirname(fileURLToPath(own));
  if (!path.isAbsolute(folder)) throw new Error(`SHOOTDOWN_VECTORS: expected an absolute path, got ${folder}`);
  return folder;
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new SyntaxError(`${where}: ${(error as Error).message}`, { cause: error });
  }
}
