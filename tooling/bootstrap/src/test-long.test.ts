import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { root } from './root.mjs';
import { roundOf, testLong } from './test-long.mjs';

function testsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => path.join(folder, file));
}

test('a round is run with its seed', () => {
  const texts = roundOf(7).map(({ command, args, env }) => [...Object.entries(env), command, ...args].join(' '));
  expect(texts.filter((text) => /\b7\b/.test(text)).length).toBeGreaterThanOrEqual(3);
  for (const { args } of roundOf(7)) expect(args.length).toBeGreaterThan(0);
});

test('what a round tells tests by their environment is read by them', () => {
  const files = [
    ...readdirSync(path.join(root, 'packages')).map((name) => path.join('packages', name)),
    'apps/harness',
    'tooling/release',
  ].flatMap((folder) => testsIn(path.join(root, folder)));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const names = [0, 1, 2].flatMap((seed) => roundOf(seed).flatMap(({ env }) => Object.keys(env)));
  expect(names).toContain('SHOOTDOWN_PROGRAMS');
  for (const name of names) expect(text).toContain(`process.env['${name}']`);
});

test.each([
  ['--seconds', 'x'],
  ['--seed', '-1'],
  ['--sed', '1'],
])('refuses %s %s', async (...args) => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  expect(await testLong(args)).toBe(2);
  expect(error.mock.calls.flat().join()).toContain('usage: npm run test:long');
  error.mockRestore();
});
