// What was compiled, kept on disk: each test file has a process of its own, and most import the same sources.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pid } from 'node:process';

/** Safe to delete. A file is named by all that its content depends on. */
const FOLDER = path.join(import.meta.dirname, 'node_modules', '.cache', 'typescript');

/** The code that compiles. */
const COMPILER = [
  path.join(import.meta.dirname, 'typescript-hooks.js'),
  path.join(import.meta.dirname, 'node_modules', 'rolldown', 'package.json'),
  ...builtFiles(path.join(import.meta.dirname, '..', '..', 'packages', 'program-points', 'dist')),
];

/** Files of one compiler. */
export class CompiledFiles {
  #compiler = hash(COMPILER.map((file) => readFileSync(file, 'utf8')));

  /**
   * What `compile` makes of the code, or made of it before.
   *
   * @param {string} file
   * @param {string} code
   * @param {(file: string, code: string) => Promise<string>} compile
   * @returns {Promise<string>}
   */
  async of(file, code, compile) {
    const kept = path.join(FOLDER, hash([this.#compiler, file, code]));
    try {
      return await readFile(kept, 'utf8');
    } catch {
      const compiled = await compile(file, code);
      await write(kept, compiled);
      return compiled;
    }
  }
}

/**
 * Whole or not at all, for others read meanwhile. A disk that cannot be written costs time and nothing else.
 *
 * @param {string} file
 * @param {string} text
 */
async function write(file, text) {
  try {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(`${file}.${pid}`, text);
    await rename(`${file}.${pid}`, file);
  } catch {
    return;
  }
}

/** @param {string} folder */
function builtFiles(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => path.join(folder, name));
}

/** @param {readonly string[]} parts */
function hash(parts) {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(`${part.length}\0`).update(part);
  return digest.digest('hex');
}
