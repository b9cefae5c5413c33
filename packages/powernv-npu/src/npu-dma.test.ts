import { checkSync } from '@shootdown/explore';
import { Layout, bool, defineOperation, kfunc, type Memory, type Mutation, type System } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { noWait, singleFlush } from '../scenarios/mutants.js';
import { atsdEngines } from './devices.js';
import * as v414 from './npu-dma-v4.14.js';
import { mmioInvalidate } from './npu-dma.js';
import { initNpuDma, npuDma, pageAddress, type AtsdVersion } from './npu-platform.js';

const PAGE = '0x5400002000000';
const CONTEXT = '0xd400002000000';
const FLUSH = '0xd400000000000';

/** What one thread alone stores into the registers of two NPUs, and its barriers, in order. */
function storesOf(version: AtsdVersion, page: bigint | undefined, mutations: readonly Mutation[] = []): string[] {
  const layout = new Layout();
  const npu = npuDma(layout, version, { npus: 2, regs: 1, gpus: 0, threads: 1 });
  const done = layout.one('done', bool);
  const finish = defineOperation({
    name: 'finish',
    run: (memory: Memory) => {
      memory.set(done, true);
    },
  });
  const body = kfunc('body', function* () {
    yield* (version === 'original' ? v414.mmioInvalidate : mmioInvalidate)(npu, 0, page);
    yield* finish();
  });
  const system: System = {
    layout,
    mutations,
    init: (memory) => {
      initNpuDma(npu, memory);
    },
    threads: [{ name: 'T0', run: () => body() }, ...atsdEngines(npu)],
    invariants: { 'not done': (memory) => !memory.get(done) },
  };
  const { trace = [] } = checkSync(system, { strategy: 'bfs', only: ['not done'] });
  return trace
    .filter(({ op }) => op === '__raw_writeq_be' || op === 'eieio')
    .map(({ op, target, after }) => (op === 'eieio' ? op : `${target.replace('.atsd[0]', '')} ${after}`));
}

function launches(stores: readonly string[]): string[] {
  return stores.filter((store) => store.includes('.launch'));
}

function onBoth(word: string): string[] {
  return [`npu[1].launch ${word}`, `npu[2].launch ${word}`];
}

describe('what is launched', () => {
  const three = [PAGE, FLUSH, FLUSH].flatMap(onBoth);

  test.each([
    { version: 'merged', mutant: undefined, mutations: [], expected: three },
    { version: 'seed', mutant: undefined, mutations: [], expected: three },
    { version: 'merged', mutant: 'no wait', mutations: noWait, expected: three },
    { version: 'merged', mutant: 'a single flush', mutations: singleFlush, expected: onBoth(PAGE) },
    { version: 'original', mutant: undefined, mutations: [], expected: [PAGE, FLUSH].flatMap(onBoth) },
  ] as const)('$version, mutant $mutant: a page', ({ version, mutations, expected }) => {
    expect(launches(storesOf(version, pageAddress(0), mutations))).toEqual(expected);
  });

  test.each(['merged', 'original'] as const)('%s: the whole context', (version) => {
    const [first, second] = launches(storesOf(version, undefined));
    expect([first, second]).toEqual(onBoth(CONTEXT));
  });
});

test.each(['merged', 'original'] as const)('%s: AVA, barrier, LAUNCH', (version) => {
  const stores = storesOf(version, pageAddress(0));
  expect(stores.slice(0, 3)).toEqual(['npu[1].ava 0x10000', 'eieio', `npu[1].launch ${PAGE}`]);
  expect(stores.filter((_, i) => i % 3 === 1).every((store) => store === 'eieio')).toBe(true);
});
