import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { compare, compareWith } from './compare.js';
import { generate } from './generate.js';
import { print } from './print.js';

const COUNT = Number(env.SHOOTDOWN_DIFFERENTIAL_PROGRAMS ?? 60);
const SEED = Number(env.SHOOTDOWN_DIFFERENTIAL_SEED ?? 1);
const EFFORT = { states: 1500, seconds: 20 };

describe('random programs', () => {
  it(`${COUNT} of seed ${SEED} are told alike by the reference and by every search`, () => {
    let holds = 0;
    let compared = 0;
    const wrong: string[] = [];
    for (let i = 0; i < COUNT; i++) {
      const number = SEED * 1_000_000 + i;
      const program = generate(number);
      const { reference, disagreements, undecided } = compare(program, { ...EFFORT, turn: i });
      for (const { mode, sort } of disagreements) wrong.push(`--program ${number}, ${mode}: ${sort}`);
      if (undecided.length > 0) continue;
      compared++;
      if (reference.broken.size === 0) holds++;
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(0.75 * COUNT);
    expect(holds).toBeGreaterThan(compared / 3);
  }, 600_000);
});

describe('a comparison', () => {
  const effort = { ...EFFORT, turn: 0 };
  const programs = Array.from({ length: 30 }, (_, i) => generate(i));
  const compared = programs
    .map((program) => ({ program, ...compare(program, effort, (mode) => mode === 'dfs') }))
    .filter(({ undecided }) => undecided.length === 0);

  it('notices a search that finds what is not there', () => {
    for (const { program, reference } of compared.filter((one) => one.reference.broken.size > 0)) {
      const nothing = { ...reference, broken: new Set<string>(), mayDeadlock: false };
      const { disagreements } = compareWith(nothing, program, effort, (mode) => mode === 'dfs');
      expect(disagreements.map(({ sort }) => sort)).toEqual([expect.stringContaining('but not')]);
    }
  });

  it('notices a search that misses what is there', () => {
    for (const { program, reference } of compared.filter((one) => one.reference.broken.size === 0)) {
      const more = { ...reference, broken: new Set(['leak', 'leak:leak']) };
      const sorts = compareWith(more, program, effort, (mode) => mode.startsWith('dfs')).disagreements;
      expect(sorts.map(({ mode, sort }) => `${mode}: ${sort}`)).toEqual([
        'dfs: holds, but leak',
        'dfs only=leak: holds, but leak',
      ]);
    }
  });
});

describe('programs by number', () => {
  it('are the same each time, and differ', () => {
    const texts = Array.from({ length: 50 }, (_, i) => print(generate(i)));
    expect(texts).toEqual(Array.from({ length: 50 }, (_, i) => print(generate(i))));
    expect(new Set(texts).size).toBe(50);
  });
});
