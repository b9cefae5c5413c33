/**
 * Litmus tests as the user names them: a file, or a folder with all below it.
 */
import { readdirSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../exit.js';

/** A file that holds a litmus test. */
export interface TestFile {
  /** Absolute. */
  readonly file: string;
  /** What it is called: its path below the folder that was named, or as it was named. */
  readonly name: string;
}

/** What the user named. */
export interface FoundTests {
  readonly isFolder: boolean;
  readonly tests: readonly TestFile[];
}

const ENDING = '.litmus';

/**
 * The tests that `text` names; undefined where it names none: no `.litmus` file, and no folder with some.
 *
 * @throws {@link UsageError} for a `.litmus` file that is not there
 */
export function findTests(text: string, cwd: string): FoundTests | undefined {
  const at = path.resolve(cwd, text);
  if (entryAt(at)?.isDirectory() === true) {
    const tests = [...below(at)]
      .sort()
      .map((file) => ({ file, name: path.relative(at, file).split(path.sep).join('/') }));
    return tests.length === 0 ? undefined : { isFolder: true, tests };
  }
  if (!text.endsWith(ENDING)) return undefined;
  if (entryAt(at) === undefined)
    throw new UsageError(`${text}: no such file in ${cwd}; give the path of a litmus test, or of a folder of them`);
  return { isFolder: false, tests: [{ file: at, name: text }] };
}

function* below(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* below(at);
    else if (entry.name.endsWith(ENDING)) yield at;
  }
}

function entryAt(file: string): Stats | undefined {
  if (file.includes('\0')) return undefined; // no file is called so
  return statSync(file, { throwIfNoEntry: false });
}
