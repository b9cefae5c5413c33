import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rewrite } from './rewrite.js';

const GENERATOR = 'export function* f() { yield 1; }\n';
let root = '';

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'program-points-'));
  await mkdir(path.join(root, 'lib/inner'), { recursive: true });
  await writeFile(path.join(root, 'lib/a.js'), GENERATOR);
  await writeFile(path.join(root, 'lib/inner/b.js'), GENERATOR);
  await writeFile(path.join(root, 'lib/plain.js'), 'export const a = 1;\n');
});

afterEach(() => rm(root, { recursive: true }));

test('rewrites the files of folders, once', async () => {
  const files = (await rewrite(['lib'], root)).map(({ file }) => file);
  expect(files).toEqual(['lib/a.js', 'lib/inner/b.js']);
  const text = await readFile(path.join(root, 'lib/a.js'), 'utf8');
  expect(text).toContain('.enter(');
  expect(await rewrite(['lib'], root)).toEqual([]);
  expect(await readFile(path.join(root, 'lib/a.js'), 'utf8')).toBe(text);
  expect(await readdir(path.join(root, 'lib'))).toEqual(['a.js', 'inner', 'plain.js']);
});

test('changes nothing when a file cannot be parsed', async () => {
  await writeFile(path.join(root, 'lib/wrong.js'), 'function* {');
  await expect(rewrite(['lib'], root)).rejects.toThrow(/^lib\/wrong\.js: /);
  expect(await readFile(path.join(root, 'lib/a.js'), 'utf8')).toBe(GENERATOR);
});
