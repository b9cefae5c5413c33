/** Width and colours, as the user asks for them where there is no terminal. */
import { expect, test } from 'vitest';
import { coloursWanted, columnsWanted } from './io.js';

test.each([
  ['150', 150],
  ['0', undefined],
  ['wide', undefined],
  ['-3', undefined],
  [undefined, undefined],
])('COLUMNS=%s is %s columns', (text, columns) => {
  expect(columnsWanted(text)).toBe(columns);
});

test.each([
  [{ FORCE_COLOR: '1' }, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  [{ FORCE_COLOR: '0' }, false],
  [{ NO_COLOR: '1', CLICOLOR_FORCE: '1' }, false],
  [{ CLICOLOR_FORCE: '1' }, true],
  [{ NO_COLOR: '' }, undefined],
  [{}, undefined],
])('%o asks for colours: %s', (env, wanted) => {
  expect(coloursWanted(env)).toBe(wanted);
});
