/** Register blocks as tables: what the manual's page says, once, in the manual's bit order. */
import type { Endian, RegisterField } from '@shootdown/bits';

/** Bits of a register. */
export type RegisterWidth = 8 | 16 | 32 | 64;

/** One register of a block. */
export interface RegisterSpec {
  /** Bytes from the start of the block; a multiple of the register's own size. */
  readonly offset: number;
  readonly width: RegisterWidth;
  /** The register's fields by name, if the manual names any. */
  readonly fields?: Readonly<Record<string, RegisterField<bigint> | RegisterField<number>>>;
}

/** The registers of one device function. */
export interface RegisterBlock<N extends string = string> {
  readonly name: string;
  /** Byte order in which the device sees a word that the bus carries. */
  readonly byteOrder: Endian;
  /** Bytes the block takes in the address space. */
  readonly size: number;
  readonly registers: Readonly<Record<N, RegisterSpec>>;
}

/**
 * Declares a register block.
 *
 * @throws RangeError when a register is misaligned, sticks out of the block or overlaps another, or when a field is of
 * another width than its register
 */
export function registerBlock<N extends string>(block: RegisterBlock<N>): RegisterBlock<N> {
  const taken: { name: string; from: number; to: number }[] = [];
  for (const [name, { offset, width, fields = {} }] of Object.entries<RegisterSpec>(block.registers)) {
    const bytes = width / 8;
    const what = `${block.name}.${name}`;
    if (!Number.isInteger(offset) || offset < 0 || offset % bytes !== 0)
      throw new RangeError(`${what}: expected an offset that is a multiple of ${bytes}, got ${offset}`);
    if (offset + bytes > block.size)
      throw new RangeError(`${what}: expected to lie within ${block.size} bytes, got ${offset} to ${offset + bytes}`);
    const other = taken.find(({ from, to }) => offset < to && from < offset + bytes);
    if (other !== undefined) throw new RangeError(`${what}: expected bytes of its own, overlaps ${other.name}`);
    for (const [field, { mask }] of Object.entries(fields)) assertFieldFits(`${what}.${field}`, mask, width);
    taken.push({ name, from: offset, to: offset + bytes });
  }
  return block;
}

function assertFieldFits(what: string, mask: bigint | number, width: RegisterWidth): void {
  if ((typeof mask === 'bigint') === (width === 64) && BigInt(mask) < 1n << BigInt(width)) return;
  throw new RangeError(`${what}: expected a field of a ${width}-bit register, got mask 0x${mask.toString(16)}`);
}
