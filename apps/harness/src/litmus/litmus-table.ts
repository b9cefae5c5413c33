/**
 * Many litmus tests: a row each, sums, and what could not be answered.
 */
import { verdictOf, witnessesOf, type Model } from '@shootdown/litmus';
import type { Output } from '../io.js';
import { styleFor, type Style } from '../report/style.js';
import { isUnexpected, type Answered, type Unanswered } from './run-test.js';

const VERDICT = 'Sometimes'.length;

/** A table whose width is known before its first row. */
export class LitmusTable {
  readonly #output: Output;
  readonly #style: Style;
  readonly #name: number;
  readonly #models: readonly Model[];

  constructor(names: readonly string[], models: readonly Model[], output: Output) {
    this.#output = output;
    this.#style = styleFor(output);
    this.#name = Math.max(4, ...names.map((name) => name.length));
    this.#models = models;
  }

  /** Prints the titles. */
  begin(): void {
    const titles = this.#line('test', 'lkmm', ['positive', 'negative', 'states', 'seconds'], this.#models, '');
    this.#output.write(`${this.#style('bold', titles)}\n${'-'.repeat(titles.length)}\n`);
  }

  /** Prints one row. */
  row(result: Answered | Unanswered): void {
    this.#output.write(`${this.#rowText(result)}\n`);
  }

  #rowText(result: Answered | Unanswered): string {
    if (result.kind === 'unanswered') {
      const { reason } = result;
      const text = 'bound' in reason ? `unknown (${reason.bound})` : reason.message;
      return `${result.name.padEnd(this.#name)}  ${this.#style('yellow', text)}`;
    }
    const { outcome, beside, expected, seconds } = result;
    const { positive, negative } = witnessesOf(outcome);
    const notes = [
      ...(isUnexpected(result) ? [this.#style('red', `expected ${expected ?? ''}`)] : []),
      ...outcome.flags.map((flag) => this.#style('yellow', flag)),
      ...(outcome.wasCut ? ['loop bound hit'] : []),
    ];
    return this.#line(
      result.name,
      verdictOf(outcome),
      [String(positive), String(negative), String(outcome.states.length), seconds.toFixed(3)],
      beside.map(({ outcome: other }) => verdictOf(other)),
      notes.join(', '),
    );
  }

  #line(name: string, verdict: string, figures: readonly string[], beside: readonly string[], notes: string): string {
    return [
      name.padEnd(this.#name),
      verdict.padEnd(VERDICT),
      ...figures.map((figure) => figure.padStart(8)),
      ...beside.map((text) => text.padEnd(VERDICT)),
      notes,
    ]
      .join('  ')
      .trimEnd();
  }
}

/** The sums below a table, and a line for each construct that is not supported. */
export function sumsText(results: readonly (Answered | Unanswered)[], seconds: number): string {
  const answered = results.filter((result) => result.kind === 'answered');
  const unanswered = results.filter((result) => result.kind === 'unanswered');
  const counts = new Map<string, number>();
  const add = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { outcome } of answered) add(verdictOf(outcome));
  for (const { outcome } of answered) for (const flag of outcome.flags) add(`flagged ${flag}`);
  const constructs = new Map<string, string[]>();
  for (const { name, reason } of unanswered) {
    const what = 'bound' in reason ? `unknown, ${reason.bound}` : `unsupported: ${reason.unsupported}`;
    constructs.set(what, [...(constructs.get(what) ?? []), name]);
  }
  const unexpected = answered.filter(isUnexpected);
  return [
    `${plural(results.length)}, ${answered.length} answered in ${seconds.toFixed(2)} s${counts.size === 0 ? '' : ': '}${[...counts].map(([what, n]) => `${n} ${what}`).join(', ')}`,
    ...[...constructs].map(([what, names]) => `${what}: ${plural(names.length)}, such as ${names[0]}`),
    ...(unexpected.length === 0
      ? []
      : [
          `${plural(unexpected.length)} answered otherwise than the file says: ${unexpected.map(({ name }) => name).join(', ')}`,
        ]),
    '',
  ].join('\n');
}

function plural(count: number): string {
  return `${count} ${count === 1 ? 'test' : 'tests'}`;
}
