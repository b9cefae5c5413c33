import type { Linter } from 'eslint';

/** The lint rules of every package of the workspace in `root`: strict, type-checked, less what model code and hot loops need. */
export declare function workspaceRules(root: string): Linter.Config[];
