/**
 * The bus: device models mounted at physical addresses. A register that only stores is a cell of model memory; one with
 * side effects runs its device's code in the same step as the access.
 */
import type { Endian } from '@shootdown/bits';
import {
  KernelBug,
  assertKeys,
  assertOneOf,
  identityOf,
  lasting,
  type Cell,
  type Keys,
  type Memory,
} from '@shootdown/machine';
import type { RegisterBlock, RegisterSpec, RegisterWidth } from './register-block.js';

/** Value of a register: `number` up to 32 bits, `bigint` for 64. */
export type RegisterValue = number | bigint;

/** How a device treats one register. What a read or write does is one step with the access itself. */
export interface RegisterModel {
  /** Where its value is kept; without {@link onWrite} a write just stores there, without {@link onRead} a read loads. */
  readonly cell?: Cell<bigint> | Cell<number>;
  /** What a write does, in the same step; a pure function of memory and the value. */
  readonly onWrite?: (memory: Memory, value: RegisterValue) => void;
  /** What a read answers, and does, in the same step. */
  readonly onRead?: (memory: Memory) => RegisterValue;
}

/** One access, as a {@link Bus} that is traced tells it. */
export interface BusEvent {
  readonly access: 'read' | 'write' | 'barrier';
  /** Name of the mounted device, or of the barrier. */
  readonly device: string;
  readonly register: string;
  /** Bytes from the start of the block. */
  readonly offset: number;
  /** The number the device sees. */
  readonly value: RegisterValue;
  /** The number on the bus, as the host loads or stores it. */
  readonly raw: RegisterValue;
}

/** A register found at an address. */
export interface FoundRegister {
  readonly device: string;
  readonly register: string;
  readonly spec: RegisterSpec;
  readonly byteOrder: Endian;
  readonly model: RegisterModel;
}

interface Mounted {
  readonly device: string;
  readonly base: bigint;
  readonly block: RegisterBlock;
  readonly models: Readonly<Record<string, RegisterModel>>;
}

/** The address space of the devices. Mount everything before the first access. */
export class Bus {
  /** Byte order of the host that drives the bus. */
  readonly host: Endian;
  /** Told of every access, in order; for direct runs only, since a search takes steps more than once. */
  readonly onAccess: ((event: BusEvent) => void) | undefined;
  /** Tells buses apart, in every process that makes them in the same order. */
  readonly identity = identityOf('bus');
  readonly #mounted: Mounted[] = [];

  /** @throws TypeError for a byte order that there is not */
  constructor(options: { readonly host?: Endian; readonly onAccess?: (event: BusEvent) => void } = {}) {
    this.host = options.host ?? 'little';
    assertOneOf('host', this.host, ['little', 'big']);
    this.onAccess = options.onAccess;
    lasting('bus', this);
  }

  /**
   * Puts a device on the bus.
   *
   * @param device - its name in traces and errors
   * @param base - byte address of its first register, a multiple of 8
   * @param models - one for each register of the block
   * @throws RangeError when the base is misaligned or the addresses are taken
   * @throws TypeError when a register has no model, or one that cannot hold it or has other keys, or when there is no such register
   */
  mount<N extends string>(
    device: string,
    base: bigint,
    block: RegisterBlock<N>,
    models: Readonly<Record<N, RegisterModel>>,
  ): void {
    if (base < 0n || base % 8n !== 0n)
      throw new RangeError(`${device}: expected a base that is a multiple of 8, got ${hex(base)}`);
    const end = base + BigInt(block.size);
    const other = this.#mounted.find((m) => base < m.base + BigInt(m.block.size) && m.base < end);
    if (other !== undefined)
      throw new RangeError(`${device}: expected free addresses at ${hex(base)}, ${other.device} is there`);
    assertKeys(device, models, Object.fromEntries(Object.keys(block.registers).map((name) => [name, true])), raise);
    for (const [register, spec] of Object.entries<RegisterSpec>(block.registers))
      assertModel(`${device}.${register}`, spec, models[register as N]);
    this.#mounted.push({ device, base, block, models });
  }

  /**
   * The register at an address.
   *
   * @throws {@link KernelBug} `unmapped-mmio` where there is none, `misaligned-mmio` inside one, `mmio-width` for a
   * register of another width
   */
  find(address: bigint, width: RegisterWidth): FoundRegister {
    if (address % BigInt(width / 8) !== 0n)
      throw contract('misaligned-mmio', `${width}-bit access at ${hex(address)}: expected a multiple of ${width / 8}`);
    const mounted = this.#mounted.find((m) => address >= m.base && address < m.base + BigInt(m.block.size));
    if (mounted === undefined)
      throw contract('unmapped-mmio', `${width}-bit access at ${hex(address)}: no device is there`);
    const offset = Number(address - mounted.base);
    for (const [register, spec] of Object.entries(mounted.block.registers)) {
      if (offset < spec.offset || offset >= spec.offset + spec.width / 8) continue;
      const what = `${mounted.device}.${register}`;
      if (offset !== spec.offset)
        throw contract('misaligned-mmio', `${width}-bit access at ${hex(address)} is inside ${what}`);
      if (spec.width !== width)
        throw contract('mmio-width', `${what} at ${hex(address)}: expected a ${spec.width}-bit access, got ${width}`);
      return {
        device: mounted.device,
        register,
        spec,
        byteOrder: mounted.block.byteOrder,
        model: mounted.models[register],
      };
    }
    throw contract('unmapped-mmio', `${width}-bit access at ${hex(address)}: ${mounted.device} has no register there`);
  }
}

const REGISTER_MODEL: Keys<RegisterModel> = { cell: true, onWrite: true, onRead: true };
const raise = (message: string): TypeError => new TypeError(message);

function assertModel(what: string, { width }: RegisterSpec, model: RegisterModel | undefined): void {
  if (model === undefined) throw new TypeError(`${what}: expected a model of the register, got none`);
  assertKeys(what, model, REGISTER_MODEL, raise);
  const { cell, onRead, onWrite } = model;
  if (cell === undefined && onRead === undefined && onWrite === undefined)
    throw new TypeError(`${what}: expected a cell or what reads and writes do, got neither`);
  if (cell !== undefined && (cell.type.words === 2) !== (width === 64))
    throw new TypeError(`${what}: expected a cell of ${width} bits, got a ${cell.type.name}`);
}

function contract(rule: string, message: string): KernelBug {
  return new KernelBug('contract', rule, message);
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
