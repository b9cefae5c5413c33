import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import shootdown from '@shootdown/eslint-plugin';
import { unusedResult } from './unused-result.js';

/** @type {import('eslint').Linter.RulesRecord} */
const typedRules = {
  // Kernel code ignores no errno.
  'house/unused-result': 'error',
  // A step that is made must be taken.
  'shootdown/no-dropped-request': 'error',
  'shootdown/no-unyielded-call': 'error',
  // A run is replayed from its seed, so nothing may depend on chance or on the date.
  'no-restricted-globals': ['error', { name: 'Date', message: 'Measure with performance.now(); models know no date.' }],
  'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Take a seeded generator.' }],
  // A model thread that never blocks is still a generator: its type says it may be interleaved.
  'require-yield': 'off',
  // An index into a typed array is typed as present (noUncheckedIndexedAccess is off for the hot loops), so this rule
  // would call the test for a hole in an ordinary array unnecessary.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // Where a key is known to be in a Map, `!` says so without a branch in a hot loop.
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  // void is what a Kthread without a result returns.
  '@typescript-eslint/no-invalid-void-type': 'off',
};

const nodeGlobals = Object.fromEntries(
  ['Buffer', 'URL', 'clearInterval', 'console', 'process', 'setInterval', 'setTimeout'].map((name) => [
    name,
    'readonly',
  ]),
);

/**
 * The lint rules of every package of the workspace in `root`: strict, type-checked, less what model code and hot loops need.
 *
 * @param {string} root
 */
export function workspaceRules(root) {
  return defineConfig(
    { ignores: ['dist', 'reports', 'coverage', 'fixtures', '.readme-test'].map((folder) => `**/${folder}/`) },
    js.configs.recommended,
    { files: ['**/*.{js,mjs}'], languageOptions: { globals: nodeGlobals } },
    {
      files: ['**/*.{ts,tsx}'],
      extends: [tseslint.configs.strictTypeChecked],
      plugins: { house: { rules: { 'unused-result': unusedResult } }, shootdown },
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      rules: typedRules,
    },
  );
}
