/** Breaking text into lines. */

/** A space where no line is broken. */
export const TIE = '\u00a0';

/**
 * Breaks `text` at spaces, and inside a word only where it would not fit on a line by itself: after a dot or before a
 * bracket if there is one.
 *
 * @param width - characters a line
 * @param indent - what continued lines begin with
 */
export function wrap(text: string, width: number, indent: string): string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const word of text
    .trim()
    .split(' ')
    .flatMap((one) => pieces(one, width - indent.length))) {
    const isFirst = line.trim() === '';
    const joined = isFirst || word.glued ? line + word.text : `${line} ${word.text}`;
    if (joined.length <= width || isFirst) {
      line = joined;
    } else {
      lines.push(line);
      line = indent + word.text;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(TIE, ' '));
}

interface Piece {
  readonly text: string;
  /** No space before it. */
  readonly glued: boolean;
}

function pieces(word: string, width: number): Piece[] {
  if (word.length <= width) return [{ text: word, glued: false }];
  const parts = word.split(/(?<=[._/])|(?=[[(])|(?=\u00a0)/).flatMap((part) => chunks(part, Math.max(1, width)));
  return parts.map((text, i) => ({ text, glued: i > 0 }));
}

function chunks(text: string, width: number): string[] {
  return Array.from({ length: Math.ceil(text.length / width) }, (_, i) => text.slice(i * width, (i + 1) * width));
}
