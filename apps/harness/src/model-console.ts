/** What the code of a model prints: it goes to stderr, for stdout is the answer's. */
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
