/** Commands as people are told to type them. */

/** Characters that a shell leaves alone. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The command that runs this program with these arguments, from the folder where it is installed. */
export function commandLine(args: readonly string[]): string {
  return ['npm start --', ...args.map(quoted)].join(' ');
}
