import { describe, expect, test } from 'vitest';
import { LitmusSyntaxError, UnsupportedError, parseLitmus, runLitmus } from './index.js';

/** A test whose only thread runs `body`. */
const withBody = (body: string, condition = 'exists (x=1)'): string =>
  `C t\n{}\nP0(int *x)\n{\n${body}\n}\n${condition}\n`;

describe('a slip is told with line, column and what could have come:', () => {
  test.each([
    ['', /^line 1, column 1: expected .*'C'/],
    ['X86 t\n', /^line 1, column 1: expected .*, got 'X86'$/],
    ['C t\n{ int x = ; }\n', /^line 2, column 11: expected .*, got ';'$/],
    [withBody('\tWRITE_ONCE(*x, 1;'), /^line 5, column 18: expected .*'\)'.*, got ';'$/],
    [withBody('\tWRITE_ONCE(*x, 1)'), /^line 6, column 1: expected .*';'.*, got '}'$/],
    [withBody('\tint r0 = READ_ONCE(x;'), /^line 5, column \d+: expected .*, got ';'$/],
    [withBody('\tif READ_ONCE(*x)\n\t\tWRITE_ONCE(*x, 1);'), /^line 5, column 5: expected .*'\('.*, got 'READ_ONCE'$/],
    [withBody('', 'exists (x=)'), /^line 7, column 11: expected .*, got '\)'$/],
    [withBody('', 'exists (x=1'), /^line 7, column 12: expected '\)', got the end/],
    [withBody('', 'perhaps (x=1)'), /^line 7, column 1: expected .*'exists'.*, got 'perhaps'$/],
  ])('%j', (text, message) => {
    expect(() => parseLitmus(text)).toThrow(LitmusSyntaxError);
    expect(() => parseLitmus(text)).toThrow(message);
  });
});

describe('what cannot be run is named:', () => {
  test.each([
    ['\tint r0 = READ_ONCE(*x) && 1;', "line 5, column 25: '&&' is not supported"],
    ['\tsmp_teleport(x);', 'line 5, column 2: smp_teleport() is not supported'],
    ['\tint r0 = READ_ONCE(*x);\n\tWRITE_ONCE(*x, 1 / r0);', 'a division by 0 is not supported'],
  ])('%s', (body, message) => {
    expect(() => runLitmus(parseLitmus(withBody(body)))).toThrow(UnsupportedError);
    expect(() => runLitmus(parseLitmus(withBody(body)))).toThrow(message);
  });
});
