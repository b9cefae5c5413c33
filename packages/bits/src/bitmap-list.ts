/**
 * Bitmaps as lists of bits, `0-3,7`: what `cpulist` files in sysfs and `isolcpus=` on the command line say.
 */
import { bitmapSet, bitmapZero, type Bitmap } from './bitmap.js';
import { eachSetBitrange } from './each-bit.js';
import { isSeparator, lineOf } from './internal/bitmap-text.js';
import { failure, success, type Result } from './result.js';

/**
 * The bits set in `map` as a list: `0-3,7`, or nothing when there are none.
 *
 * @source lib/vsprintf.c bitmap_list_string v7.0
 */
export function bitmapListString(map: Bitmap): string {
  const items = Array.from(eachSetBitrange(map), ({ start, end }) =>
    end - start === 1 ? `${start}` : `${start}-${end - 1}`,
  );
  return items.join(',');
}

/**
 * Makes `dst` the bits that a list names. Items stand between commas or white space and may be empty: `5`, `0-3`, `all`;
 * `N` is the last bit of the map; `0-11:2/4` is the first 2 bits of each group of 4, `all:2/4` likewise. The text ends
 * at a newline.
 *
 * @returns `EINVAL` for text that is no list, `ERANGE` for bits that `dst` does not have, `EOVERFLOW` for a number of
 *   more than 32 bits. After an error `dst` holds the items before the one in error.
 * @source lib/bitmap-str.c bitmap_parselist v7.0
 */
export function bitmapParselist(text: string, dst: Bitmap): Result<void, ListErrno> {
  bitmapZero(dst);
  const cursor = new Cursor(lineOf(text), (dst.nbits - 1) >>> 0);
  while (cursor.skipToItem()) {
    const item = cursor.item();
    if (typeof item === 'string') return failure(item);
    if (item.first > item.last || item.group === 0 || item.used > item.group) return failure('EINVAL');
    if (item.last >= dst.nbits) return failure('ERANGE');
    setItem(dst, item);
  }
  return success(undefined);
}

/** What {@link bitmapParselist} may answer. */
export type ListErrno = 'EINVAL' | 'ERANGE' | 'EOVERFLOW';

/** Of the bits `first` to `last`, cut into groups of `group`, the first `used` of each. */
interface Item {
  readonly first: number;
  readonly last: number;
  readonly used: number;
  readonly group: number;
}

function setItem(dst: Bitmap, { first, last, used, group }: Item): void {
  if (used === 0) return;
  for (let start = first; start <= last; start += group) bitmapSet(dst, start, Math.min(used, last - start + 1));
}

/** Reads a list from left to right. Every step answers an errno when it cannot be done. */
class Cursor {
  readonly #line: string;
  readonly #lastBit: number;
  #at = 0;

  constructor(line: string, lastBit: number) {
    this.#line = line;
    this.#lastBit = lastBit;
  }

  /** Whether there is another item. */
  skipToItem(): boolean {
    while (this.#at < this.#line.length && isSeparator(this.#line[this.#at])) this.#at++;
    return this.#at < this.#line.length;
  }

  item(): Item | ListErrno {
    const range = this.#range();
    if (typeof range === 'string') return range;
    const [first, last] = range;
    if (this.#isItemEnd()) return { first, last, used: last + 1, group: last + 1 };
    const used = this.#numberAfter(':');
    if (typeof used === 'string') return used;
    const group = this.#numberAfter('/');
    return typeof group === 'string' ? group : { first, last, used, group };
  }

  #range(): readonly [number, number] | ListErrno {
    if (/^all/i.test(this.#line.slice(this.#at, this.#at + 3))) {
      this.#at += 3;
      return [0, this.#lastBit];
    }
    const first = this.#number();
    if (typeof first === 'string') return first;
    if (this.#isItemEnd()) return [first, first];
    const last = this.#numberAfter('-');
    return typeof last === 'string' ? last : [first, last];
  }

  #isItemEnd(): boolean {
    return this.#at === this.#line.length || isSeparator(this.#line[this.#at]);
  }

  #numberAfter(mark: string): number | ListErrno {
    if (this.#line[this.#at] !== mark) return 'EINVAL';
    this.#at++;
    return this.#number();
  }

  #number(): number | ListErrno {
    const [digits] = /^(?:N|[0-9]*)/.exec(this.#line.slice(this.#at)) ?? [''];
    this.#at += digits.length;
    if (digits === 'N') return this.#lastBit;
    if (digits === '') return 'EINVAL';
    return Number(digits) > 0xffff_ffff ? 'EOVERFLOW' : Number(digits);
  }
}
