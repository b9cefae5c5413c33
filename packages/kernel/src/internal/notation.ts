/** How traces print values that are no plain numbers. */
import type { Handle } from '@shootdown/machine';
import { LIST_POISON1, LIST_POISON2 } from '../poison.js';

const POISON: ReadonlyMap<number, string> = new Map([
  [LIST_POISON1, 'LIST_POISON1'],
  [LIST_POISON2, 'LIST_POISON2'],
]);

/** A link of a list: a poison by its name. */
export function linkText(link: Handle | null): string | undefined {
  return link === null ? undefined : POISON.get(link.$address);
}

/** The address of a cell: its path. */
export function cellAddressText(address: number, nameOf: (address: number) => string): string {
  return POISON.get(address) ?? (address === 0 ? 'NULL' : `&${nameOf(address)}`);
}
