/** Values as a counterexample prints them: in the notation of their type, addresses and registers in hexadecimal, objects by name. */
import {
  Cell,
  KIND,
  WORD_GHOST,
  isHandle,
  isSubsystem,
  type Layout,
  type Request,
  type ScalarType,
} from '@shootdown/machine';
import type { WordChange } from './run-steps.js';

/** A cell that a step changed, its values as text. */
export interface CellChange {
  /** Path of the cell. */
  readonly target: string;
  readonly before: string;
  readonly after: string;
}

type Words = readonly [lo: number, hi: number];

/** A value at a request's address, as text; empty where it has none. */
export function valueText(layout: Layout, request: Request<unknown>, words: Words): string {
  if (request.address === 0) return '';
  const type = request.type ?? layout.typeAt(request.address)?.type;
  return type === undefined ? String(words[0]) : cellText(layout, type, words);
}

/** What a request answered, as text. */
export function answerText(layout: Layout, { kind, type, bit }: Request<unknown>, answer: unknown): string {
  if (bit >= 0 && (typeof answer === 'number' || typeof answer === 'bigint'))
    return String(((BigInt(answer) >> BigInt(bit)) & 1n) === 1n);
  const isOfCell = kind === KIND.READ || kind === KIND.AWAIT || (kind >= KIND.XCHG && kind <= KIND.XOR);
  const printed = isOfCell ? printedBy(layout, type, answer) : undefined;
  return printed ?? shortText(layout, answer);
}

/** The cells that changed, but for locks, what only the specification sees, and whether objects are allocated. */
export function cellsChanged(layout: Layout, changes: readonly WordChange[], words: Int32Array): CellChange[] {
  const { flags, slot, locks } = layout.image;
  const cells = new Map<number, { type: ScalarType<unknown>; old: number[]; now: number[] }>();
  for (const { address, old, value } of changes) {
    const field = layout.typeAt(address);
    if (field === undefined || (flags[address] & WORD_GHOST) !== 0 || slot.includes(address)) continue;
    const { start, type } = field;
    if (type.lock !== undefined || locks.some((lock) => lock.shared && lock.address + 1 === start)) continue;
    const now = [words[start], type.words === 2 ? words[start + 1] : 0];
    const cell = cells.get(start) ?? { type, old: [...now], now };
    if (!cells.has(start) || cell.old[address - start] === now[address - start]) cell.old[address - start] = old;
    cell.now[address - start] = value;
    cells.set(start, cell);
  }
  return [...cells].map(([address, { type, old, now }]) => ({
    target: layout.nameOf(address),
    before: cellText(layout, type, [old[0], old[1]]),
    after: cellText(layout, type, [now[0], now[1]]),
  }));
}

/** What a cell of a type holds, as text. */
export function cellText(layout: Layout, type: ScalarType<unknown>, [lo, hi]: Words): string {
  const value = type.decode(lo, hi);
  return printedBy(layout, type, value) ?? shortText(layout, value);
}

function printedBy(layout: Layout, type: ScalarType<unknown> | undefined, value: unknown): string | undefined {
  return type?.print?.(value, (address) => layout.nameOf(address));
}

/** A value whose type has no notation of its own. As `%#lx` has it, a 64-bit value is hexadecimal and nothing is 0. */
function shortText(layout: Layout, value: unknown): string {
  if (typeof value === 'bigint') return value === 0n ? '0' : `0x${value.toString(16)}`;
  if (Array.isArray(value)) return `(${value.map((element) => shortText(layout, element)).join(', ')})`;
  return plainText(layout, value);
}

/** A value in the notation by which tokens know steps. */
export function plainText(layout: Layout, value: unknown): string {
  if (isHandle(value)) return layout.nameOfObject(value);
  if (value instanceof Cell) return layout.nameOf(value.address);
  if (isSubsystem(value)) return value.$subsystem;
  if (Array.isArray(value)) return `(${value.map((element) => plainText(layout, element)).join(', ')})`;
  switch (typeof value) {
    case 'undefined':
      return '';
    case 'bigint':
      return value < 10n ? value.toString() : `0x${value.toString(16)}`;
    case 'object':
      return 'NULL';
    default:
      return String(value);
  }
}

/** The objects that an operation is given, each once. */
export function objectsOf(layout: Layout, { kind, args }: Request<unknown>): string {
  if (kind !== KIND.OP) return '';
  return [...new Set(args.filter((arg) => isHandle(arg)).map((arg) => plainText(layout, arg)))].join(', ');
}
