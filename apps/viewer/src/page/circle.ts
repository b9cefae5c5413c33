/** What goes round for ever at a livelock. */
import type { Run } from './run.js';

/** The positions of the steps that go round for ever, at a livelock. */
export function circleOf({ report, trace }: Run): number[] {
  if (report.violation?.kind !== 'livelock') return [];
  const mark = trace.findLastIndex(({ thread }) => thread === '');
  return mark < 0 ? [] : trace.slice(mark + 1).map((_, i) => mark + 2 + i);
}
