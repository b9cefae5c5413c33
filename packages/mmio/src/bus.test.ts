import { KernelBug, Layout, Memory, kfunc, type System, u32, u64, u8 } from '@shootdown/machine';
import { checkSync } from '@shootdown/explore';
import { describe, expect, test } from 'vitest';
import { Bus, accessNow, rawReadl, rawReadq, rawWriteq, registerBlock, type RegisterModel } from './index.js';

const PAIR = registerBlock({
  name: 'PAIR',
  byteOrder: 'little',
  size: 0x20,
  registers: { WORD: { offset: 0, width: 64 }, HALF: { offset: 8, width: 32 } },
});

function pairs(): { bus: Bus; memory: Memory; models: Record<'WORD' | 'HALF', RegisterModel>; layout: Layout } {
  const layout = new Layout();
  const models = { WORD: { cell: layout.one('word', u64) }, HALF: { cell: layout.one('half', u32) } };
  const bus = new Bus();
  bus.mount('pair', 0x1000n, PAIR, models);
  return { bus, memory: new Memory(layout), models, layout };
}

/** The broken rule of an access, and what it says. */
function ruleOf(access: () => unknown): [string, string, string] {
  try {
    access();
  } catch (error) {
    if (error instanceof KernelBug) return [error.kind, error.rule, error.message];
    throw error;
  }
  throw new Error('nothing is broken');
}

describe('an address', () => {
  test.each([
    [0x1004n, 'misaligned-mmio', '64-bit access at 0x1004: expected a multiple of 8'],
    [0x2000n, 'unmapped-mmio', '64-bit access at 0x2000: no device is there'],
    [0x1020n, 'unmapped-mmio', '64-bit access at 0x1020: no device is there'],
    [0xff8n, 'unmapped-mmio', '64-bit access at 0xff8: no device is there'],
    [0x1010n, 'unmapped-mmio', '64-bit access at 0x1010: pair has no register there'],
    [0x1008n, 'mmio-width', 'pair.HALF at 0x1008: expected a 32-bit access, got 64'],
  ])('0x%x, read as 64 bits, breaks %s', (address, rule, message) => {
    const { bus, memory } = pairs();
    expect(ruleOf(() => accessNow(memory, rawReadq(bus, address)))).toEqual(['contract', rule, message]);
    expect(ruleOf(() => accessNow(memory, rawWriteq(bus, 0n, address)))).toEqual(['contract', rule, message]);
  });

  test('inside a register breaks misaligned-mmio', () => {
    const { bus, memory } = pairs();
    const message = '32-bit access at 0x1004 is inside pair.WORD';
    expect(ruleOf(() => accessNow(memory, rawReadl(bus, 0x1004n)))).toEqual(['contract', 'misaligned-mmio', message]);
  });

  test('that no device takes is a violation in a search, with the address in it', () => {
    const { bus, layout } = pairs();
    const poke = kfunc('poke', function* () {
      yield* rawWriteq(bus, 1n, 0x1018n);
    });
    const system: System = { layout, threads: [{ name: 'T0', run: () => poke() }] };
    expect(checkSync(system)).toMatchObject({
      verdict: 'violated',
      violation: {
        kind: 'contract',
        name: 'unmapped-mmio',
        message: '64-bit access at 0x1018: pair has no register there',
      },
    });
    expect(checkSync(system, { only: ['deadlock'] }).verdict).toBe('holds');
  });
});

describe('a device', () => {
  test('needs a base that is a multiple of 8 and addresses of its own', () => {
    const { bus, models } = pairs();
    const mount = (base: bigint) => () => {
      bus.mount('other', base, PAIR, models);
    };
    expect(mount(0x2004n)).toThrow(new RangeError('other: expected a base that is a multiple of 8, got 0x2004'));
    expect(mount(-8n)).toThrow(RangeError);
    expect(mount(0x1018n)).toThrow(new RangeError('other: expected free addresses at 0x1018, pair is there'));
    expect(mount(0xfe8n)).toThrow(RangeError);
    expect(mount(0x1020n)).not.toThrow();
    expect(mount(0xfe0n)).not.toThrow();
  });

  test('needs a model of each register that can hold it', () => {
    const layout = new Layout();
    const byte = layout.one('byte', u8);
    const word = layout.one('word', u64);
    const mount = (models: Record<string, RegisterModel>) => () => {
      new Bus().mount('dev', 0n, PAIR, models as Record<'WORD' | 'HALF', RegisterModel>);
    };
    expect(mount({ WORD: { cell: word } })).toThrow('dev.HALF: expected a model of the register, got none');
    expect(mount({ WORD: { cell: word }, HALF: {} })).toThrow('dev.HALF: expected a cell or what reads and writes do');
    expect(mount({ WORD: { cell: byte }, HALF: { cell: byte } })).toThrow('dev.WORD: expected a cell of 64 bits');
    expect(mount({ WORD: { cell: word }, HALF: { cell: word } })).toThrow('dev.HALF: expected a cell of 32 bits');
    const onwrite = (): void => undefined;
    expect(mount({ WORD: { cell: word, onwrite } as RegisterModel, HALF: { onRead: () => 0 } })).toThrow(
      'dev.WORD: unknown key "onwrite"; did you mean onWrite?',
    );
    expect(mount({ WORD: { cell: word }, HALF: { onRead: () => 0 }, HALV: {} })).toThrow(
      'dev: unknown key "HALV"; did you mean HALF?',
    );
  });
});

test('a byte order that there is not is refused', () => {
  expect(() => new Bus({ host: 'bigg' as 'big' })).toThrow(
    new TypeError('host: expected one of little, big, got "bigg"; did you mean big?'),
  );
});
