/** The last row of a table where it is no step and so not in the trace: what each thread waits for, or two racing accesses. */
import type { Violation } from '../check.js';
import type { Evidence } from '../evidence.js';
import type { Layout } from '@shootdown/machine';
import { evidenceTexts, type TraceRow } from './trace-rows.js';

/** One row a thread that is stuck or races; none for other violations. */
export function pendingRows(
  violation: Violation,
  evidence: readonly Evidence[],
  threads: readonly string[],
  layout: Layout,
): TraceRow[] {
  if (violation.kind !== 'data-race') return stuckRows(violation, threads);
  const texts = evidenceTexts(evidence, layout);
  return evidence.map(({ thread, func }, i) => ({ thread, func, text: `<race: ${texts[i]}>` }));
}

function stuckRows({ kind, message }: Violation, threads: readonly string[]): TraceRow[] {
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
