import fc from 'fast-check';
import { numberingKfuncs, type Scenario, type System } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { peterson, ticketLock } from '../../scenarios/mutual-exclusion.js';
import { philosophers } from '../../scenarios/philosophers.js';
import { toy } from '../../scenarios/toy.js';
import { program } from '../../test-models/arbitrary.js';
import { isModel } from '../../test-models/is-model.js';
import { compile } from '../../test-models/compile.js';
import { checkWithWorkers } from '../../test-models/local-workers.js';
import type { Program } from '../../test-models/program.js';
import { checkSync, replay, type SearchOptions } from '../index.js';

const PROGRAMS = Number(process.env['SHOOTDOWN_PROGRAMS'] ?? 20);
const SEED = Number(process.env['SHOOTDOWN_SEED'] ?? 1);

const MODES: Readonly<Record<string, SearchOptions>> = {
  'all states': { reduction: false, symmetry: false },
  'symmetry alone': { reduction: false },
  'answers kept': { deadAnswers: true, partialOrder: true },
  'answers kept, all orders': { deadAnswers: true, partialOrder: false },
  'dead answers left out': { reduction: false, symmetry: false, deadAnswers: false },
  reduced: { partialOrder: true },
};

const numbered = (build: () => System) => (): System => numberingKfuncs(build);

const built = ({ given, build }: Scenario, variant: string): System => {
  const defaults = Object.fromEntries(Object.entries(given).map(([name, spec]) => [name, spec.default]));
  return build({ given: defaults, variant, checks: () => true });
};

describe('several threads see what one sees', () => {
  it.each(Object.keys(MODES))('of the toy, %s', (mode) => {
    const build = numbered(() => toy(4, false));
    const { states, transitions } = checkSync(build(), MODES[mode]);
    for (const workers of [1, 2, 3])
      expect(checkWithWorkers(build, MODES[mode], workers, 500)).toMatchObject({
        verdict: 'holds',
        complete: true,
        states,
        transitions,
      });
  });

  it.each([
    ['peterson', () => built(peterson, 'correct')],
    ['ticket lock', () => built(ticketLock, 'correct')],
    ['philosophers', () => built(philosophers, 'ordered')],
  ])('of %s', (_, make) => {
    const build = numbered(make);
    const { verdict, states, transitions } = checkSync(build());
    expect(checkWithWorkers(build, {}, 1, 5)).toMatchObject({ verdict, states, transitions });
  });

  it.each(Object.keys(MODES))(`of ${PROGRAMS} random programs, %s`, { timeout: 600_000 }, (mode) => {
    fc.assert(
      fc.property(program, fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 40 }), (model, workers, round) => {
        fc.pre(isModel(model));
        expect(differences(model, MODES[mode], workers, round)).toEqual([]);
      }),
      { numRuns: PROGRAMS, seed: SEED },
    );
  });
});

/** What several workers see of a program that one thread does not, or the other way about. */
function differences(model: Program, options: SearchOptions, workers: number, round: number): string[] {
  const wrong: string[] = [];
  const build = numbered(() => compile(model));
  const nothing = { ...options, only: ['nothing'], maxStates: 1000 };
  const alone = checkSync(build(), nothing);
  if (alone.complete) {
    const pool = checkWithWorkers(build, nothing, workers, round);
    for (const key of ['verdict', 'states', 'transitions'] as const)
      if (pool[key] !== alone[key]) wrong.push(`${key}: ${pool[key]}, expected ${alone[key]}`);
  }
  const one = checkSync(build(), { ...options, maxStates: 1000, shrink: false });
  const pool = checkWithWorkers(build, { ...options, maxStates: 2000, shrink: false }, workers, round);
  if (one.verdict !== 'unknown' && pool.verdict !== one.verdict) wrong.push(`${pool.verdict}, expected ${one.verdict}`);
  if (pool.schedule !== undefined && replay(build(), pool.schedule).violation?.kind !== pool.violation?.kind)
    wrong.push('the counterexample does not replay');
  return wrong;
}
