/** Model code of a scenario that no search reached: it was not checked, whatever the verdict says. */
import { Check, Deadline, Stopped } from '@shootdown/explore';
import { Reach, type Inspection, type Unreached } from '@shootdown/unreached';
import { functionsOfScenario, givenOf } from '@shootdown/machine';
import path from 'node:path';
import { chooseVariant, type Chosen } from './find-scenario.js';
import { buildSystem, onlyOf, strategyOf } from './search.js';

/** Bounds of a look at what another variant reaches. None of time: what is reached must not depend on the machine. */
const LOOK = { maxStates: 10_000, maxRuns: 50, maxModelSteps: 100_000, slice: 1000 };

/** What the searches of one scenario reached. */
export class ScenarioReach {
  readonly #chosen: Chosen;
  readonly #reach: Reach;
  readonly #added = new Set<string>();

  constructor(chosen: Chosen) {
    this.#chosen = chosen;
    this.#reach = new Reach(functionsOfScenario(chosen.scenario)[0]);
  }

  /** Adds what the search of a variant reached. */
  add(variant: string, check: Check): void {
    this.#reach.add(check);
    this.#added.add(variant);
  }

  /**
   * What was not reached. Variants share code, and what is only there for another one is none of this one's: so where
   * something is left, the variants not added are looked at too, for a moment.
   *
   * @param cwd - the folder that the paths of files are relative to
   * @param deadline - when to stop
   * @throws {@link Stopped} when there is no time left
   */
  unreached(cwd: string, inspection: Inspection, deadline: Deadline = new Deadline(Infinity)): Unreached[] {
    let found = this.#reach.unreached(inspection);
    const others = Object.keys(this.#chosen.scenario.variants).filter((variant) => !this.#added.has(variant));
    if (found.length > 0 && others.length > 0) {
      for (const variant of others) this.#look(variant, deadline);
      found = this.#reach.unreached(inspection);
    }
    return found.map((one) => ({ ...one, file: shown(one.file, cwd) }));
  }

  #look(variant: string, deadline: Deadline): void {
    const chosen = chooseVariant(this.#chosen.called, this.#chosen.scenario, variant);
    const only = onlyOf(chosen, undefined);
    try {
      const system = buildSystem(chosen, givenOf(chosen.scenario, variant, 'suite'), only.only);
      const check = new Check(
        system,
        { ...LOOK, ...only, strategy: strategyOf(chosen, undefined), checkPurity: false },
        { stopAt: () => deadline.at },
      );
      while (!check.advance());
      deadline.check();
      this.add(variant, check);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      this.#added.add(variant); // a variant that cannot run reaches nothing; whoever checks it is told why
    }
  }
}

function shown(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative.replaceAll(path.sep, '/');
}
