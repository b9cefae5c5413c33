import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCases } from './read-cases.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'vectors-'));
  vi.stubEnv('SHOOTDOWN_VECTORS', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const skip = (reason: string): never => {
  throw new Error(`skipped: ${reason}`);
};

function place(name: string, text: string): URL {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, gzipSync(text));
  return pathToFileURL(file);
}

test('reads the package’s own file, a case a line', () => {
  expect(readCases(place('a.jsonl.gz', '{"id":1}\n{"id":2}\n'), skip)).toEqual([{ id: 1 }, { id: 2 }]);
});

test('reads the file of the same name in the folder of the environment', () => {
  const own = place('own/a.jsonl.gz', '{"id":1}\n');
  place('other/a.jsonl.gz', '{"id":3}\n');
  vi.stubEnv('SHOOTDOWN_VECTORS', path.join(folder, 'other'));
  expect(readCases(own, skip)).toEqual([{ id: 3 }]);
});

test('skips when the folder of the environment has no such file', () => {
  const own = place('own/a.jsonl.gz', '{"id":1}\n');
  vi.stubEnv('SHOOTDOWN_VECTORS', folder);
  expect(() => readCases(own, skip)).toThrow(/^skipped: .*0 cases/);
});

test('throws when the package’s own file is missing', () => {
  expect(() => readCases(pathToFileURL(path.join(folder, 'a.jsonl.gz')), skip)).toThrow('ENOENT');
});

test('refuses a folder that is not absolute', () => {
  vi.stubEnv('SHOOTDOWN_VECTORS', 'vectors');
  expect(() => readCases(place('a.jsonl.gz', '{}'), skip)).toThrow('expected an absolute path, got vectors');
});

test('names the line that is no JSON', () => {
  expect(() => readCases(place('a.jsonl.gz', '{}\n\n{'), skip)).toThrow(/a\.jsonl\.gz:3: /);
});
