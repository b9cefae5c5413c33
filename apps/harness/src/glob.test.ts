import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from './glob.js';

test('matches as the expression does that it stands for', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '/', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b', '.', '/'), maxLength: 8 }), (glob, name) => {
      const source = glob
        .replace(/[.+^${}()|[\]\\/]/g, String.raw`\$&`)
        .replaceAll('*', '.*')
        .replaceAll('?', '.');
      expect(matchesGlob(glob, name)).toBe(new RegExp(`^${source}$`, 's').test(name));
    }),
    { numRuns: 2000, seed: 3 },
  );
});

test('many stars take no time', () => {
  const started = performance.now();
  expect(matchesGlob(`${'*a'.repeat(40)}b`, 'a'.repeat(2000))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
