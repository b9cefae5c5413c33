import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { unpinned, type Lock } from './pinned.mjs';
import { packageManager, root } from './root.mjs';

const lock = (packages: Record<string, string>): Lock => ({
  packages: Object.fromEntries(Object.entries(packages).map(([name, integrity]) => [name, { integrity }])),
});

test('what has no hash of ours is named', () => {
  const pinned = lock({ '': 'x', 'node_modules/pnpm': 'sha512-a' });
  expect(unpinned(pinned, lock({ 'node_modules/pnpm': 'sha512-a' }))).toEqual([]);
  expect(unpinned(pinned, lock({ 'node_modules/pnpm': 'sha512-a', 'node_modules/@pnpm/exe.z': 'sha512-b' }))).toEqual([
    '@pnpm/exe.z',
  ]);
});

test('another hash is refused', () => {
  const pinned = lock({ 'node_modules/pnpm': 'sha512-a' });
  expect(() => unpinned(pinned, lock({ 'node_modules/pnpm': 'sha512-b' }))).toThrow('expected the hash sha512-a');
});

test('the package manager that package.json names is the one that is pinned, by a hash', () => {
  const file = path.join(root, 'tooling', 'bootstrap', 'pnpm', 'package-lock.json');
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  expect(`pnpm@${packages['node_modules/pnpm']?.version}`).toBe(packageManager);
  // The registry that the hashes were taken from had the programs for these machines only.
  for (const name of ['pnpm', '@pnpm/exe.linux-x64', '@pnpm/exe.linux-arm64'])
    expect(packages[`node_modules/${name}`]?.integrity).toMatch(/^sha512-[\w+/]{86}==$/);
});
