import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The lint rules of a package that lives in `directory`. */
export function packageRules(directory) {
  return tseslint.config(
    { ignores: ['dist/', 'reports/', 'coverage/', '.readme/'] },
    js.configs.recommended,
    {
      files: ['**/*.ts'],
      extends: [tseslint.configs.strictTypeChecked],
      languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: directory } },
    },
  );
}
