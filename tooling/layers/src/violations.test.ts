import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { foreignImports } from './browser.js';
import { importCycles } from './cycles.js';
import { IN_A_BROWSER, LAYERS, ROOMS, type Layer } from './layers.js';
import { roomTableViolations, roomViolations, type Rooms } from './rooms.js';
import { readTree } from './tree.js';
import { importViolations, manifestViolations, tableViolations, unusedAllowances } from './violations.js';

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

  test('uses all that the table allows', () => {
    expect(unusedAllowances(packages, LAYERS)).toEqual([]);
  });

  test('has no files that import each other in a circle, types included', () => {
    expect(importCycles(readTree(ROOT, ['packages', 'apps', 'tooling']))).toEqual([]);
  });

  test('imports nothing of Node, and nobody else’s packages, in what runs in a browser', () => {
    expect(foreignImports(packages, IN_A_BROWSER)).toEqual([]);
    expect(foreignImports(packages, ['litmus'])).not.toEqual([]);
  });

  test.each(Object.keys(LAYERS))('needs the row of %s', (row) => {
    const others = Object.fromEntries(Object.entries(LAYERS).filter(([name]) => name !== row));
    expect(manifestViolations(packages, others)).toContain(`${row} has no row in the table of layers`);
  });

  describe.each(Object.entries(ROOMS))('has rooms in %s', (name, rooms) => {
    const withRooms = packages.filter((pkg) => pkg.name === name);

    test('that import only rooms below them, and all that their rows allow', () => {
      expect(withRooms).toHaveLength(1);
      expect(roomTableViolations(name, rooms)).toEqual([]);
      expect(withRooms.flatMap((pkg) => roomViolations(pkg, rooms))).toEqual([]);
    });

    test.each(Object.keys(rooms))('of which %s needs its row', (room) => {
      const others = Object.fromEntries(Object.entries(rooms).filter(([other]) => other !== room));
      const found = withRooms.flatMap((pkg) => roomViolations(pkg, others));
      expect(found).toContain(`${name}: the room ${room} has no row`);
    });
  });
});

describe('a package that breaks its rooms', () => {
  const [pkg] = readTree(path.join(import.meta.dirname, '..', 'fixtures', 'rooms'));
  const rooms: Rooms = { low: [], high: ['low'] };

  test('is told of a room that names one below it or none', () => {
    expect(roomTableViolations('house', { low: ['high'], high: ['attic'] })).toEqual([
      'house: the room low names high, which has no row above it',
      'house: the room high names attic, which has no row above it',
    ]);
  });

  test('is told of imports upward, of an entry point and of a room that has no row; a test may import all', () => {
    expect(roomViolations(pkg, rooms)).toEqual([
      'house: the room high/nook has no row',
      'house/src/high/same.ts:1 must not import ../index.js',
      'house/src/high/top.ts:3 must not import ./nook/corner.js',
      'house/src/low/bottom.ts:1 must not import ../high/top.js',
    ]);
  });

  test('is told of what a row allows and nothing uses, and of a row without a room', () => {
    expect(roomViolations(pkg, { ...rooms, 'high/nook': ['low'], cellar: [] })).toEqual(
      expect.arrayContaining([
        'house: the room high/nook may import low and does not',
        'house: the row cellar has no room',
      ]),
    );
  });

  test('is told of each circle, through types and through its own name', () => {
    expect(importCycles([pkg]).sort()).toEqual([
      'house/src/high/same.ts -> house/src/index.ts -> house/src/high/top.ts -> house/src/high/same.ts',
      'house/src/high/top.ts -> house/src/low/bottom.ts -> house/src/high/top.ts',
      'house/src/index.ts -> house/src/high/top.ts -> house/src/low/bottom.ts -> house/src/index.ts',
    ]);
  });
});

test('a row that allows more than is used is told of it', () => {
  const layers = { high: { allow: ['low', 'attic'], dev: ['dev', 'cellar'] } };
  expect(unusedAllowances(readTree(FIXTURE), layers)).toEqual([
    'the row high allows attic, which its code does not import',
    'the row high allows cellar for development, which nothing uses',
  ]);
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
