/** Breaking text into lines. */

/** A space where no line is broken. */
export const TIE = '\u00a0';

/** How many columns of a terminal a text takes. */
export type Measure = (text: string) => number;

/** A column for each character, which is right but for wide and combining ones. */
export const countingCharacters: Measure = (text) => Array.from(text).length;

/**
 * Breaks `text` at spaces; inside a word only where it would not fit on a line by itself, and then after a dot or a slash, or
 * before a {@link TIE}. What cannot be broken so stays whole, however long.
 *
 * @param width - columns a line
 * @param indent - what continued lines begin with
 */
export function wrap(text: string, width: number, indent: string, measure: Measure = countingCharacters): string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  const words = text.trim().split(' ');
  for (const word of words.flatMap((one) => pieces(one, width - indent.length, measure))) {
    const isFirst = line.trim() === '';
    const joined = isFirst || word.glued ? line + word.text : `${line} ${word.text}`;
    if (measure(joined) <= width || isFirst) {
      line = joined;
    } else {
      lines.push(line);
      line = indent + word.text.replace(/^\u00a0/, '');
    }
  }
  return [...lines, line].map((one) => one.replaceAll(TIE, ' '));
}

/** Columns that the longest part of a text takes that cannot be broken. */
export function longestPart(text: string, measure: Measure = countingCharacters): number {
  return Math.max(0, ...text.trim().split(' ').flatMap(parts).map(measure));
}

interface Piece {
  readonly text: string;
  /** No space before it. */
  readonly glued: boolean;
}

function pieces(word: string, width: number, measure: Measure): Piece[] {
  if (measure(word) <= width) return [{ text: word, glued: false }];
  return parts(word).map((text, i) => ({ text, glued: i > 0 }));
}

function parts(word: string): string[] {
  return word.split(/(?<=[./])(?=[^./])|(?=\u00a0)/);
}
