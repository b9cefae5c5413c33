/** Counterexamples hold what a commit message would draw, and at most half as much again. */
import { check, type SearchResult } from '@shootdown/explore';
import type { Scenario } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { DRAWINGS, SMALL_DRAWINGS, type Drawing } from '../fixtures/commit-messages.js';
import { STORIES } from '../fixtures/stories.js';
import { catalogue } from './catalogue.js';

/** Rows beyond those of the drawing, for each of its rows. */
const MORE = 0.5;

/** Rows of a table: how the threads stand at the end is one. */
function rowsOf(lines: readonly string[]): number {
  const steps = lines.filter((line) => !line.includes(': <'));
  return steps.length + (steps.length < lines.length ? 1 : 0);
}

/** What is shown, as drawings say it. */
function linesOf({ trace = [], pending = [] }: SearchResult): string[] {
  const steps = trace.filter(({ matters, step }) => matters && step > 0);
  return [
    ...steps.map(({ thread, op, target }) => `${thread}: ${op} ${target.replace(/\.holder$/, '')}`.trimEnd()),
    ...pending.map(
      ({ thread, how, steps: then }) =>
        `${thread}: <${how}: ${then.map(({ op, target }) => `${op} ${target.replace(/\.holder$/, '')}`).join('; ...; ')}>`,
    ),
  ];
}

const known = new Map<string, Promise<string[]>>();

/** What is shown of a scenario's variant, searched once. */
function shownOf(drawing: Drawing, scenarios: readonly Scenario[]): Promise<string[]> {
  const shown = known.get(drawing.of) ?? search(drawing, scenarios);
  known.set(drawing.of, shown);
  return shown;
}

async function search({ of }: Drawing, scenarios: readonly Scenario[]): Promise<string[]> {
  const [name, variant] = of.split('@');
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const result = await check(scenario, { variant, size: 'suite' });
  expect(result.violation?.kind).toBe(scenario.variants[variant].expect);
  return linesOf(result);
}

/** The lines of a drawing, in their order, that are not among those shown. */
function missing(draws: readonly string[], shown: readonly string[]): string[] {
  let at = 0;
  return draws.filter((line) => {
    const found = shown.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

describe.each([
  ['the scenarios', DRAWINGS, await catalogue.all()],
  ['small models', SMALL_DRAWINGS, STORIES],
])('of %s', (_, drawings, scenarios) => {
  test.each(drawings)('$of tells what its commit message would draw', async (drawing) => {
    const shown = await shownOf(drawing, scenarios);
    expect({ missing: missing(drawing.draws, shown), shown }).toEqual({ missing: [], shown });
  });

  test.each(drawings)('$of tells at most half as much again', async (drawing) => {
    const shown = await shownOf(drawing, scenarios);
    const most = Math.floor(rowsOf(drawing.draws) * (1 + MORE));
    expect({ isShort: rowsOf(shown) <= most, shown }).toEqual({ isShort: true, shown });
  });
});

test('a flush that comes too late and one that never comes are told apart', async () => {
  const [late, never] = await Promise.all(
    ['late', 'never'].map(async (variant) => shownOf({ of: `story/late-flush@${variant}`, draws: [] }, STORIES)),
  );
  expect(late).toEqual([...never, 'unmap: <next: WRITE_ONCE tlb>']);
});
