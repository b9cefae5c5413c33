import path from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';
import plugin from './index.js';

const FIXTURES = path.join(import.meta.dirname, '..', 'fixtures');
const TYPES = `
declare class Request<T> { declare readonly __answer: T; [Symbol.iterator](): Iterator<Request<T>, T, T>; }
type Kthread<T> = Generator<Request<any>, T>;
declare function writeOnce(cell: number, value: number): Request<void>;
declare function readOnce(cell: number): Request<number>;
declare function bugOn(condition: boolean): void;
declare const later: Request<void>;
declare const cells: { first: Request<void> };
declare function plain(): Generator<number>;
function* helper(): Kthread<void> { yield* writeOnce(1, 2); }
function* inferred() { yield* writeOnce(1, 2); }
export function* f() {
`;

/** The messages of all rules for `code` in a generator function, seen with types. */
function typed(code: string): string[] {
  return messages(new Linter({ cwd: FIXTURES }), `${TYPES}${code}\n}`, {
    parser: tseslint.parser,
    parserOptions: {
      project: './tsconfig.json',
      tsconfigRootDir: FIXTURES,
      disallowAutomaticSingleRunInference: true,
    },
  });
}

/** The messages of the rules that need no types. */
function untyped(code: string): string[] {
  return messages(new Linter(), code, {});
}

function messages(linter: Linter, code: string, languageOptions: Linter.LanguageOptions): string[] {
  const isTyped = languageOptions.parser !== undefined;
  const [{ plugins, rules }] = plugin.configs[isTyped ? 'recommendedTypeChecked' : 'recommended'];
  const file = isTyped ? path.join(FIXTURES, 'file.ts') : 'file.js';
  const found = linter.verify(
    code,
    { files: ['**/*.{js,ts}'], languageOptions, plugins, rules } as Linter.Config,
    file,
  );
  return found.map(({ ruleId, messageId, message }) => `${ruleId ?? message} ${messageId ?? ''}`);
}

test.each([
  ['a request that is yielded', 'yield* writeOnce(1, 2);'],
  ['a request that is kept', 'const w = writeOnce(1, 2); yield* w;'],
  ['an answer that is tested', 'if ((yield* readOnce(1)) === 1) yield* helper();'],
  ['a request compared with nothing', 'const w = later as Request<void> | undefined; if (w !== undefined) yield* w;'],
  ['a question what something is', 'if (!(later instanceof Request)) yield* helper();'],
  ['a call that makes no request', 'bugOn(true); plain();'],
])('with types, %s is fine', (_title, code) => {
  expect(typed(code)).toEqual([]);
});

test.each([
  ['a request', 'writeOnce(1, 2);', 'dropped'],
  ['a request kept in a name', 'later;', 'dropped'],
  ['a request kept in an object', 'cells.first;', 'dropped'],
  ['the read of a condition', 'if (readOnce(1)) yield* later;', 'tested'],
  ['the read of a negated condition', 'while (!readOnce(1)) yield* later;', 'tested'],
  [
    'the read of a comparison',
    'if ((readOnce(1) as unknown) === 1 || readOnce(1) == (2 as never)) yield* later;',
    'tested',
  ],
  ['the read of a text', 'yield* writeOnce(1, Number(`${readOnce(1)}`));', 'tested'],
])('with types, %s without yield* is flagged', (_title, code, messageId) => {
  expect(typed(code)).toContain(`shootdown/no-dropped-request ${messageId}`);
});

test.each([
  ['a kernel thread', 'helper();'],
  ['a kernel thread whose type is inferred', 'inferred();'],
])('with types, %s without yield* is flagged', (_title, code) => {
  expect(typed(code)).toEqual(['shootdown/no-dropped-request dropped', 'shootdown/no-unyielded-call missing']);
});

test('the rule that needs types says so', () => {
  const linter = new Linter();
  const config = {
    files: ['**/*.js'],
    plugins: { shootdown: plugin },
    rules: { 'shootdown/no-dropped-request': 'error' },
  };
  expect(() => linter.verify('f();', config as Linter.Config, 'file.js')).toThrow('needs types');
});

const IMPORTS = `import { kfunc, writeOnce, struct, defineOperation } from '@shootdown/machine';
import { bugOn, setListHead, spinLock as take } from '@shootdown/kernel/model';
import { other } from './other.js';
const g = kfunc('g', function* () {});
const op = defineOperation({});
function* helper() { yield* g(); }
const arrow = () => g();
`;

test.each([
  [
    'what is yielded',
    "kfunc('f', function* () { yield* writeOnce(x, 1); yield* g(); yield* helper(); yield* take(l); });",
  ],
  ['ordinary calls', "kfunc('f', function* () { bugOn(x); setListHead(m, h); struct('s', {}); other(); arrow(); });"],
  ['a function of the same name within', "kfunc('f', function* (g) { g(); });"],
  ['a call outside of generators', 'build(() => { writeOnce(x, 1); g(); });'],
])('without types, %s is fine', (_title, code) => {
  expect(untyped(IMPORTS + code)).toEqual([]);
});

test.each(['writeOnce(x, 1)', 'take(l)', 'g()', 'op(x)', 'helper()'])(
  'without types, %s without yield* is flagged',
  (call) => {
    expect(untyped(`${IMPORTS}kfunc('f', function* () { ${call}; });`)).toEqual([
      'shootdown/no-unyielded-call missing',
    ]);
  },
);
