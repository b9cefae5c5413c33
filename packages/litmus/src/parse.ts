/**
 * Reads a litmus test.
 */
import { MismatchedTokenException, type IRecognitionException } from 'chevrotain';
import type { LitmusTest, Position } from './ast.js';
import { LitmusParser, foundText, positionOf } from './grammar.js';
import { LitmusSyntaxError } from './litmus-error.js';
import { LITMUS_LEXER, mlCommentLength } from './tokens.js';

let parser: LitmusParser | undefined;

/**
 * Reads a test in the kernel's C litmus format.
 *
 * @throws {@link LitmusSyntaxError} with line, column and what was expected
 * @throws {@link UnsupportedError} if it uses what cannot be run here
 */
export function parseLitmus(text: string): LitmusTest {
  const header = readHeader(text);
  const { tokens, errors } = LITMUS_LEXER.tokenize(
    text.slice(0, header.end).replace(/[^\n]/g, ' ') + text.slice(header.end),
  );
  if (errors.length > 0) {
    const [{ line, column, offset }] = errors;
    throw new LitmusSyntaxError(
      { line: line ?? 1, column: column ?? 1 },
      'a word of a litmus test',
      JSON.stringify(text.slice(offset, offset + 1)),
    );
  }
  parser ??= new LitmusParser();
  parser.input = tokens;
  const body = parser.body();
  if (parser.errors.length > 0) throw syntaxError(parser.errors[0], text);
  body.threads.forEach(({ id, at }, index) => {
    if (id !== index) throw new LitmusSyntaxError(at, `P${index}`, `P${id}`);
  });
  if (body.threads.length === 0) throw new LitmusSyntaxError(endOf(text), "'P0'", 'no thread at all');
  return {
    name: header.name,
    initial: body.initial,
    threads: body.threads.map(({ thread }) => thread),
    locations: body.locations,
    filter: body.filter,
    condition: body.condition,
  };
}

/** The name, and where the initial state starts. */
function readHeader(text: string): { name: string; end: number } {
  let at = 0;
  const skip = (): void => {
    for (;;) {
      const space = /^\s+/.exec(text.slice(at, at + 200))?.[0].length ?? 0;
      const comment = mlCommentLength(text, at + space);
      if (space + comment === 0) return;
      at += space + comment;
    }
  };
  skip();
  const first = /^(\S+)[ \t]+([^\n]*?)[ \t]*(?:\n|$)/.exec(text.slice(at));
  if (first?.[1] !== 'C')
    throw new LitmusSyntaxError(positionAt(text, at), "'C' and the name of the test", quoted(text, at));
  const name = first[2].split(/\s/)[0];
  at += first[0].length;
  for (;;) {
    skip();
    if (at >= text.length) throw new LitmusSyntaxError(endOf(text), "'{'", 'the end of the file');
    if (text[at] === '{') return { name, end: at };
    if (text[at] === '"') {
      const close = text.indexOf('"', at + 1);
      at = close < 0 ? text.length : close + 1;
    } else at += /^[^\s{]+/.exec(text.slice(at, at + 500))?.[0].length ?? 1;
  }
}

function syntaxError(error: IRecognitionException, text: string): LitmusSyntaxError {
  const { token } = error;
  const isEnd = Number.isNaN(token.startOffset);
  const at = isEnd ? endOf(text) : positionOf(token);
  return new LitmusSyntaxError(at, expectedOf(error), isEnd ? 'the end of the file' : foundText(token));
}

/** What chevrotain says could have come, without its wrapping. */
function expectedOf(error: IRecognitionException): string {
  const { message } = error;
  if (error instanceof MismatchedTokenException || message.startsWith('Expecting token'))
    return /-->\s*(.*?)\s*<--/.exec(message)?.[1] ?? 'something else';
  const paths = [...message.matchAll(/\[([^\]]*)\]/g)].map(([, path]) => path.split(',')[0].trim());
  if (paths.length > 0) return [...new Set(paths)].slice(0, 6).join(' or ');
  if (message.startsWith('Redundant input'))
    return "'filter', 'locations', 'exists', '~exists', 'forall' or the end of the file";
  return 'something else';
}

function quoted(text: string, at: number): string {
  if (at >= text.length) return 'the end of the file';
  return `'${/^\S+/.exec(text.slice(at, at + 30))?.[0] ?? text[at]}'`;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function endOf(text: string): Position {
  return positionAt(text, text.trimEnd().length);
}
