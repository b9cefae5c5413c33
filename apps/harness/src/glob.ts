/** Patterns of scenario names: `*` stands for any characters, `?` for one. */

/** The pattern as an expression that matches whole names. */
export function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
