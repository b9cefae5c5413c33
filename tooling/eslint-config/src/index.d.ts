import type { Linter } from 'eslint';

/** The lint rules of a package that lives in `directory`: strict, type-checked, less what model code and hot loops need. */
export declare function packageRules(directory: string): Linter.Config[];
