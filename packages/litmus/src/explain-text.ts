/**
 * An explanation in words, with a column for each thread.
 */
import type { Axiom } from '@shootdown/lkmm';
import type { Explanation } from './explain.js';
import type { Story } from './story.js';

const AXIOMS: Readonly<Record<Axiom, string>> = {
  coherence: 'coherence: the accesses of one location come in one order that every thread agrees on',
  atomic: 'atomicity: no write comes between the two halves of a read-modify-write',
  'happens-before': 'happens-before: nothing comes before itself in time',
  propagation: 'propagation: a full fence comes after all that has reached its CPU, on every CPU',
  rcu: 'rcu: no read-side section spans a grace period',
  'plain-coherence': 'plain-coherence: no plain access goes against the fences around it',
};

/** The text of an explanation. */
export function explainText({ isOfFitting, ways }: Explanation): string {
  const what = isOfFitting ? 'the condition' : 'the opposite of the condition';
  if (ways.length === 0) return `No run of the threads gives ${what}, whatever is read: the values do not fit.\n`;
  return ways
    .map((way) =>
      way.kind === 'allowed'
        ? `Allowed. An execution with ${what}:\n\n${storyText(way.story)}`
        : `Forbidden by ${AXIOMS[way.axiom]}.\nAn execution with ${what} would be:\n\n${storyText(way.story)}\nand it goes round:\n\n${way.cycle.map((step) => `  ${step}\n`).join('')}`,
    )
    .join('\n');
}

/** The threads side by side, each in program order, and what went between them. */
export function storyText({ threads, edges }: Story): string {
  const columns = threads.map((events, thread) => [
    `P${thread}`,
    ...events.map(({ name, text }) => `${name}: ${text}`),
  ]);
  const widths = columns.map((lines) => Math.max(...lines.map((line) => line.length)));
  const rows = Math.max(...columns.map((lines) => lines.length));
  const lines = Array.from({ length: rows }, (_, row) =>
    columns.map((column, i) => (column[row] ?? '').padEnd(widths[i])).join(' | '),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('-+-'));
  return [...lines.map((line) => `  ${line.trimEnd()}`), '', ...edges.map((edge) => `  ${edge}`), ''].join('\n');
}
