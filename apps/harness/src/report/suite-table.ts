/** The suite's table, printed row by row as searches end. */
import { count, seconds } from '@shootdown/explore/report';
import { EXIT, type ExitCode } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import type { Output } from '../io.js';
import type { Answer } from '../answer.js';
import { styleFor, widthOf, type Style } from './style.js';

const MARK: Readonly<Record<ExitCode, string>> = {
  [EXIT.EXPECTED]: 'ok',
  [EXIT.UNEXPECTED]: 'WRONG',
  [EXIT.USAGE]: 'ERROR',
  [EXIT.UNKNOWN]: '?',
  [EXIT.CRASH]: 'CRASH',
};
const GOT = 'use-after-free'.length;
/** Columns of the figures and of what is noted behind them, with the gaps. */
const FIGURES = 2 + 2 + 2 + 11 + 2 + 8 + 2 + 2;

/** A table whose columns are laid out before the first row is known. */
export class SuiteTable {
  readonly #output: Output;
  readonly #style: Style;
  readonly #name: number;
  /** Width of the column of what is expected; 0 where there is no room for it. */
  readonly #expected: number;

  constructor(all: readonly Chosen[], output: Output) {
    this.#output = output;
    this.#style = styleFor(output);
    this.#name = Math.max(8, ...all.map((chosen) => nameOf(chosen).length));
    const expected = Math.max(8, ...all.map((chosen) => variantOf(chosen).expect.length));
    const width = this.#name + expected + GOT + FIGURES;
    this.#expected = output.columns !== undefined && width > widthOf(output) ? 0 : expected;
  }

  /** Prints the titles. */
  begin(): void {
    const titles = this.#line('scenario', 'expected', 'got', 'states', 'seconds', '');
    this.#output.write(`${this.#style('bold', titles)}\n${'-'.repeat(titles.length + 6)}\n`);
  }

  /** Prints one row. */
  row({ question, result, exit }: Pick<Answer, 'question' | 'result' | 'exit'>): void {
    const { expect, rule, finding } = variantOf(question.chosen);
    const got = result.violation?.kind ?? (result.verdict === 'unknown' ? `unknown` : 'holds');
    const notes = [
      this.#style(exit === EXIT.EXPECTED ? 'green' : 'red', MARK[exit]),
      ...(this.#expected === 0 && got !== expect && exit !== EXIT.UNKNOWN ? [`expected ${expect}`] : []),
      ...(exit === EXIT.UNEXPECTED && rule !== undefined && got === expect
        ? [`broke ${result.violation?.name ?? ''}, expected ${rule}`]
        : []),
      ...(result.bound === undefined ? [] : [`(${[result.bound, ...undecidedOf(result)].join('; ')})`]),
      ...(finding === true ? [this.#style('yellow', 'finding')] : []),
    ];
    const line = this.#line(
      nameOf(question.chosen),
      expect,
      got,
      count(result.states),
      seconds(result.seconds),
      notes.join(' '),
    );
    this.#output.write(`${line}\n`);
  }

  #line(name: string, expected: string, got: string, states: string, took: string, notes: string): string {
    return [
      name.padEnd(this.#name),
      ...(this.#expected === 0 ? [] : [expected.padEnd(this.#expected)]),
      got.padEnd(GOT),
      states.padStart(11),
      took.padStart(8),
      notes,
    ]
      .join('  ')
      .trimEnd();
  }
}

const nameOf = ({ called, variant }: Chosen): string => `${called}@${variant}`;

function undecidedOf({ undecided = [] }: Answer['result']): string[] {
  return undecided.map((kind) => `${kind} undecided, all else holds`);
}
