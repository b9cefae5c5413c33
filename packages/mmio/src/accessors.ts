/**
 * Register accessors, named as the kernel names them. `__raw_` forms move the host's bytes as they are and order nothing;
 * `read`/`write` forms are little-endian, `in_be`/`out_be` big-endian, both with their barriers. An access to a register
 * that only stores is a load or store of its cell; any other is one operation of its device.
 *
 * Left out: string and repeating forms, ports, `isync` and the rest of a barrier's machine code.
 */
import { swab16, swab32, swab64, type Endian } from '@shootdown/bits';
import {
  ModelError,
  defineOperation,
  load,
  notedKthread,
  store,
  type Cell,
  type Kthread,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { barrier } from './barrier.js';
import type { Bus, BusEvent, FoundRegister, RegisterValue } from './bus.js';
import type { RegisterWidth } from './register-block.js';

type Value<W extends RegisterWidth> = W extends 64 ? bigint : number;

/**
 * Reads the register at a byte address.
 *
 * @throws {@link KernelBug} `unmapped-mmio`, `misaligned-mmio` or `mmio-width`, with the address
 */
export type Reader<W extends RegisterWidth> = (bus: Bus, address: bigint) => Kthread<Value<W>>;
/**
 * Writes the register at a byte address.
 *
 * @throws {@link KernelBug} `unmapped-mmio`, `misaligned-mmio` or `mmio-width`, with the address
 * @throws RangeError when the value is not of the register's width
 */
export type Writer<W extends RegisterWidth> = (bus: Bus, value: Value<W>, address: bigint) => Kthread<void>;

function swapped(value: RegisterValue, width: RegisterWidth): RegisterValue {
  if (typeof value === 'bigint') return swab64(value);
  return width === 8 ? value : width === 16 ? swab16(value) : swab32(value);
}

/** A number seen by a host of one byte order, as a device or format of another sees it. */
function between(value: RegisterValue, a: Endian, b: Endian, width: RegisterWidth): RegisterValue {
  return a === b ? value : swapped(value, width);
}

/** A register's value as traces print it. */
const hex = (value: RegisterValue): string => (Number(value) === 0 ? '0' : `0x${value.toString(16)}`);

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
    says: () => `${found.device}.${found.register}`,
    run: (memory: Memory): RegisterValue => {
      const value =
        onRead !== undefined
          ? answered(found, onRead(memory))
          : cell === undefined
            ? 0
            : memory.get(cell as Cell<number>);
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
    says: (meant: RegisterValue) => `${found.device}.${found.register} <- ${hex(meant)}`,
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

/**
 * What a device answered to a read.
 *
 * @throws {@link ModelError} when the register cannot hold it
 */
function answered({ device, register, spec }: FoundRegister, value: unknown): RegisterValue {
  try {
    assertFits(`onRead of ${device}.${register}`, value, spec.width);
  } catch (error) {
    throw new ModelError((error as Error).message);
  }
  return value as RegisterValue;
}

function assertFits(label: string, value: unknown, width: RegisterWidth): void {
  const isKind = width === 64 ? typeof value === 'bigint' : Number.isInteger(value);
  if (isKind && BigInt.asUintN(width, BigInt(value as RegisterValue)) === BigInt(value as RegisterValue)) return;
  const what = typeof value === 'bigint' ? `${value}n` : String(value);
  throw new RangeError(`${label}: expected a ${width === 64 ? 'bigint' : 'number'} of ${width} bits, got ${what}`);
}

function reader<W extends RegisterWidth>(label: string, width: W, form: Form = {}): Reader<W> {
  const steps = function* (bus: Bus, address: bigint): Kthread<Value<W>> {
    const found = bus.find(address, width);
    if (form.before !== undefined) yield* barrier(bus, form.before);
    const value = yield* readRequest(label, bus, found);
    if (form.after !== undefined) yield* barrier(bus, form.after);
    return between(value, found.byteOrder, form.order ?? bus.host, width) as Value<W>;
  };
  return (bus, address) => notedKthread(label, steps(bus, address));
}

function writer<W extends RegisterWidth>(label: string, width: W, form: Form = {}): Writer<W> {
  const steps = function* (bus: Bus, value: Value<W>, address: bigint): Kthread<void> {
    assertFits(label, value, width);
    const found = bus.find(address, width);
    if (form.before !== undefined) yield* barrier(bus, form.before);
    yield* writeRequest(label, bus, found, between(value, form.order ?? bus.host, found.byteOrder, width));
    if (form.after !== undefined) yield* barrier(bus, form.after);
  };
  return (bus, value, address) => notedKthread(label, steps(bus, value, address));
}

const LITTLE_READ: Form = { order: 'little', before: 'sync', after: 'isync' };
const LITTLE_WRITE: Form = { order: 'little', before: 'sync' };
const BIG_READ: Form = { order: 'big', before: 'sync', after: 'isync' };
const BIG_WRITE: Form = { order: 'big', before: 'sync' };

/** Reads 8 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_readb() v4.19 */
export const rawReadb: Reader<8> = reader('__raw_readb', 8);
/** Reads 16 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_readw() v4.19 */
export const rawReadw: Reader<16> = reader('__raw_readw', 16);
/** Reads 32 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_readl() v4.19 */
export const rawReadl: Reader<32> = reader('__raw_readl', 32);
/** Reads 64 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_readq() v4.19 */
export const rawReadq: Reader<64> = reader('__raw_readq', 64);
/** Writes 8 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_writeb() v4.19 */
export const rawWriteb: Writer<8> = writer('__raw_writeb', 8);
/** Writes 16 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_writew() v4.19 */
export const rawWritew: Writer<16> = writer('__raw_writew', 16);
/** Writes 32 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_writel() v4.19 */
export const rawWritel: Writer<32> = writer('__raw_writel', 32);
/** Writes 64 bits in the host's byte order, without a barrier. @source arch/powerpc/include/asm/io.h __raw_writeq() v4.19 */
export const rawWriteq: Writer<64> = writer('__raw_writeq', 64);
/** Stores `cpu_to_be64(value)` as it is, without a barrier. @source arch/powerpc/include/asm/io.h __raw_writeq_be() v4.19 */
export const rawWriteqBe: Writer<64> = writer('__raw_writeq_be', 64, { order: 'big' });
/** Reads 8 bits, with barriers. @source arch/powerpc/include/asm/io.h readb() v4.19 */
export const readb: Reader<8> = reader('readb', 8, LITTLE_READ);
/** Reads 16 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h readw() v4.19 */
export const readw: Reader<16> = reader('readw', 16, LITTLE_READ);
/** Reads 32 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h readl() v4.19 */
export const readl: Reader<32> = reader('readl', 32, LITTLE_READ);
/** Reads 64 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h readq() v4.19 */
export const readq: Reader<64> = reader('readq', 64, LITTLE_READ);
/** Writes 8 bits, with barriers. @source arch/powerpc/include/asm/io.h writeb() v4.19 */
export const writeb: Writer<8> = writer('writeb', 8, LITTLE_WRITE);
/** Writes 16 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h writew() v4.19 */
export const writew: Writer<16> = writer('writew', 16, LITTLE_WRITE);
/** Writes 32 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h writel() v4.19 */
export const writel: Writer<32> = writer('writel', 32, LITTLE_WRITE);
/** Writes 64 bits, little-endian, with barriers. @source arch/powerpc/include/asm/io.h writeq() v4.19 */
export const writeq: Writer<64> = writer('writeq', 64, LITTLE_WRITE);
/** Reads 8 bits, with barriers. @source arch/powerpc/include/asm/io.h in_8() v4.19 */
export const in8: Reader<8> = reader('in_8', 8, BIG_READ);
/** Reads 16 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h in_be16() v4.19 */
export const inBe16: Reader<16> = reader('in_be16', 16, BIG_READ);
/** Reads 32 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h in_be32() v4.19 */
export const inBe32: Reader<32> = reader('in_be32', 32, BIG_READ);
/** Reads 64 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h in_be64() v4.19 */
export const inBe64: Reader<64> = reader('in_be64', 64, BIG_READ);
/** Writes 8 bits, with barriers. @source arch/powerpc/include/asm/io.h out_8() v4.19 */
export const out8: Writer<8> = writer('out_8', 8, BIG_WRITE);
/** Writes 16 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h out_be16() v4.19 */
export const outBe16: Writer<16> = writer('out_be16', 16, BIG_WRITE);
/** Writes 32 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h out_be32() v4.19 */
export const outBe32: Writer<32> = writer('out_be32', 32, BIG_WRITE);
/** Writes 64 bits, big-endian, with barriers. @source arch/powerpc/include/asm/io.h out_be64() v4.19 */
export const outBe64: Writer<64> = writer('out_be64', 64, BIG_WRITE);
