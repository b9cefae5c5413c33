import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { entriesIn, writeApiDocs } from './api-docs.js';

const root = path.join(import.meta.dirname, '..', '..', '..');

test('typedoc makes a page of every module that packages export, and complains of nothing', async () => {
  const out = mkdtempSync(path.join(tmpdir(), 'api-docs-'));
  const entries = entriesIn(path.join(root, 'packages'));
  const tsconfig = path.join(import.meta.dirname, '..', 'tsconfig.api.json');
  try {
    expect(await writeApiDocs({ entries, root, tsconfig, out })).toEqual([]);
    expect(existsSync(path.join(out, 'index.html'))).toBe(true);
    expect(readdirSync(path.join(out, 'modules')).length).toBe(entries.length);
  } finally {
    rmSync(out, { recursive: true });
  }
});
