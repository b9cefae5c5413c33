/**
 * Bounds as they are written in a command line, for who must know them before it is parsed: those of the thread that parses it.
 * What is none is left to the parser to refuse.
 */

/** Bounds of the thread that runs the program. */
export interface Limits {
  readonly maxSeconds: number | undefined;
  readonly maxMemoryMiB: number | undefined;
}

/** The bounds that a command line sets. Those of `mutate` are of searches in threads that it ends itself. */
export function limitsIn(args: readonly string[]): Limits {
  if (args[0] === 'mutate') return { maxSeconds: undefined, maxMemoryMiB: undefined };
  return { maxSeconds: numberOf(args, '--max-seconds'), maxMemoryMiB: numberOf(args, '--max-memory') };
}

function numberOf(args: readonly string[], option: string): number | undefined {
  const at = args.findLastIndex((arg) => arg === option || arg.startsWith(`${option}=`));
  if (at < 0) return undefined;
  const text = args[at] === option ? args.at(at + 1) : args[at]?.slice(option.length + 1);
  const value = Number(text === '' ? undefined : text);
  return value > 0 && value < Infinity ? value : undefined;
}
