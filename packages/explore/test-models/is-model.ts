import { ModelError, numberingKfuncs } from '@shootdown/machine';
import { checkSync } from '../src/api/check.js';
import { compile } from './compile.js';
import type { Program } from './program.js';

/** Whether a program can be searched: not where the specification's first steps lead out of the stated size. */
export function isModel(program: Program): boolean {
  try {
    checkSync(
      numberingKfuncs(() => compile(program)),
      { reduction: false, only: ['nothing'], maxStates: 1 },
    );
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}
