/** Source positions: model code wherever it lies, and not what runs it. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isOurs, siteIn } from './site.js';

const packages = path.join(import.meta.dirname, '..', '..', '..').replaceAll('\\', '/');

describe('model code is', () => {
  test.each([
    '/home/me/kernel/src/counter.ts',
    '/home/me/machine/src/running.ts',
    '/home/me/mmio/dist/driver.js',
    `${packages}/kernel/src/scenarios/gallery.ts`,
    `${packages}/kernel/src/list.test.ts`,
    `${packages}/mm/src/cpu.ts`,
  ])('%s', (place) => {
    expect(isOurs(place)).toBe(false);
    expect(siteIn(`Error: site\n    at body (file://${place}:10:3)`)).toBe(`${place}:10:3`);
  });
});

describe('model code is not', () => {
  test.each([
    `${packages}/machine/src/request.ts`,
    `${packages}/kernel/dist/list.js`,
    '/app/node_modules/.pnpm/x/node_modules/@shootdown/kernel/dist/list.js',
  ])('%s', (place) => {
    expect(isOurs(place)).toBe(true);
    expect(siteIn(`Error: site\n    at body (file://${place}:10:3)`)).toBe('');
  });
});

test('what lies outside of the thread is not looked at', () => {
  const stack = [
    'Error: site',
    `    at resume (file://${packages}/machine/src/running.ts:1:1)`,
    '    at main (/home/me/search.ts:2:2)',
  ];
  expect(siteIn(stack.join('\n'))).toBe('');
});
