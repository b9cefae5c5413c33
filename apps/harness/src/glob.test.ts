import { expect, test } from 'vitest';
import { seeded } from '../fixtures/seeded.js';
import { matchesGlob } from './glob.js';

test('matches as the expression does that it stands for', () => {
  const { below, wordOf } = seeded(3);
  let matches = 0;
  for (let i = 0; i < 5000; i++) {
    const glob = wordOf('ab./*?', below(9));
    const name = wordOf('ab./', below(9));
    const source = glob
      .replace(/[./]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    const isMatch = new RegExp(`^${source}$`).test(name);
    if (isMatch) matches++;
    expect([glob, name, matchesGlob(glob, name)]).toEqual([glob, name, isMatch]);
  }
  expect(matches).toBeGreaterThan(300);
});

test('many stars take no time', () => {
  const started = performance.now();
  expect(matchesGlob(`${'*a'.repeat(40)}b`, 'a'.repeat(2000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
