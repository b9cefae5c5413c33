/**
 * A counterexample as a sequence diagram of Mermaid, which pages of Git hosts draw: a lifeline for each thread, a note for each step
 * that matters, an arrow from who stored a value to another thread that read it.
 */
import type { ReportJson } from './report-json.js';
import { stepLine } from './step-line.js';
import { valueFlows } from './value-flows.js';

/** The diagram. */
export function mermaidText(report: ReportJson): string {
  const { scenario, variant, trace = [], recording, violation, pending = [] } = report;
  const threads = recording?.threads.map(({ name }) => name) ?? [...new Set(trace.map(({ thread }) => thread))];
  const lanes = threads.filter((thread) => thread !== '' && trace.some((step) => step.thread === thread && step.shown));
  const idOf = (thread: string): string => `t${lanes.indexOf(thread)}`;
  const all = lanes.length === 0 ? '' : [...new Set([lanes[0], lanes[lanes.length - 1]])].map(idOf).join(',');
  const flows = recording === undefined ? [] : valueFlows(trace, recording);
  const rows = trace.flatMap((step, i) => {
    if (step.thread === '') return [`Note over ${all}: ${plain(step.op)}`];
    if (!step.shown) return [];
    return [
      ...flows
        .filter(({ from, to }) => to === i && trace[from].shown)
        .map(({ path, from }) => `${idOf(trace[from].thread)}-->>${idOf(step.thread)}: ${plain(path)}`),
      `Note over ${idOf(step.thread)}: ${plain(stepLine(step))}`,
    ];
  });
  const ends = pending
    .filter(({ thread }) => lanes.includes(thread))
    .flatMap(({ thread, how, steps }) => {
      const [next] = steps;
      const what = [next.op, next.target].filter((part) => part !== '').join(' ');
      return [`Note over ${idOf(thread)}: ${plain(`${how}: ${next.func}: ${what}`)}`];
    });
  const broken =
    violation === undefined || all === ''
      ? []
      : [`Note over ${all}: ${plain(`${violation.kind}: ${violation.message}`)}`];
  return [
    'sequenceDiagram',
    ...[
      `title ${plain(`${scenario}@${variant}`)}`,
      ...lanes.map((thread) => `participant ${idOf(thread)} as ${plain(thread)}`),
      ...rows,
      ...ends,
      ...broken,
    ].map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** Text without anything that means something to Mermaid. */
function plain(text: string): string {
  return text.replaceAll(/[^\w .,()[\]+*/='→-]/gu, (char) => `#${char.codePointAt(0)};`);
}
