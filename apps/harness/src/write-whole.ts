/** Files that are written whole or not at all. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { UsageError } from './exit.js';

/**
 * Writes a file beside its place, then puts it there.
 *
 * @param option - what an error message begins with
 * @param file - relative to `cwd`, or absolute
 * @throws {@link UsageError} when it cannot be written; what was there before is there still
 */
export function writeWhole(option: string, file: string, cwd: string, text: string): void {
  const target = path.resolve(cwd, file);
  const draft = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new UsageError(`${option}: cannot write ${file}: ${(error as Error).message.split(',')[0]}`);
  }
}
