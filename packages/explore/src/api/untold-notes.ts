/** What a reader should know of functions that do not tell where they stand. It costs states and time, and changes no verdict. */
import { NOT_TRANSFORMED } from '../learn/frame-text.js';

/** So many functions are named. */
const MOST = 3;

/**
 * The notes of a result.
 *
 * @param untold - the functions by name, and why each does not tell
 */
export function untoldNotes(untold: ReadonlyMap<string, string>): readonly string[] {
  const plain = [...untold].filter(([, why]) => why === NOT_TRANSFORMED).map(([kname]) => kname);
  const others = [...untold].filter(([, why]) => why !== NOT_TRANSFORMED).map(([kname, why]) => `${kname} (${why})`);
  const notes: string[] = [];
  if (plain.length > 0) notes.push(`code that ${named(plain)} runs ${UNTRANSFORMED}; ${WAY_OUT}`);
  if (others.length > 0) notes.push(`${APART}, in ${named(others)}`);
  return notes;
}

/** Whether a note of a result says that code was not transformed. */
export function isUntransformedNote(note: string): boolean {
  return note.includes(UNTRANSFORMED);
}

const APART = 'states are told apart by all answers, which makes more of them';
const UNTRANSFORMED = `was not transformed, so ${APART}`;
const WAY_OUT = '@shootdown/program-points does it, in vitest as a plugin';

function named(all: readonly string[]): string {
  const more = all.length > MOST ? ` and ${all.length - MOST} more` : '';
  return all.slice(0, MOST).join(', ') + more;
}
