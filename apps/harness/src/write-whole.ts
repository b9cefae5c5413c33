/** Files that are written whole or not at all. */
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { draftOf, kindOf, placeAt, sweepDrafts } from './drafts.js';
import { UsageError } from './exit.js';
import { reasonOf } from './system-error.js';

/**
 * Writes a file beside its place, then puts it there. A device, such as `/dev/null`, is written to as it is, and a symbolic link
 * stays one.
 *
 * @param option - what an error message begins with
 * @param file - relative to `cwd`, or absolute
 * @throws {@link UsageError} when it cannot be written; what was there before is there still
 */
export function writeWhole(option: string, file: string, cwd: string, text: string): void {
  const target = path.resolve(cwd, file);
  try {
    const { real, stats } = placeAt(target);
    if (stats?.isFIFO() === true || stats?.isSocket() === true)
      throw new UsageError(`${option}: expected the path of a file, got ${kindOf(stats)}: ${file}`);
    const isPlain = stats === undefined ? !isDanglingLink(target) : stats.isFile();
    if (isPlain) replace(real, text);
    else writeFileSync(target, text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${option}: cannot write ${file}: ${reasonOf(error)}`);
  }
}

function replace(real: string, text: string): void {
  sweepDrafts(real);
  const draft = draftOf(real);
  try {
    writeFileSync(draft, text);
    renameSync(draft, real);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function isDanglingLink(full: string): boolean {
  return lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
