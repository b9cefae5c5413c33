/** The last rows of a deadlock's table: what each thread waits for, which is no step and so not in the trace. */
import type { Violation } from '../check.js';
import type { TraceRow } from './trace-rows.js';

/** One row a thread that the violation's message says is stuck; none for other violations. */
export function stuckRows({ kind, message }: Violation, threads: readonly string[]): TraceRow[] {
  if (kind !== 'deadlock') return [];
  return message
    .replace(/^[^:]*: /, '')
    .split('; ')
    .flatMap((sentence) => {
      const thread = threads.find((name) => sentence.startsWith(`${name} `));
      const match = /^ (waits|spins for ever) in (\S+) \((.*)\)$/.exec(
        thread === undefined ? '' : sentence.slice(thread.length),
      );
      if (thread === undefined || match === null) return [];
      return [{ thread, func: match[2], text: `<${match[1]}: ${match[3]}>` }];
    });
}
