/** Files are written beside their place, as drafts, and moved there whole. A draft of a process that was killed is swept up. */
import { existsSync, readdirSync, realpathSync, rmSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Where to write what is to be moved to `full` afterwards, by this process. */
export function draftOf(full: string): string {
  return `${full}.${process.pid}.draft`;
}

/** Removes drafts of a file whose processes are gone. */
export function sweepDrafts(full: string): void {
  const folder = path.dirname(full);
  const begin = `${path.basename(full)}.`;
  for (const name of readdirSync(folder)) {
    const [, pid] = name.startsWith(begin) ? (/^(\d+)\.draft$/.exec(name.slice(begin.length)) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What is at a path. */
export interface Place {
  /** The path without symbolic links, where something is there; files are replaced here, so that links stay. */
  readonly real: string;
  /** `undefined` where there is nothing yet. */
  readonly stats: Stats | undefined;
}

/**
 * Follows the symbolic links of a path.
 *
 * @throws Error of the system, such as `EACCES` or `ELOOP`
 */
export function placeAt(full: string): Place {
  const stats = statSync(full, { throwIfNoEntry: false });
  return { real: stats?.isFile() === true && existsSync(full) ? realpathSync(full) : full, stats };
}

/** What is no file, in words. */
export function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isFile() ? 'a file' : 'a device';
}
