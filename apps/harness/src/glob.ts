/** Patterns of scenario names: `*` stands for any characters, `?` for one. */

/** Whether a pattern matches the whole of a name; takes no longer than the product of their lengths. */
export function matchesGlob(glob: string, name: string): boolean {
  let at = 0;
  let from = 0;
  /** Where the last `*` stands, and where in the name what follows it was last tried. */
  let star = -1;
  let tried = 0;
  while (from < name.length) {
    const wanted = glob[at];
    if (wanted === '*') {
      star = at++;
      tried = from;
    } else if (wanted === '?' || (wanted !== undefined && wanted === name[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++tried;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
