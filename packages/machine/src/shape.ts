/** What is asked of objects that come from code nobody has type-checked: the keys they may have, and what is behind them. */
import { suggestion } from './close-matches.js';
import { textOf } from './text.js';

/** The keys an object may have. Written as a record, so that the compiler notices a new one. */
export type Keys<T> = Readonly<Record<keyof T, true>>;

/** Any object, as far as is known. */
export type AnyRecord = Readonly<Record<string, unknown>>;

/** What a value is, in a word or two. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a Promise; write a plain function, not an async one';
  if (isAsync(value)) return 'an async function; write a plain one';
  if (typeof value === 'function') return /^class\b/.test(String(value)) ? 'a class' : 'a function';
  if (typeof value === 'object' && value !== null) {
    const name = (value.constructor as { name?: unknown } | undefined)?.name;
    return typeof name === 'string' && name !== 'Object' ? `an object of ${name}` : 'an object';
  }
  return textOf(value);
}

/** Whether a value is a function that answers with a Promise, which must not be called: what it throws is heard nowhere. */
export function isAsync(value: unknown): boolean {
  return /^\[object Async(Generator)?Function\]$/.test(Object.prototype.toString.call(value));
}

/**
 * Checks that a value is an object that is no array.
 *
 * @param what - whose value it is
 * @param expected - what it is to be, with an article
 * @param raise - makes the error
 */
export function assertRecord(
  what: string,
  value: unknown,
  expected: string,
  raise: (message: string) => Error,
): asserts value is AnyRecord {
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Promise);
  if (!isRecord) throw raise(`${what}: expected ${expected}, got ${kindOf(value)}`);
}

/**
 * Checks that an object has no other keys than these.
 *
 * @param what - whose keys they are
 * @param raise - makes the error
 */
export function assertKeys<T>(what: string, value: object, keys: Keys<T>, raise: (message: string) => Error): void {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(keys, key)) continue;
    throw raise(`${what}: unknown key ${JSON.stringify(key)}; ${suggestion(key, Object.keys(keys), 'it may have')}`);
  }
}

/**
 * Checks a choice that comes from code nobody need have type-checked.
 *
 * @param what - the option
 * @throws TypeError naming what there is
 */
export function assertOneOf(what: string, value: unknown, known: readonly string[]): void {
  if (typeof value === 'string' && known.includes(value)) return;
  const hint = typeof value === 'string' ? `; ${suggestion(value, known, 'there are')}` : '';
  throw new TypeError(`${what}: expected one of ${known.join(', ')}, got ${textOf(value)}${hint}`);
}
