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
/** Stands for the present numbering; absent before the first. */
let numbering: object | undefined;

/** Where the numbering of functions and operations stands. */
export interface Numbering {
  readonly namesakes: ReadonlyMap<string, number>;
  readonly scope: string;
  readonly isNumberedApart: boolean;
  /** Whether a system was begun, so that objects are named. */
  readonly hasSystem: boolean;
}

/** Where the numbering stands now: what is numbered from there once more gets the same names once more. */
export function presentNumbering(): Numbering {
  return { namesakes: new Map(namesakes), scope, isNumberedApart, hasSystem: numbering !== undefined };
}

/** Runs `body` with a numbering of its own, which goes on from another. */
export function numberingFrom<T>(from: Numbering, body: () => T): T {
  const outer = { namesakes, scope, isNumberedApart, numbering };
  ({ scope, isNumberedApart } = from);
  namesakes = new Map(from.namesakes);
  numbering = from.hasSystem ? {} : undefined;
  try {
    return body();
  } finally {
    ({ namesakes, scope, isNumberedApart, numbering } = outer);
  }
}

/**
 * Runs `body` so that the functions it defines have the same {@link KfuncInfo.identity} every time, whatever was defined
 * before: what one process learnt of a system then means the same to another that builds it again.
 */
export function numberingKfuncs<T>(body: () => T): T {
  return numberingFrom({ namesakes: new Map(), scope: '+', isNumberedApart: true, hasSystem: true }, body);
}

/** A system is about to be built: what is defined from here on is numbered from the start. Returns what stands for its numbering, if any does. */
export function beginNumbering(): object | undefined {
  if (!isNumberedApart) [namesakes, scope, numbering] = [new Map<string, number>(), '-', {}];
  return numbering;
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

/** What names an object that is made where a system is built, and lasts as long. */
export interface LastingName {
  /** No other object of the numbering has it; in every process that builds the system, the same one has. */
  readonly name: string;
  readonly numbering: object;
}

const lastingNames = new WeakMap<object, LastingName>();

/**
 * Names an object that is made where a system is built: from then on a local state may hold it. What it holds itself must not
 * change while the system runs. Does nothing before the first system is begun, for then the order is that of imports.
 *
 * @param name - says what it is; several may have one
 */
export function lasting<T extends object>(name: string, object: T): T {
  if (numbering !== undefined) lastingNames.set(object, { name: identityOf(name), numbering });
  return object;
}

/** The name that {@link lasting} gave an object. */
export function lastingName(object: object): LastingName | undefined {
  return lastingNames.get(object);
}
