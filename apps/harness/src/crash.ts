/** What is printed when this program itself is at fault. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as v from 'valibot';
import { commandLine, word } from './command-line.js';

const Manifest = v.object({ version: v.string() });

/** What happened, and what to put into a report. */
export function crashText(error: unknown, args: readonly string[]): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    'shootdown: this is a fault of shootdown, not of the model: nothing that it printed counts. Please report it with these lines:',
    `  version: shootdown ${versionText()}, node ${process.version}, ${process.platform} ${process.arch}`,
    `  command: ${commandLine(...args.map(word))}`,
    ...stack.split('\n').map((line) => `  ${line}`),
    '',
  ].join('\n');
}

function versionText(): string {
  return v.parse(
    v.pipe(v.string(), v.parseJson(), Manifest),
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ).version;
}
