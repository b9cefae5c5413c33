import fc from 'fast-check';
import { numberingKfuncs, type System } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { peterson } from '../../scenarios/mutual-exclusion.js';
import { toy } from '../../scenarios/toy.js';
import { program } from '../../test-models/arbitrary.js';
import { isModel } from '../../test-models/is-model.js';
import { compile } from '../../test-models/compile.js';
import { localWorkers } from '../../test-models/local-workers.js';
import { Check, checkSync, ForeignSnapshot, type Help, type SearchOptions, type SearchResult } from '../index.js';
import type { Snapshot } from './snapshot.js';

const PROGRAMS = Number(process.env['SHOOTDOWN_PROGRAMS'] ?? 20);
const SEED = Number(process.env['SHOOTDOWN_SEED'] ?? 1);

const numbered = (build: () => System) => (): System => numberingKfuncs(build);

/** As another process would get it. */
const stored = (snapshot: Snapshot): Snapshot => structuredClone(snapshot);

/** A search that is taken up by another one after every so many slices. */
function interruptedCheck(
  build: () => System,
  options: SearchOptions,
  every: number,
  help: () => Help,
): { result: SearchResult; times: number } {
  let check = new Check(build(), options, help());
  for (let slice = 1, times = 0; ; slice++) {
    if (check.advance()) return { result: check.result(), times };
    const snapshot = slice % every === 0 ? check.snapshot() : undefined;
    if (snapshot === undefined) continue;
    check = new Check(build(), options, { ...help(), snapshot: stored(snapshot) });
    times++;
  }
}

describe('a search taken up again ends as one that was never interrupted', () => {
  it('with the totals of the toy', () => {
    const build = numbered(() => toy(4, false));
    const whole = checkSync(build());
    const { result, times } = interruptedCheck(build, { slice: 5000 }, 2, () => ({}));
    expect(times).toBeGreaterThan(1);
    expect(result).toMatchObject({
      verdict: 'holds',
      complete: true,
      states: whole.states,
      transitions: whole.transitions,
      depth: whole.depth,
    });
  });

  it('with the totals of the toy, several threads', () => {
    const build = numbered(() => toy(4, false));
    const { states, transitions } = checkSync(build());
    const help = (): Help => ({ workerSource: { ...localWorkers(build, {}, 2, 2000), from: 500 } });
    const { result, times } = interruptedCheck(build, { slice: 1000 }, 3, help);
    expect(times).toBeGreaterThan(1);
    expect(result).toMatchObject({ verdict: 'holds', complete: true, states, transitions });
  });

  it.each([
    ['all states', { reduction: false, symmetry: false }],
    ['reduced', { partialOrder: true }],
    ['all orders', { partialOrder: false }],
  ] as const)(`with the totals of ${PROGRAMS} random programs, %s`, { timeout: 600_000 }, (_, mode) => {
    fc.assert(
      fc.property(program, fc.integer({ min: 1, max: 3 }), (model, every) => {
        fc.pre(isModel(model));
        const build = numbered(() => compile(model));
        const options = { ...mode, only: ['nothing'], maxStates: 1000, slice: 20 };
        const whole = checkSync(build(), options);
        if (!whole.complete) return;
        const { result } = interruptedCheck(build, options, every, () => ({}));
        const { verdict, states, transitions } = whole;
        expect(result).toMatchObject({ verdict, states, transitions });
      }),
      { numRuns: PROGRAMS, seed: SEED },
    );
  });
});

describe('a snapshot of something else is refused', () => {
  const build = numbered(() => toy(4, false));
  const snapshotOf = (): Snapshot => {
    const check = new Check(build(), { slice: 1000 });
    for (;;) {
      expect(check.advance()).toBe(false);
      const snapshot = check.snapshot();
      if (snapshot !== undefined) return snapshot;
    }
  };

  it('of another model', () => {
    const snapshot = snapshotOf();
    expect(() =>
      new Check(
        numberingKfuncs(() => toy(3, false)),
        {},
        { snapshot },
      ).advance(),
    ).toThrow(ForeignSnapshot);
    expect(() =>
      new Check(
        numberingKfuncs(() => toy(4, true)),
        {},
        { snapshot },
      ).advance(),
    ).toThrow(ForeignSnapshot);
    const given = { threads: 2 };
    expect(
      () => new Check(peterson.build({ given, variant: 'correct', checks: () => true }), {}, { snapshot }),
    ).toThrow(ForeignSnapshot);
  });

  it('of another search of the same model', () => {
    const snapshot = snapshotOf();
    expect(() => new Check(build(), { reduction: false }, { snapshot })).toThrow(ForeignSnapshot);
  });
});
