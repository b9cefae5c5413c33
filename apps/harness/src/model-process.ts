/**
 * What the code of a model may do to the process that runs it: print, which goes to stderr, for stdout is the answer's; and
 * end it, which is refused, for the exit code is the verdict's.
 */
import { ModelError } from '@shootdown/machine';
import { formatWithOptions } from 'node:util';

/** Different texts that are printed at most. A function is run again and again, so each text is printed once. */
const MOST = 1000;
const PRINTERS = ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table'] as const;

/** Sends what is printed with `console` to `write`, each text once. */
export function divertConsole(write: (text: string) => void): void {
  const printed = new Set<string>();
  const print = (...args: readonly unknown[]): void => {
    const text = formatWithOptions({ colors: false }, ...args);
    if (printed.has(text) || printed.size > MOST) return;
    printed.add(text);
    write(
      printed.size > MOST
        ? `(the model prints more than ${MOST} different texts; no more are shown)\n`
        : `model: ${text}\n`,
    );
  };
  for (const name of PRINTERS) console[name] = print;
  for (const name of ['group', 'groupCollapsed'] as const) console[name] = print;
}

/** Makes `process.exit`, and the like, throw; answers how to exit nevertheless. */
export function refuseToExit(process: NodeJS.Process): (code: number) => never {
  const exit = process.exit.bind(process);
  const refuse = (what: string) => (): never => {
    throw new ModelError(`the model calls ${what}; the exit code of a check says what came of it, so a model must not`);
  };
  process.exit = refuse('process.exit()');
  process.abort = refuse('process.abort()');
  return exit;
}
