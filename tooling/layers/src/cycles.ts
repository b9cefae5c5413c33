/** Files that import each other in a circle, types included, within and across packages. */
import path from 'node:path';
import { SCOPE, type Import, type Package } from './tree.js';

/** Each circle of files, as the way around it: `a.ts -> b.ts -> a.ts`. */
export function importCycles(packages: readonly Package[]): string[] {
  const byName = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const graph = new Map(packages.flatMap((pkg) => pkg.files.map((file) => [idOf(pkg, file), new Set<string>()])));
  for (const pkg of packages)
    for (const entry of pkg.imports) {
      const target = targetOf(entry, pkg, byName);
      if (target !== undefined && graph.has(target)) graph.get(idOf(pkg, entry.file))?.add(target);
    }
  return circles(graph);
}

function idOf({ name }: Package, file: string): string {
  return `${name}/${file}`;
}

/** The file that an import means; `undefined` for what is no file of the workspace. */
export function targetOf(
  { file, specifier }: Import,
  pkg: Package,
  byName: ReadonlyMap<string, Package>,
): string | undefined {
  if (specifier.startsWith('.'))
    return idOf(pkg, path.posix.join(path.posix.dirname(file), specifier).replace(/\.([cm]?)js$/, '.$1ts'));
  if (!specifier.startsWith(SCOPE)) return undefined;
  const [name = '', ...rest] = specifier.slice(SCOPE.length).split('/');
  const other = byName.get(name);
  const entry = other?.entries[['.', ...rest].join('/')];
  return other === undefined || entry === undefined ? undefined : idOf(other, path.posix.normalize(entry));
}

/** Searches in depth; an edge to a file on the way back closes a circle. A file that was left is in none with what comes later. */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const found: string[] = [];
  const left = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    if (left.has(file)) return;
    const begin = way.indexOf(file);
    if (begin >= 0) {
      found.push([...way.slice(begin), file].join(' -> '));
      return;
    }
    way.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    way.pop();
    left.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
