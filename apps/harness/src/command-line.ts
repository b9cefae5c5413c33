/** What people have to type to run the program again. It depends on how it was started. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** How the program was started. */
export interface Started {
  /** What Node was given to run; `undefined` where that is not known. */
  readonly script: string | undefined;
  /** The folder that the user is in. */
  readonly cwd: string;
  /** The root folder of the checkout that the program is part of; `undefined` for an installed one. */
  readonly checkout: string | undefined;
}

/** A command line that runs the program again with these words, such as `npm start -- replay TOKEN`. */
export function commandLine(...words: readonly string[]): string {
  return [programText({ script: process.argv[1], cwd: process.cwd(), checkout: CHECKOUT }), ...words].join(' ');
}

/**
 * How the program is called in the user's folder: `npm start --` in its checkout, `npx shootdown` where it is installed in the
 * project, `shootdown` where it is installed for all, else by its file.
 */
export function programText({ script, cwd, checkout }: Started): string {
  if (checkout !== undefined) {
    if (folderAbove(cwd, 'package.json') === checkout) return 'npm start --';
    // Run by something else than a person, such as a test.
    if (script === undefined || path.basename(script) !== 'cli.js') return 'npm start --';
    return `npm --prefix ${word(checkout)} start --`;
  }
  if (folderAbove(cwd, path.join('node_modules', '.bin', 'shootdown')) !== undefined) return 'npx shootdown';
  if (script === undefined) return 'npx shootdown';
  const isOnPath = path.basename(script) === 'shootdown' && path.basename(path.dirname(script)) !== '.bin';
  return isOnPath ? 'shootdown' : `node ${word(script)}`;
}

/** One word of a command line, quoted where a shell would take it for more. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const CHECKOUT = checkoutOf(fileURLToPath(new URL('../../..', import.meta.url)));

/** The folder, without a separator at its end, if it is that of a checkout. */
function checkoutOf(folder: string): string | undefined {
  return existsSync(path.join(folder, 'tooling', 'bootstrap', 'run.mjs')) ? path.resolve(folder) : undefined;
}

/** The nearest folder, from this one upwards, that has such a file. */
function folderAbove(folder: string, file: string): string | undefined {
  if (existsSync(path.join(folder, file))) return folder;
  const above = path.dirname(folder);
  return above === folder ? undefined : folderAbove(above, file);
}
