import path from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';
import { unusedResult } from './unused-result.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const DECLARATIONS = `
type Result<T> = { ok: true; value: T } | { ok: false; errno: string };
declare function take(): Result<number>;
declare function takeLater(): Generator<number, Result<number>, number>;
declare function log(): void;
`;

/** The messages for `code`, seen as the file of the fixture project. */
function lint(code: string): string[] {
  const linter = new Linter({ cwd: FIXTURES });
  const messages = linter.verify(
    DECLARATIONS + code,
    {
      files: ['**/*.ts'],
      languageOptions: {
        parser: tseslint.parser,
        // Where CI is set, the parser would read the file on the disk and not the code that it is given.
        parserOptions: {
          project: './tsconfig.json',
          tsconfigRootDir: FIXTURES,
          disallowAutomaticSingleRunInference: true,
        },
      },
      plugins: { shootdown: { rules: { 'unused-result': unusedResult } } },
      rules: { 'shootdown/unused-result': 'error' },
    },
    path.join(FIXTURES, 'file.ts'),
  );
  return messages.map(({ ruleId, messageId, message }) => `${ruleId ?? message} ${messageId ?? ''}`);
}

test.each([
  ['a Result that is tested', 'if (take().ok) log();'],
  ['a Result that is assigned', 'const _ignored = take();'],
  ['a call that returns nothing', 'log();'],
])('%s is fine', (_title, code) => {
  expect(lint(code)).toEqual([]);
});

test.each([
  ['a Result that is dropped', 'take();'],
  ['a Result that a generator returned and that is dropped', 'export function* all() { yield* takeLater(); }'],
])('%s is flagged', (_title, code) => {
  expect(lint(code)).toEqual(['shootdown/unused-result dropped']);
});
