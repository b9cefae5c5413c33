/** Who waits for whom at a deadlock. */
import type { Report } from './report.js';

/** An edge of the wait-for graph. */
export interface Wait {
  readonly waiter: string;
  /** Who holds it or changed it last; empty where nobody did. */
  readonly holder: string;
  /** The lock or field. */
  readonly target: string;
  /** The step by which the holder got it, 0 where that was the initial state. */
  readonly step: number;
}

/** The edges of the wait-for graph, from the evidence: each wait is followed by who has what it waits for. */
export function waitsOf({ violation, evidence = [] }: Pick<Report, 'violation' | 'evidence'>): Wait[] {
  if (violation?.kind !== 'deadlock') return [];
  return evidence.flatMap(({ role, thread, target, op }, i) => {
    if (role !== 'wait' && role !== 'interrupted step') return [];
    const next = evidence[i + 1];
    const isAnswered = next !== undefined && next.role !== 'wait' && next.role !== 'interrupted step';
    return [
      {
        waiter: thread,
        holder: isAnswered ? next.thread : '',
        target: target === '' ? op : target,
        step: isAnswered ? next.step : 0,
      },
    ];
  });
}
