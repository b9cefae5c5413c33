/**
 * Register accessors, named as the kernel names them. `__raw_` forms move the host's bytes as they are and order nothing;
 * `read`/`write` forms are little-endian, `in_be`/`out_be` big-endian, both with their barriers. An access to a register
 * that only stores is a load or store of its cell; any other is one operation of its device.
 *
 * @source arch/powerpc/include/asm/io.h v4.19
 */
import { swab16, swab32, swab64, type Endian } from '@shootdown/bits';
import {
  defineOperation,
  fence,
  load,
  store,
  waitFor,
  type Cell,
  type Kthread,
  type Memory,
  type Request,
} from '@shootdown/machine';
import type { Bus, BusEvent, FoundRegister, RegisterValue } from './bus.js';
import type { RegisterWidth } from './register-block.js';

type Value<W extends RegisterWidth> = W extends 64 ? bigint : number;

/** Reads the register at a byte address. */
export type Reader<W extends RegisterWidth> = (bus: Bus, address: bigint) => Kthread<Value<W>>;
/** Writes the register at a byte address. */
export type Writer<W extends RegisterWidth> = (bus: Bus, value: Value<W>, address: bigint) => Kthread<void>;

function swapped(value: RegisterValue, width: RegisterWidth): RegisterValue {
  if (typeof value === 'bigint') return swab64(value);
  return width === 8 ? value : width === 16 ? swab16(value) : swab32(value);
}

/** A number seen by a host of one byte order, as a device or format of another sees it. */
function between(value: RegisterValue, a: Endian, b: Endian, width: RegisterWidth): RegisterValue {
  return a === b ? value : swapped(value, width);
}

function tell(bus: Bus, access: BusEvent['access'], found: FoundRegister, value: RegisterValue): void {
  const raw = between(value, bus.host, found.byteOrder, found.spec.width);
  bus.onAccess?.({ access, device: found.device, register: found.register, offset: found.spec.offset, value, raw });
}

function readRequest(label: string, bus: Bus, found: FoundRegister): Request<RegisterValue> {
  const { cell, onRead } = found.model;
  if (cell !== undefined && onRead === undefined && bus.onAccess === undefined)
    return load(label, 'once', cell as Cell<number>);
  return defineOperation({
    name: label,
    target: () => cell,
    run: (memory: Memory): RegisterValue => {
      const value = onRead?.(memory) ?? (cell === undefined ? 0 : memory.get(cell as Cell<number>));
      tell(bus, 'read', found, value);
      return value;
    },
  })();
}

function writeRequest(label: string, bus: Bus, found: FoundRegister, value: RegisterValue): Request<void> {
  const { cell, onWrite } = found.model;
  if (cell !== undefined && onWrite === undefined && bus.onAccess === undefined)
    return store(label, 'once', cell as Cell<number>, value as number);
  return defineOperation({
    name: label,
    target: () => cell,
    run: (memory: Memory, meant: RegisterValue): void => {
      tell(bus, 'write', found, meant);
      if (onWrite !== undefined) onWrite(memory, meant);
      else if (cell !== undefined) memory.set(cell as Cell<number>, meant as number);
    },
  })(value);
}

/** How an accessor treats bytes and order. */
interface Form {
  /** Byte order of the register the caller has in mind; absent for raw forms. */
  readonly order?: Endian;
  /** Barriers around the access. */
  readonly before?: string;
  readonly after?: string;
}

function reader<W extends RegisterWidth>(label: string, width: W, form: Form = {}): Reader<W> {
  return function* (bus, address): Kthread<Value<W>> {
    const found = bus.find(address, width);
    if (form.before !== undefined) yield* barrier(bus, form.before);
    const value = yield* readRequest(label, bus, found);
    if (form.after !== undefined) yield* barrier(bus, form.after);
    return between(value, found.byteOrder, form.order ?? bus.host, width) as Value<W>;
  };
}

function writer<W extends RegisterWidth>(label: string, width: W, form: Form = {}): Writer<W> {
  return function* (bus, value, address): Kthread<void> {
    const found = bus.find(address, width);
    if (form.before !== undefined) yield* barrier(bus, form.before);
    yield* writeRequest(label, bus, found, between(value, form.order ?? bus.host, found.byteOrder, width));
    if (form.after !== undefined) yield* barrier(bus, form.after);
  };
}

function* barrier(bus: Bus, name: string): Kthread<void> {
  yield* fence(name);
  if (bus.onAccess === undefined) return;
  const { onAccess } = bus;
  const event: BusEvent = { access: 'barrier', device: name, register: '', offset: 0, value: 0, raw: 0 };
  yield* defineOperation({
    name,
    isLocal: true,
    run: () => {
      onAccess(event);
    },
  })();
}

/** Orders accesses to devices among themselves, and neither against memory nor against locks. */
export function* eieio(bus: Bus): Kthread<void> {
  yield* barrier(bus, 'eieio');
}

/** Orders everything before against everything after. */
export function* sync(bus: Bus): Kthread<void> {
  yield* barrier(bus, 'sync');
}

/** The kernel's full barrier, `sync` on powerpc. */
export function* mb(bus: Bus): Kthread<void> {
  yield* barrier(bus, 'mb');
}

const LITTLE_READ: Form = { order: 'little', after: 'rmb' };
const LITTLE_WRITE: Form = { order: 'little', before: 'wmb' };
const BIG_READ: Form = { order: 'big', before: 'sync', after: 'isync' };
const BIG_WRITE: Form = { order: 'big', before: 'sync' };

/** `__raw_readb`. */
export const rawReadb: Reader<8> = reader('__raw_readb', 8);
/** `__raw_readw`. */
export const rawReadw: Reader<16> = reader('__raw_readw', 16);
/** `__raw_readl`. */
export const rawReadl: Reader<32> = reader('__raw_readl', 32);
/** `__raw_readq`. */
export const rawReadq: Reader<64> = reader('__raw_readq', 64);
/** `__raw_writeb`. */
export const rawWriteb: Writer<8> = writer('__raw_writeb', 8);
/** `__raw_writew`. */
export const rawWritew: Writer<16> = writer('__raw_writew', 16);
/** `__raw_writel`. */
export const rawWritel: Writer<32> = writer('__raw_writel', 32);
/** `__raw_writeq`. */
export const rawWriteq: Writer<64> = writer('__raw_writeq', 64);
/** `__raw_writeq_be`: a raw store of `cpu_to_be64(value)`. */
export const rawWriteqBe: Writer<64> = writer('__raw_writeq_be', 64, { order: 'big' });
/** `readb`. */
export const readb: Reader<8> = reader('readb', 8, LITTLE_READ);
/** `readw`: little-endian. */
export const readw: Reader<16> = reader('readw', 16, LITTLE_READ);
/** `readl`: little-endian. */
export const readl: Reader<32> = reader('readl', 32, LITTLE_READ);
/** `readq`: little-endian. */
export const readq: Reader<64> = reader('readq', 64, LITTLE_READ);
/** `writeb`. */
export const writeb: Writer<8> = writer('writeb', 8, LITTLE_WRITE);
/** `writew`: little-endian. */
export const writew: Writer<16> = writer('writew', 16, LITTLE_WRITE);
/** `writel`: little-endian. */
export const writel: Writer<32> = writer('writel', 32, LITTLE_WRITE);
/** `writeq`: little-endian. */
export const writeq: Writer<64> = writer('writeq', 64, LITTLE_WRITE);
/** `in_8`. */
export const in8: Reader<8> = reader('in_8', 8, BIG_READ);
/** `in_be16`. */
export const inBe16: Reader<16> = reader('in_be16', 16, BIG_READ);
/** `in_be32`. */
export const inBe32: Reader<32> = reader('in_be32', 32, BIG_READ);
/** `in_be64`. */
export const inBe64: Reader<64> = reader('in_be64', 64, BIG_READ);
/** `out_8`. */
export const out8: Writer<8> = writer('out_8', 8, BIG_WRITE);
/** `out_be16`. */
export const outBe16: Writer<16> = writer('out_be16', 16, BIG_WRITE);
/** `out_be32`. */
export const outBe32: Writer<32> = writer('out_be32', 32, BIG_WRITE);
/** `out_be64`. */
export const outBe64: Writer<64> = writer('out_be64', 64, BIG_WRITE);

/**
 * Reads a 64-bit register again and again until it reads 0: `while (__raw_readq(address)) cpu_relax()`. One step, taken when
 * the register reads 0; a byte order does not change zero.
 *
 * @throws TypeError when the register is no cell
 */
export function* pollUntilZero(bus: Bus, address: bigint): Kthread<void> {
  const found = bus.find(address, 64);
  const { cell, onRead } = found.model;
  if (cell === undefined || onRead !== undefined)
    throw new TypeError(`${found.device}.${found.register}: expected a register that is a cell`);
  yield* waitFor(cell as Cell<bigint>, { equals: 0 }, '__raw_readq');
}
