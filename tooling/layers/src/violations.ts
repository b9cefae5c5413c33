/** Where a tree breaks its table of layers. Every function returns one sentence a violation, none when all is well. */
import path from 'node:path';
import type { Layer } from './layers.js';
import { SCOPE, type Import, type Package } from './tree.js';

type Layers = Readonly<Record<string, Layer>>;

/** Packages of ours that hold the workshop, not the goods. */
const TOOLING = /^tooling-/;
const DEV_FILE = /\.test(-d)?\.ts$|^bench\/|^[^/]*\.config\.ts$/;
/** What packages may import of each other; an application also imports what it offers and prints, a test scenarios, matchers and plugins. */
const PUBLIC_SUBPATHS = ['', 'model'];
const APPLICATION_SUBPATHS = [...PUBLIC_SUBPATHS, 'scenarios', 'report'];
const TEST_SUBPATHS = ['scenarios', 'vitest', 'vite'];

/** Rows that name a package without a row, or one that stands below them. */
export function tableViolations(layers: Layers): string[] {
  const order = Object.keys(layers);
  return order.flatMap((name, row) =>
    [...layers[name].allow, ...(layers[name].dev ?? [])]
      .filter((other) => !order.slice(0, row).includes(other))
      .map((other) => `the row ${name} names ${other}, which has no row above it`),
  );
}

/** Packages without a row, and package.json files that declare what their row does not allow. */
export function manifestViolations(packages: readonly Package[], layers: Layers): string[] {
  return packages.flatMap((pkg) => {
    const layer = layers[pkg.name];
    if (!layer) return [`${pkg.name} has no row in the table of layers`];
    const dev = new Set([...layer.allow, ...(layer.dev ?? [])]);
    return [
      ...pkg.dependencies
        .filter((name) => !layer.allow.includes(name))
        .map((name) => `${pkg.name}/package.json must not depend on ${name}`),
      ...pkg.devDependencies
        .filter((name) => !dev.has(name) && !TOOLING.test(name))
        .map((name) => `${pkg.name}/package.json must not have ${name} as a devDependency`),
    ];
  });
}

/** Imports that the table does not allow, that reach behind an exports map, or whose debt was paid. */
export function importViolations(packages: readonly Package[], layers: Layers): string[] {
  return packages.flatMap((pkg) => {
    const layer = layers[pkg.name] ?? { allow: [] };
    const debt = new Set(layer.debt);
    const found = pkg.imports.flatMap((entry) => {
      const complaint = complaintAbout(entry, pkg, layer);
      if (complaint === undefined || debt.delete(`${entry.file} -> ${entry.specifier}`)) return [];
      return [`${pkg.name}/${entry.file}:${entry.line} ${complaint}`];
    });
    return [...found, ...[...debt].map((paid) => `${pkg.name}: the debt "${paid}" is paid, remove it from the table`)];
  });
}

/** What a row allows and nothing uses: code for `allow`, tests, benchmarks or package.json for `dev`. */
export function unusedAllowances(packages: readonly Package[], layers: Layers): string[] {
  return packages.flatMap(({ name, imports, devDependencies }) => {
    const { allow, dev = [] }: Layer = layers[name] ?? { allow: [] };
    const importedBy = (isDev: boolean): Set<string> =>
      new Set(imports.filter(({ file }) => DEV_FILE.test(file) === isDev).map(({ specifier }) => packageOf(specifier)));
    const code = importedBy(false);
    const tests = importedBy(true);
    return [
      ...allow
        .filter((other) => !code.has(other))
        .map((other) => `the row ${name} allows ${other}, which its code does not import`),
      ...dev
        .filter((other) => !tests.has(other) && !devDependencies.includes(other))
        .map((other) => `the row ${name} allows ${other} for development, which nothing uses`),
    ];
  });
}

/** The name, without the scope, of the package of ours that a specifier names; empty for others. */
function packageOf(specifier: string): string {
  return specifier.startsWith(SCOPE) ? specifier.slice(SCOPE.length).split('/')[0] : '';
}

function complaintAbout({ file, specifier }: Import, pkg: Package, layer: Layer): string | undefined {
  if (specifier.startsWith('.')) {
    const target = path.relative(pkg.folder, path.resolve(pkg.folder, path.dirname(file), specifier));
    return target.startsWith('..') ? `leaves its package by a path: ${specifier}` : undefined;
  }
  if (!specifier.startsWith(SCOPE)) return undefined;
  const [name = '', ...rest] = specifier.slice(SCOPE.length).split('/');
  if (TOOLING.test(name)) return DEV_FILE.test(file) ? undefined : `imports the workshop: ${specifier}`;
  if (!subpathsOpenTo(pkg, file).includes(rest.join('/'))) return `reaches behind the exports of ${name}: ${specifier}`;
  if (name === pkg.name || layer.allow.includes(name)) return undefined;
  return layer.dev?.includes(name) && DEV_FILE.test(file) ? undefined : `must not import ${specifier}`;
}

function subpathsOpenTo(pkg: Package, file: string): readonly string[] {
  const open = path.basename(path.dirname(pkg.folder)) === 'apps' ? APPLICATION_SUBPATHS : PUBLIC_SUBPATHS;
  return DEV_FILE.test(file) ? [...open, ...TEST_SUBPATHS] : open;
}
