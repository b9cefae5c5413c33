/** The suite's table, printed row by row as searches end. */
import { count, seconds } from '@shootdown/explore/report';
import { EXIT, type ExitCode } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import type { Output } from '../io.js';
import type { Answer } from '../search.js';
import { styleFor, type Style } from './style.js';

const MARK: Readonly<Record<ExitCode, string>> = {
  [EXIT.EXPECTED]: 'ok',
  [EXIT.UNEXPECTED]: 'WRONG',
  [EXIT.USAGE]: 'ERROR',
  [EXIT.UNKNOWN]: '?',
  [EXIT.CRASH]: 'CRASH',
};
const GOT = 'use-after-free'.length;

/** A table whose columns are laid out before the first row is known. */
export class SuiteTable {
  readonly #output: Output;
  readonly #style: Style;
  readonly #name: number;
  readonly #expected: number;

  constructor(all: readonly Chosen[], output: Output) {
    this.#output = output;
    this.#style = styleFor(output);
    this.#name = Math.max(8, ...all.map((chosen) => nameOf(chosen).length));
    this.#expected = Math.max(8, ...all.map((chosen) => variantOf(chosen).expect.length));
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
      expected.padEnd(this.#expected),
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
