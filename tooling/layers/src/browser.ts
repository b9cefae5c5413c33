/** What would keep models and searches from running in a browser: modules of Node, and packages that are not ours. */
import { targetOf } from './cycles.js';
import type { Package } from './tree.js';

/** Entry points that a page loads. */
const ENTRIES = ['.', './model', './scenarios'];

/** Imports of anything but files of the workspace, by the entry points of these packages and whatever they import. */
export function foreignImports(packages: readonly Package[], names: readonly string[]): string[] {
  const byName = new Map(packages.map((pkg) => [pkg.name, pkg]));
  const waiting = packages
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, entries }) =>
      ENTRIES.flatMap((entry) => (entry in entries ? [`${name}/${entries[entry].replace('./', '')}`] : [])),
    );
  const met = new Set(waiting);
  const found: string[] = [];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const pkg = byName.get(file.slice(0, file.indexOf('/')));
    if (pkg === undefined) continue;
    const path = file.slice(pkg.name.length + 1);
    for (const entry of pkg.imports.filter((one) => one.file === path)) {
      const target = targetOf(entry, pkg, byName);
      if (target === undefined) found.push(`${file}:${entry.line} imports ${entry.specifier}`);
      else if (!met.has(target)) {
        met.add(target);
        waiting.push(target);
      }
    }
  }
  return found;
}
