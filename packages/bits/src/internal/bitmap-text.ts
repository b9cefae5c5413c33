/** What the two text forms of bitmaps have in common. */

/** The text up to its first newline or NUL. */
export function lineOf(text: string): string {
  return /^[^\n\0]*/.exec(text)?.[0] ?? '';
}

/** Whether a character stands between items: a comma or what the kernel takes for white space. */
export function isSeparator(char: string | undefined): boolean {
  return char !== undefined && /^[,\t\n\v\f\r \u00a0]$/.test(char);
}
