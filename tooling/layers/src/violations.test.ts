import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAYERS, type Layer } from './layers.js';
import { readTree } from './tree.js';
import { importViolations, manifestViolations, tableViolations } from './violations.js';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const FIXTURE = path.join(import.meta.dirname, '..', 'fixtures', 'tree');

describe('this workspace', () => {
  const packages = readTree(ROOT);

  test('has packages and imports to look at', () => {
    expect(packages.map(({ name }) => name)).toContain('harness');
    expect(packages.flatMap(({ imports }) => imports).length).toBeGreaterThan(packages.length);
  });

  test('has a table in which rows name only rows above them', () => {
    expect(tableViolations(LAYERS)).toEqual([]);
  });

  test('declares only dependencies that the table allows', () => {
    expect(manifestViolations(packages, LAYERS)).toEqual([]);
  });

  test('imports only what the table allows', () => {
    expect(importViolations(packages, LAYERS)).toEqual([]);
  });
});

describe('a workspace that breaks its table', () => {
  const packages = readTree(FIXTURE);
  const layers: Record<string, Layer> = {
    dev: { allow: [] },
    low: { allow: [], dev: ['dev'] },
    high: { allow: ['low'], dev: ['dev'] },
  };

  test('is told of a row that names a row below it or none', () => {
    expect(tableViolations({ a: { allow: ['b'] }, b: { allow: [], dev: ['c'] } })).toEqual([
      'the row a names b, which has no row above it',
      'the row b names c, which has no row above it',
    ]);
  });

  test('is told of every forbidden dependency, and of a package without a row', () => {
    expect(manifestViolations(packages, layers).sort()).toEqual([
      'high/package.json must not have tool as a devDependency',
      'low/package.json must not depend on high',
      'unlisted has no row in the table of layers',
    ]);
  });

  test('is told of every forbidden import, in each of its forms', () => {
    expect(importViolations(packages, layers).sort()).toEqual([
      'high/src/index.ts:3 reaches behind the exports of low: @shootdown/low/internal/hidden',
      'high/src/index.ts:5 must not import @shootdown/dev',
      'high/src/index.ts:6 imports the workshop: @shootdown/tooling-layers',
      'high/src/index.ts:8 reaches behind the exports of low: @shootdown/low/scenarios',
      'low/src/index.test.ts:2 must not import @shootdown/high',
      'low/src/index.ts:1 must not import @shootdown/high',
      'low/src/index.ts:2 leaves its package by a path: ../../high/src/index.js',
      'low/src/index.ts:4 must not import @shootdown/high/model',
      'low/src/index.ts:5 must not import @shootdown/high',
      'unlisted/src/index.ts:1 must not import @shootdown/low/scenarios',
    ]);
  });

  test('may let an application import scenarios', () => {
    expect(importViolations(packages, { ...layers, unlisted: { allow: ['low'] } }).join()).not.toContain('unlisted');
  });

  test('may name a forbidden import as debt, until it is paid', () => {
    const debt = ['src/index.ts -> @shootdown/dev', 'src/gone.ts -> @shootdown/dev'];
    const found = importViolations(packages, { ...layers, high: { ...layers['high'], debt } });
    expect(found).not.toContain('high/src/index.ts:5 must not import @shootdown/dev');
    expect(found).toContain('high: the debt "src/gone.ts -> @shootdown/dev" is paid, remove it from the table');
  });
});
