/**
 * The counterexample as commit messages draw it: a column a thread, a row a step, plain ASCII. Where the columns would be too
 * narrow to read, a line a step with the thread in front.
 */
import path from 'node:path';
import type { TraceRow } from './trace-rows.js';
import { countingCharacters, longestPart, wrap, type Measure } from './wrap.js';

const GAP = '  ';
const INDENT = '  ';
/** Columns of threads from which on nobody can follow them. */
const TOO_MANY = 7;
/** A column of a thread that is narrower, and has to break its lines, is hard to read. */
const NARROWEST = 20;

/** What a text of the table is, so that it can be coloured. */
export type Part = { readonly thread: number } | 'broke';
/** Colours a text. */
export type Paint = (part: Part, text: string) => string;

const unpainted: Paint = (_, text) => text;

/** How a table is drawn. */
export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Where each step is in the source, even where it takes room from the steps; default false. */
  readonly places?: boolean;
  /** By default characters are counted. */
  readonly measure?: Measure | undefined;
  /** By default nothing is coloured. */
  readonly paint?: Paint | undefined;
}

/** The rows that happened at once; the last ones are where it broke. */
type Rows = readonly (readonly TraceRow[])[];

/**
 * Draws the table.
 *
 * @param rows - in the order they happened; those of one inner list happened at once
 * @param threads - every thread, in the model's order; those without a row get no column
 */
export function traceTable(rows: Rows, threads: readonly string[], options: TableOptions): string {
  const columns = threads.filter((thread) => rows.flat().some((row) => row.thread === thread));
  const drawing = new Drawing(rows, columns, options);
  return (drawing.table() ?? drawing.lines()).join('\n');
}

class Drawing {
  readonly #rows: Rows;
  readonly #columns: readonly string[];
  readonly #width: number;
  readonly #places: boolean;
  readonly #measure: Measure;
  readonly #paint: Paint;
  /** Columns of the steps' numbers, with the gap behind. */
  readonly #numbers: number;

  constructor(rows: Rows, columns: readonly string[], options: TableOptions) {
    const { width, places = false, measure = countingCharacters, paint = unpainted } = options;
    this.#rows = rows;
    this.#columns = columns;
    this.#width = width;
    this.#places = places;
    this.#measure = measure;
    this.#paint = paint;
    const steps = rows.flat().flatMap(({ step }) => (step === undefined ? [] : [String(step).length]));
    this.#numbers = steps.length === 0 ? 0 : Math.max(...steps) + GAP.length;
  }

  /** A column a thread; `undefined` where they would be too narrow. */
  table(): string[] | undefined {
    const columns = this.#columns;
    const blocks = withFunctions(this.#rows, columns);
    const texts = columns.map((_, i) => blocks.flatMap((block) => (typeof block === 'string' ? [] : block[i])));
    const wanted = columns.map((thread, i) => this.#longest([thread, ...texts[i]]));
    const room = this.#width - this.#numbers - GAP.length * (columns.length - 1);
    const placed = this.#longest(this.#rows.map((row) => placeOfRow(row))) + GAP.length;
    const isPlaced = placed > GAP.length && (this.#places || sum(wanted) + placed <= room);
    const floors = columns.map((thread, i) =>
      Math.min(wanted[i], Math.max(NARROWEST, this.#measure(thread), ...texts[i].map((text) => this.#unbroken(text)))),
    );
    const widths = fit(wanted, floors, isPlaced ? room - placed : room);
    if (widths === undefined || columns.length >= TOO_MANY) return undefined;
    const rule = this.#row(
      '',
      columns.map((_, i) => '-'.repeat(widths[i])),
      widths,
    );
    const last = blocks.length - 1;
    return [
      this.#row('', columns, widths, (i) => ({ thread: i })),
      rule,
      ...blocks.flatMap((block, at) => {
        if (typeof block === 'string') return [across(block, rule)];
        const step = this.#rows[at].find((row) => row.step !== undefined)?.step;
        return this.#block(block, widths, {
          number: step === undefined ? '' : String(step),
          place: isPlaced ? placeOfRow(this.#rows[at]) : '',
          isLast: at === last,
        });
      }),
    ];
  }

  /** A line a step, the thread in front. */
  lines(): string[] {
    const names = this.#longest(this.#columns);
    const placed = this.#places ? this.#longest(this.#rows.map((row) => placeOfRow(row))) : 0;
    const left = this.#numbers + names + GAP.length + (placed === 0 ? 0 : placed + GAP.length);
    return this.#rows.flatMap((row, at) => {
      if (row.every(({ thread }) => !this.#columns.includes(thread)))
        return [across(row[0]?.text ?? '', '-'.repeat(this.#width))];
      return row.flatMap(({ thread, func, text, step, site }) => {
        const index = this.#columns.indexOf(thread);
        const said = func === '' ? text : `${func}: ${text}`;
        const part: Part = at === this.#rows.length - 1 ? 'broke' : { thread: index };
        const place = placed === 0 ? '' : `${this.#pad(placeOf(site), placed)}${GAP}`;
        return wrap(said, Math.max(NARROWEST, this.#width - left), INDENT, this.#measure).map((line, i) => {
          const number = this.#number(i === 0 && step !== undefined ? String(step) : '');
          const head = i === 0 ? `${this.#pad(thread, names)}${GAP}${place}` : ' '.repeat(left - this.#numbers);
          return `${number}${this.#paint(part, `${head}${line}`.trimEnd())}`.trimEnd();
        });
      });
    });
  }

  #block(
    block: readonly (readonly string[])[],
    widths: readonly number[],
    { number, place, isLast }: { number: string; place: string; isLast: boolean },
  ): string[] {
    const cells = block.map((lines, i) =>
      lines.flatMap((text) => wrap(text, widths[i], continuation(text), this.#measure).map((line) => ({ line, text }))),
    );
    const height = Math.max(...cells.map((lines) => lines.length));
    // The function that is named above the step has no number.
    const first = Math.max(0, ...cells.map((lines) => lines.findIndex(({ text }) => text.startsWith(INDENT))));
    return Array.from({ length: height }, (_, at) =>
      this.#row(
        at === first ? number : '',
        cells.map((lines) => lines[at]?.line ?? ''),
        widths,
        (i) => (isLast ? 'broke' : { thread: i }),
        at === first ? place : '',
      ),
    );
  }

  #row(
    number: string,
    cells: readonly string[],
    widths: readonly number[],
    partOf?: (column: number) => Part,
    place = '',
  ): string {
    const last = place === '' ? cells.findLastIndex((cell) => cell !== '') : cells.length - 1;
    const drawn = cells.slice(0, last + 1).map((cell, i) => {
      const blank = ' '.repeat(i === last && place === '' ? 0 : Math.max(0, widths[i] - this.#measure(cell)));
      return (partOf === undefined || cell === '' ? cell : this.#paint(partOf(i), cell)) + blank;
    });
    return `${this.#number(number)}${[...drawn, ...(place === '' ? [] : [place])].join(GAP)}`.trimEnd();
  }

  #number(number: string): string {
    return this.#numbers === 0 ? '' : number.padStart(this.#numbers - GAP.length) + GAP;
  }

  #unbroken(text: string): number {
    return longestPart(text, this.#measure) + (text.startsWith(INDENT) ? 2 * INDENT.length : INDENT.length);
  }

  #longest(texts: readonly string[]): number {
    return Math.max(0, ...texts.map(this.#measure));
  }

  #pad(text: string, width: number): string {
    return text + ' '.repeat(Math.max(0, width - this.#measure(text)));
  }
}

/** `file:line` of what happened, as far as it is known. */
function placeOfRow(row: readonly TraceRow[]): string {
  return placeOf(row.find(({ site }) => site !== undefined)?.site);
}

function placeOf(site = ''): string {
  return path.posix.basename(site.replaceAll('\\', '/')).replace(/:\d+$/, '');
}

/** What one row prints in each column, or what a line across says. */
type Block = readonly (readonly string[])[] | string;

/** A line across all columns that says something. */
function across(text: string, rule: string): string {
  return `-- ${text} `.padEnd(rule.length, '-').trimEnd();
}

/** The function is named where it changes in its column, on a line of its own. */
function withFunctions(rows: Rows, columns: readonly string[]): Block[] {
  const current = new Map<string, string>();
  return rows.map((row) => {
    if (row.every(({ thread }) => !columns.includes(thread))) return row[0]?.text ?? '';
    return columns.map((column) =>
      row.filter(({ thread }) => thread === column).flatMap((one) => cellOf(one, current)),
    );
  });
}

function cellOf({ thread, func, text }: TraceRow, current: Map<string, string>): string[] {
  const isNew = current.get(thread) !== func && func !== '';
  current.set(thread, func);
  return [...(isNew ? [`${func}:`] : []), `${INDENT}${text}`];
}

function continuation(text: string): string {
  return text.startsWith(INDENT) ? `${INDENT}${INDENT}` : INDENT;
}

/** Widths that fit: every column what it wants, and the widest give way where that is too much; `undefined` below the floors. */
function fit(wanted: readonly number[], floors: readonly number[], total: number): number[] | undefined {
  const widths = [...wanted];
  for (let left = sum(widths); left > total; left--) {
    const spare = widths.map((width, i) => (width > floors[i] ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0) return undefined;
    widths[widest]--;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
