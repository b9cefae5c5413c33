/** Golden vectors: one JSON object a line, in the folder SHOOTDOWN_VECTORS or, without it, in this one. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The cases in `name`.
 *
 * @param skip - called with the reason when the folder of the environment has no such file
 * @throws Error when this folder has none
 */
export function readCases<Case>(name: string, skip: (reason: string) => void): Case[] {
  const folder = process.env.SHOOTDOWN_VECTORS;
  const file = join(folder ?? import.meta.dirname, name);
  if (folder !== undefined && !existsSync(file)) {
    const reason = `vectors ${name}: 0 cases, 0 operations; ${folder} has no such file`;
    console.log(reason);
    skip(reason);
  }
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Case);
}
