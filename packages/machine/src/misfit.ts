/** What to say about a value that does not fit a type. */
import { ModelError } from './kernel-bug.js';
import { textOf } from './text.js';

/** What the types hold, where their names do not say it. */
const RANGES: Readonly<Record<string, string>> = {
  u8: '0 to 255',
  u16: '0 to 65535',
  u32: 'a number, 0 to 2^32 - 1',
  i32: '-2^31 to 2^31 - 1',
  u64: 'a bigint, 0n to 2n ** 64n - 1n',
  bool: 'true or false',
  ptr: 'a view of its struct, or null',
};

/** What was expected, what came, and what to do about the slips that are seen most. */
export function misfit({ name, words }: { readonly name: string; readonly words: number }, value: unknown): string {
  const range = Object.hasOwn(RANGES, name) ? `; a ${name} is ${RANGES[name]}` : '';
  return `expected a ${name}, got ${textOf(value)}${hint(words === 2, value) ?? range}`;
}

/**
 * Does nothing for a cell.
 *
 * @throws TypeError for anything else
 */
export function assertCell(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && 'type' in value && value.type !== undefined) return;
  throw new TypeError(
    `${what}: expected a cell, got ${Array.isArray(value) ? 'an array' : textOf(value)}${cellHint(value)}`,
  );
}

/** What to say about an answer that is none. */
export function notAnAnswer(answer: unknown, expected: string): string {
  return `expected ${expected}, got ${textOf(answer)}${answerHint(answer)}`;
}

/**
 * What an invariant answered.
 *
 * @throws {@link ModelError} when that is neither a boolean nor a sentence
 */
export function answerOfInvariant(name: string, answer: unknown): boolean | string {
  if (typeof answer === 'boolean' || typeof answer === 'string') return answer;
  throw new ModelError(
    `the invariant "${name}": ${notAnAnswer(answer, 'true, false or a sentence that says what is broken')}`,
  );
}

/**
 * What the `within` of a system answered.
 *
 * @throws {@link ModelError} when that is no boolean
 */
export function answerOfWithin(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new ModelError(`within: ${notAnAnswer(answer, 'true or false')}`);
}

/** What to say about something that was yielded and is no request. */
export function notARequest(yielded: unknown): string {
  return `expected yield* of a request, got ${yieldedText(yielded)}`;
}

function yieldedText(yielded: unknown): string {
  if (yielded === undefined) return 'nothing; write yield* readOnce(cell) and the like';
  if (yielded instanceof Promise) return 'a Promise: await and async have no place in model code';
  const isIterator = typeof yielded === 'object' && yielded !== null && 'next' in yielded;
  if (isIterator) return 'a generator by a plain yield: is the star of yield* missing?';
  return `${textOf(yielded)}; write yield* readOnce(cell) and the like`;
}

function answerHint(answer: unknown): string {
  if (answer === undefined) return '; is return missing?';
  if (answer instanceof Promise) return ': write a plain function, not an async one';
  if (looksLikeRequest(answer)) return ': a request is no value; read cells with memory.get(cell)';
  if (typeof answer === 'function') return ': is it to be called?';
  return '; compare, or write Boolean(value)';
}

function cellHint(value: unknown): string {
  if (value === undefined) return '; is a field misspelt, or an array index out of range?';
  if (Array.isArray(value)) return '; take one element of it';
  if (typeof value === 'object' && value !== null && '$struct' in value) return '; take one field of it';
  return '';
}

function hint(isWide: boolean, value: unknown): string | undefined {
  if (looksLikeRequest(value)) return '; a request is no value: is yield* missing before it?';
  if (value === undefined) return '; is a name misspelt, or yield* missing?';
  if (isWide && typeof value === 'number' && Number.isInteger(value))
    return `; write ${value}n, or BigInt(value): 64-bit values are bigints`;
  if (!isWide && typeof value === 'bigint') return '; write Number(value): only 64-bit values are bigints';
  return undefined;
}

/** A request, or the text that JavaScript makes of one in a sum. */
function looksLikeRequest(value: unknown): boolean {
  if (typeof value === 'string') return /\[object (?:Object|Request|Generator)\]/.test(value);
  if (typeof value === 'number') return Number.isNaN(value);
  return typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value;
}
