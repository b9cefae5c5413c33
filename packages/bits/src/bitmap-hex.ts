/** Bitmaps as hexadecimal numbers, 32 bits a chunk, the highest first: `1,80000000`, as `/proc/irq/0/smp_affinity`. */
import type { Bitmap } from './bitmap.js';
import { bitmapFromBigint } from './bitmap-bigint.js';
import { lastWordOf, wordOf } from './internal/bitmap-words.js';
import { isSeparator, lineOf } from './internal/bitmap-text.js';
import { failure, success, type Result } from './result.js';

const DIGITS_PER_CHUNK = 8;

/** What {@link bitmapParse} may answer. */
export type HexErrno = 'EINVAL' | 'EOVERFLOW';

/**
 * All bits of `map` as chunks of 8 hexadecimal digits, the first with as many as the size needs.
 *
 * @source lib/vsprintf.c bitmap_string v7.0
 */
export function bitmapString(map: Bitmap): string {
  const last = lastWordOf(map);
  const chunks: string[] = [];
  for (let i = last; i >= 0; i--) {
    const bits = i === last ? map.nbits - last * 32 : 32;
    chunks.push((wordOf(map, i) >>> 0).toString(16).padStart(Math.ceil(bits / 4), '0'));
  }
  return chunks.join(',');
}

/**
 * Makes `dst` the bits that hexadecimal chunks name. Chunks stand between commas or white space and have 1 to 8 digits;
 * the last is bits 0 to 31. The text ends at a newline. A full chunk needs no separator in front: any character that is
 * no digit is taken for one there.
 *
 * @returns `EINVAL` for text that is no such number, `EOVERFLOW` for more digits, chunks or bits than there is room for.
 *   After an error `dst` is as it was; C leaves it half written.
 * @source lib/bitmap-str.c bitmap_parse v7.0
 */
export function bitmapParse(text: string, dst: Bitmap): Result<void, HexErrno> {
  const line = lineOf(text);
  let value = 0n;
  let chunks = 0;
  for (let end = skipSeparators(line, line.length); end > 0; end = skipSeparators(line, end), chunks++) {
    if (chunks > lastWordOf(dst)) return failure('EOVERFLOW');
    const chunk = chunkBefore(line, end);
    if (typeof chunk === 'string') return failure(chunk);
    value |= chunk.value << BigInt(32 * chunks);
    end = chunk.start;
  }
  if (value >> BigInt(dst.nbits) !== 0n) return failure('EOVERFLOW');
  bitmapFromBigint(dst, value);
  return success(undefined);
}

/** Where the separators in front of `end` begin. */
function skipSeparators(line: string, end: number): number {
  let at = end;
  while (at > 0 && isSeparator(line[at - 1])) at--;
  return at;
}

/** The chunk that ends at `end`, and where what is in front of it ends. */
function chunkBefore(line: string, end: number): { readonly value: bigint; readonly start: number } | HexErrno {
  const isDigit = (at: number): boolean => /^[0-9a-fA-F]$/.test(line[at] ?? '');
  let start = end;
  while (end - start < DIGITS_PER_CHUNK && isDigit(start - 1)) start--;
  const value = BigInt(`0x0${line.slice(start, end)}`);
  if (start === 0 || isSeparator(line[start - 1])) return start === end ? 'EINVAL' : { value, start };
  if (end - start < DIGITS_PER_CHUNK) return 'EINVAL';
  return isDigit(start - 1) ? 'EOVERFLOW' : { value, start: start - 1 };
}
