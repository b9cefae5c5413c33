/**
 * Where interpreted code stands, as it tells the reference itself: so that loops without end have finitely many places. What
 * was told last, and the answers given since, decide what the code does from there on.
 */

/** Where a function stands. */
export interface Position {
  /** Where in the program, and all variables. */
  readonly text: string;
  /** The loops around it that may go on for ever, outermost first; a loop that is entered again is another. */
  readonly loops: readonly string[];
}

let last: Position | undefined;

/** Tells where the function that runs stands. */
export function tellPosition(position: Position): void {
  last = position;
}

/** Runs a step of a function; answers what it told last on the way. */
export function listening<T>(step: () => T): { readonly came: T; readonly told: Position | undefined } {
  last = undefined;
  const came = step();
  return { came, told: last };
}
