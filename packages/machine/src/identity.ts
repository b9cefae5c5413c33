/**
 * Names for functions and operations that mean the same in every process that builds the same system, whatever was defined
 * before: the text of the code, and how many of that text came before it in this system.
 */
import { hashText } from './values.js';

/** How often each name was asked for, since the numbering began. */
let namesakes = new Map<string, number>();
/** Where the present numbering began; names of two numberings differ. */
let scope = '.';
let isNumberedApart = false;

/**
 * Runs `body` so that the functions it defines have the same {@link KfuncInfo.identity} every time, whatever was defined
 * before: what one process learnt of a system then means the same to another that builds it again.
 */
export function numberingKfuncs<T>(body: () => T): T {
  const outer = { namesakes, scope, isNumberedApart };
  [namesakes, scope, isNumberedApart] = [new Map<string, number>(), '+', true];
  try {
    return body();
  } finally {
    ({ namesakes, scope, isNumberedApart } = outer);
  }
}

/** A system is about to be built: what is defined from here on is numbered from the start. */
export function beginNumbering(): void {
  if (!isNumberedApart) [namesakes, scope] = [new Map<string, number>(), '-'];
}

/** A name that no other call returned, and that means the same in every process that gets to it in the same order. */
export function identityOf(name: string): string {
  const nth = namesakes.get(name) ?? 0;
  namesakes.set(name, nth + 1);
  return `${name}${scope}${nth}`;
}

/** A name for code: what it is called, and a hash of its text. */
export function nameOfCode(name: string, ...code: readonly unknown[]): string {
  const [a, b] = hashText(code.map(String).join('\n'));
  return `${name}~${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
