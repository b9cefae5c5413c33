/** Global variables that code of a model makes. Loading the model's file once more does not take them away. */
import { ImpureModel } from '@shootdown/machine';

/** The global variables there are, to be compared with those there are later. */
export class GlobalVariables {
  readonly #names: ReadonlySet<string> = new Set(Object.keys(globalThis));

  /** @throws ImpureModel when there are more */
  assertNoMore(): void {
    const more = Object.keys(globalThis).find((name) => !this.#names.has(name));
    if (more === undefined) return;
    throw new ImpureModel(
      `code of the model sets the global variable ${more}; what is shared belongs into model memory, and what is not into local variables`,
    );
  }
}
