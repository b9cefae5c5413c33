import { Layout, Memory, kfunc, runDirect } from '@shootdown/machine';
import { rawWriteqBe } from '@shootdown/mmio';
import { describe, expect, test } from 'vitest';
import { launchWord } from './atsd-registers.js';
import {
  CONTEXT_PID,
  complete,
  fill,
  hasEntry,
  initNpuDma,
  npuDma,
  pageAddress,
  type NpuDma,
  type NpuSizes,
} from './npu-platform.js';

const SMALL: NpuSizes = { npus: 1, regs: 2, gpus: 1, threads: 2 };

function platformOf(options: Partial<NpuSizes> = {}): { platform: NpuDma; memory: Memory } {
  const layout = new Layout();
  const platform = npuDma(layout, 'merged', { ...SMALL, ...options });
  const memory = new Memory(layout);
  initNpuDma(platform, memory);
  return { platform, memory };
}

describe('sizes', () => {
  test('the first NPU has index 1, slot 0 has no link device', () => {
    const { platform, memory } = platformOf({ npus: 3 });
    expect(platform.npus.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(platform.maxNpu2Index).toBe(3);
    expect(platform.npdev.map((links) => links.some((link) => memory.get(link)))).toEqual([false, true, true, true]);
  });

  test('seven NPUs fit', () => {
    expect(platformOf({ npus: 7, regs: 1, threads: 1 }).platform.npus.at(-1)?.index).toBe(7);
  });

  test.each([
    [{ npus: 8 }, 'npus: expected 1 to 7, got 8'],
    [{ npus: 0 }, 'npus: expected 1 to 7, got 0'],
    [{ npus: 1.5 }, 'npus: expected 1 to 7, got 1.5'],
    [{ regs: 9 }, 'regs: expected 1 to 8, got 9'],
    [{ regs: 0 }, 'regs: expected 1 to 8, got 0'],
    [{ gpus: -1 }, 'gpus: expected 0 to 6, got -1'],
    [{ gpus: 7 }, 'gpus: expected 0 to 6, got 7'],
    [{ threads: 0 }, 'threads: expected 1 to 31, got 0'],
  ])('%j is refused', (options, message) => {
    expect(() => platformOf(options)).toThrow(new RangeError(message));
  });
});

describe('an ATSD', () => {
  const flush = true;
  /** Fills both pages, makes the ATSDs one after the other, and answers which pages still have an entry. */
  function after(atsds: readonly (readonly [word: bigint, va?: bigint])[], gpus = 1): boolean[][] {
    const { platform, memory } = platformOf({ gpus });
    const [npu] = platform.npus;
    const [register] = npu.registers;
    const [address] = npu.addresses;
    const launching = kfunc('launch', function* (word: bigint, va: bigint) {
      yield* rawWriteqBe(platform.bus, va, address + 0x08n);
      yield* rawWriteqBe(platform.bus, word, address);
    });
    for (const entries of npu.tlb) for (const entry of entries) fill(memory, entry);
    memory.set(register.owner, 1);
    for (const [word, va = 0n] of atsds) {
      runDirect(memory, launching(word, va));
      expect(memory.get(register.stat)).not.toBe(0n);
      complete(memory, npu, register);
      expect(memory.get(register.stat)).toBe(0n);
    }
    return npu.tlb.map((entries) => entries.map((entry) => hasEntry(memory.get(entry))));
  }

  const page1 = [launchWord('va', CONTEXT_PID, { flush }), pageAddress(1)] as const;
  const page1NoFlush = [launchWord('va', CONTEXT_PID, { flush: false }), pageAddress(1)] as const;
  const all = [launchWord('pid', CONTEXT_PID, { flush })] as const;
  const flushOnly = [launchWord('pid', 0, { flush })] as const;
  const other = [launchWord('pid', CONTEXT_PID + 1, { flush })] as const;

  test.each([
    ['a flush of another PID removes nothing', [flushOnly, flushOnly, flushOnly], [true, true]],
    ["another context's request leaves ours alone", [other, other], [true, true]],
    ['one flush is not enough, be it the request', [page1], [true, true]],
    ['the request and one more flush', [page1, flushOnly], [true, false]],
    ['a request that does not flush needs two more', [page1NoFlush, flushOnly], [true, true]],
    ['a request that does not flush, and two more', [page1NoFlush, flushOnly, flushOnly], [true, false]],
    ['a flush before the request does not count', [flushOnly, page1], [true, true]],
    ['the request again counts as a flush', [page1, page1], [true, false]],
    ['all of the context', [all, flushOnly], [false, false]],
  ] as const)('%s', (_, atsds, entries) => {
    expect(after(atsds)).toEqual([entries]);
  });

  test('reaches every GPU behind its NPU', () => {
    expect(after([page1, flushOnly], 3)).toEqual(Array.from({ length: 3 }, () => [true, false]));
  });
});
