import type { ESLint, Linter, Rule } from 'eslint';

/** Lint rules for Shootdown models. */
declare const plugin: ESLint.Plugin & {
  readonly rules: {
    /** A request or a kernel thread that is made and dropped, told by its type; needs typed linting. */
    readonly 'no-dropped-request': Rule.RuleModule;
    /** A call in a generator function that lacks its `yield*`, told by names and imports alone. */
    readonly 'no-unyielded-call': Rule.RuleModule;
  };
  readonly configs: {
    /** What needs no types. */
    readonly recommended: Linter.Config[];
    /** All rules; for files that are linted with types. */
    readonly recommendedTypeChecked: Linter.Config[];
  };
};
export default plugin;
