/**
 * Where a stack says that a generator waits: at the expression that it yields. In transformed code that is the name of the
 * request at the end of what was put around that expression, so the source map has to lead from there to the expression.
 */
import type { AnyNode } from 'acorn';
import type { SourceMapSegment } from 'magic-string';

/**
 * Makes a source map lead to the yielded expressions.
 *
 * @param mappings - of the map, decoded; are changed
 * @param yielded - the expressions that were wrapped
 * @param closing - the end of what was put around each: a comma, a space, and the name of the request
 * @param original - the code that was transformed, `transformed` what became of it
 */
export function leadToArguments(
  mappings: SourceMapSegment[][],
  yielded: readonly AnyNode[],
  closing: string,
  original: string,
  transformed: string,
): void {
  // Where two end together, the inner one is closed first.
  const inOrder = yielded.toSorted((a, b) => a.end - b.end || b.start - a.start);
  const lines = new Lines(original);
  let next = 0;
  for (const [line, text] of transformed.split('\n').entries()) {
    const added: SourceMapSegment[] = [];
    for (let at = text.indexOf(closing); at >= 0; at = text.indexOf(closing, at + 1))
      added.push([at + 2, 0, ...lines.positionOf(placeOf(inOrder[next++], original))]);
    if (added.length > 0) mappings[line] = [...mappings[line], ...added].sort(([a], [b]) => a - b);
  }
}

/** What engines call the place of an expression: of a call, the last name of what is called. */
function placeOf(node: AnyNode, code: string): number {
  if (node.type !== 'CallExpression' || node.callee.type === 'Identifier') return node.start;
  const { callee } = node;
  if (callee.type === 'MemberExpression' && !callee.computed) return callee.property.start;
  return code.indexOf('(', callee.end);
}

/** Offsets of a text as lines and columns. */
class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Line and column, both from 0. */
  positionOf(offset: number): [line: number, column: number] {
    const next = this.#starts.findIndex((start) => start > offset);
    const line = (next < 0 ? this.#starts.length : next) - 1;
    return [line, offset - this.#starts[line]];
  }
}
