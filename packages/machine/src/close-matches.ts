/** "Did you mean": names that a mistyped name is close to. */

/** Most edits between a mistyped name and what was meant, by its length. */
const editsAllowed = (name: string): number => Math.max(2, Math.floor(name.length / 3));

/** The known names nearest to `name`, nearest first; at most three. */
export function closeMatches(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const near = known.flatMap((candidate) => {
    const text = candidate.toLowerCase();
    const contains = wanted.length >= 3 && text.includes(wanted);
    const edits = contains ? 1 : editDistance(wanted, text);
    return edits <= editsAllowed(name) ? [{ candidate, edits }] : [];
  });
  return near
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/**
 * A sentence with the close matches, or with all that is known where nothing is close.
 *
 * @param what - who has the known names, and the verb: `it has`
 */
export function suggestion(name: string, known: readonly string[], what: string): string {
  const close = closeMatches(name, known);
  if (close.length > 0) return `did you mean ${close.join(' or ')}?`;
  return known.length === 0 ? `${what} none` : `${what}: ${known.join(', ')}`;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same));
    }
    row = next;
  }
  return row[b.length];
}
