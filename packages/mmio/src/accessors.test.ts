import fc from 'fast-check';
import { Layout, Memory, u16, u32, u64, u8 } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import * as mmio from './index.js';
import { Bus, accessNow, registerBlock, type BusEvent, type Reader, type Writer } from './index.js';

type Host = 'little' | 'big';

/** A device with one register of each width, each a cell. */
function device(byteOrder: Host, host: Host, onAccess?: (event: BusEvent) => void): { bus: Bus; memory: Memory } {
  const layout = new Layout();
  const block = registerBlock({
    name: 'DEV',
    byteOrder,
    size: 0x20,
    registers: {
      R8: { offset: 0, width: 8 },
      R16: { offset: 2, width: 16 },
      R32: { offset: 4, width: 32 },
      R64: { offset: 8, width: 64 },
    },
  });
  const bus = new Bus({ host, ...(onAccess === undefined ? {} : { onAccess }) });
  bus.mount('dev', 0n, block, {
    R8: { cell: layout.one('r8', u8) },
    R16: { cell: layout.one('r16', u16) },
    R32: { cell: layout.one('r32', u32) },
    R64: { cell: layout.one('r64', u64) },
  });
  return { bus, memory: new Memory(layout) };
}

/** Accessors of one width, the register's address, a number and its bytes in reverse. */
interface Row {
  readonly address: bigint;
  readonly value: number | bigint;
  readonly reversed: number | bigint;
  readonly raw: readonly [string, string];
  readonly little: readonly [string, string];
  readonly big: readonly [string, string];
}

const ROWS: readonly Row[] = [
  {
    address: 0n,
    value: 0x12,
    reversed: 0x12,
    raw: ['rawReadb', 'rawWriteb'],
    little: ['readb', 'writeb'],
    big: ['in8', 'out8'],
  },
  {
    address: 2n,
    value: 0x1234,
    reversed: 0x3412,
    raw: ['rawReadw', 'rawWritew'],
    little: ['readw', 'writew'],
    big: ['inBe16', 'outBe16'],
  },
  {
    address: 4n,
    value: 0x12345678,
    reversed: 0x78563412,
    raw: ['rawReadl', 'rawWritel'],
    little: ['readl', 'writel'],
    big: ['inBe32', 'outBe32'],
  },
  {
    address: 8n,
    value: 0x123456789abcdef0n,
    reversed: 0xf0debc9a78563412n,
    raw: ['rawReadq', 'rawWriteq'],
    little: ['readq', 'writeq'],
    big: ['inBe64', 'outBe64'],
  },
];
const HOSTS: readonly Host[] = ['little', 'big'];

const readerOf = (name: string): Reader<8> => mmio[name as 'readb'];
const writerOf = (name: string): Writer<8> => mmio[name as 'writeb'];

const cases = ROWS.flatMap((row) =>
  HOSTS.flatMap((host) =>
    HOSTS.flatMap((order) => (['raw', 'little', 'big'] as const).map((form) => ({ ...row, host, order, form }))),
  ),
);

describe('what the device sees', () => {
  test.each(cases)('$value, $form form, $host-endian host, $order-endian device', (row) => {
    const { address, value, reversed, host, order, form } = row;
    const events: BusEvent[] = [];
    const [read, write] = row[form];
    const { bus, memory } = device(order, host, (event) => events.push(event));
    accessNow(memory, writerOf(write)(bus, value as number, address));
    expect(accessNow(memory, readerOf(read)(bus, address))).toBe(value);
    const accesses = events.filter(({ access }) => access !== 'barrier');
    const seen = (form === 'raw' ? host : form) === order ? value : reversed;
    const raw = (form === 'raw' ? host : form) === host ? value : reversed;
    expect(accesses.map((event) => [event.access, event.value, event.raw])).toEqual([
      ['write', seen, raw],
      ['read', seen, raw],
    ]);
  });

  test('a value that is written comes back, whoever is told', () => {
    const bits = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const order = fc.constantFrom(...HOSTS);
    fc.assert(
      fc.property(bits, order, order, fc.boolean(), (value, byteOrder, host, isTraced) => {
        const { bus, memory } = device(byteOrder, host, isTraced ? () => undefined : undefined);
        accessNow(memory, mmio.rawWriteqBe(bus, value, 8n));
        expect(accessNow(memory, mmio.inBe64(bus, 8n))).toBe(value);
        accessNow(memory, mmio.writeq(bus, value, 8n));
        expect(accessNow(memory, mmio.readq(bus, 8n))).toBe(value);
      }),
    );
  });

  test('__raw_writeq_be is a raw store of cpu_to_be64', () => {
    const events: BusEvent[] = [];
    const { bus, memory } = device('big', 'little', (event) => events.push(event));
    accessNow(memory, mmio.rawWriteqBe(bus, 0x0005400002000000n, 8n));
    expect(events).toEqual([
      {
        access: 'write',
        device: 'dev',
        register: 'R64',
        offset: 8,
        value: 0x0005400002000000n,
        raw: 0x0000000200400500n,
      },
    ]);
  });
});

describe('barriers', () => {
  test.each([
    ['rawReadq', []],
    ['readq', ['sync', 'isync']],
    ['inBe64', ['sync', 'isync']],
  ])('%s: %j', (name, barriers) => {
    const events: BusEvent[] = [];
    const { bus, memory } = device('big', 'little', (event) => events.push(event));
    accessNow(memory, mmio[name as 'readq'](bus, 8n));
    expect(events.filter(({ access }) => access === 'barrier').map((event) => event.device)).toEqual(barriers);
  });

  test.each([
    ['rawWriteq', ['write']],
    ['writeq', ['sync', 'write']],
    ['outBe64', ['sync', 'write']],
  ])('%s: %j', (name, expected) => {
    const events: BusEvent[] = [];
    const { bus, memory } = device('big', 'little', (event) => events.push(event));
    accessNow(memory, mmio[name as 'writeq'](bus, 1n, 8n));
    expect(events.map(({ access, device: who }) => (access === 'barrier' ? who : access))).toEqual(expected);
  });

  test.each(['eieio', 'sync', 'mb'] as const)('%s is told under its name', (name) => {
    const events: BusEvent[] = [];
    const { bus, memory } = device('big', 'little', (event) => events.push(event));
    accessNow(memory, mmio[name](bus));
    expect(events.map(({ access, device: who }) => [access, who])).toEqual([['barrier', name]]);
  });
});

describe('a value of another width', () => {
  test.each([
    ['rawWriteb', 256, 0n, '__raw_writeb: expected a number of 8 bits, got 256'],
    ['rawWritew', -1, 2n, '__raw_writew: expected a number of 16 bits, got -1'],
    ['outBe32', 2 ** 32, 4n, 'out_be32: expected a number of 32 bits, got 4294967296'],
    ['writel', 0.5, 4n, 'writel: expected a number of 32 bits, got 0.5'],
    ['rawWriteqBe', 2n ** 64n, 8n, '__raw_writeq_be: expected a bigint of 64 bits, got 18446744073709551616n'],
    ['rawWriteq', -1n, 8n, '__raw_writeq: expected a bigint of 64 bits, got -1n'],
    ['rawWriteq', 1, 8n, '__raw_writeq: expected a bigint of 64 bits, got 1'],
    ['rawWritel', 1n, 4n, '__raw_writel: expected a number of 32 bits, got 1n'],
  ])('%s refuses %s', (name, value, address, message) => {
    const { bus, memory } = device('big', 'little');
    expect(() => {
      accessNow(memory, writerOf(name)(bus, value as number, address));
    }).toThrow(message);
  });
});
