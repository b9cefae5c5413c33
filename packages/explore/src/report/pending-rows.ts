/** The last row of a table, which is no step: what each thread waits for, two racing accesses, what was still to come. */
import type { Pending } from '../counterexample/pending.js';
import type { Layout } from '@shootdown/machine';
import { evidenceTexts, lockName, type TraceRow } from './trace-rows.js';

/** One row a thread. */
export function pendingRows(pending: readonly Pending[], layout: Layout): TraceRow[] {
  return pending.map(({ thread, func, how, steps }) => {
    const isStuck = how === 'waits' || how === 'spins for ever';
    const texts = isStuck
      ? steps.map(({ op, target }) => (target === '' ? op : `${op} ${lockName(target)}`))
      : evidenceTexts(steps, layout);
    return { thread, func, text: `<${how}: ${texts.join('; ...; ')}>` };
  });
}
