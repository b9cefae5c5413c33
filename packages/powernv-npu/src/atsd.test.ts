import { checkSync } from '@shootdown/explore';
import { Layout, bool, defineOperation, kfunc, type Memory, type System } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { atsdDriver, type AtsdEra } from './atsd.js';
import { atsdEngines } from './devices.js';
import { initWorld, npuWorld, pageAddress } from './npu-world.js';

const PAGE = '0x5400002000000';
const CONTEXT = '0xd400002000000';
const FLUSH = '0xd400000000000';

/** What one thread alone stores into the registers of two NPUs, and its barriers, in order. */
function storesOf(era: AtsdEra, page: bigint | undefined): string[] {
  const layout = new Layout();
  const world = npuWorld(layout, { npus: 2, regs: 1, gpus: 0, threads: 1 });
  const done = layout.one('done', bool);
  const { mmioInvalidate } = atsdDriver(world, era);
  const finish = defineOperation({
    name: 'finish',
    run: (memory: Memory) => {
      memory.set(done, true);
    },
  });
  const body = kfunc('body', function* () {
    yield* mmioInvalidate(0, page);
    yield* finish();
  });
  const system: System = {
    layout,
    init: (memory) => {
      initWorld(world, memory);
    },
    threads: [{ name: 'T0', run: () => body() }, ...atsdEngines(world)],
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
    { era: 'merged', expected: three },
    { era: 'seed', expected: three },
    { era: 'no-wait', expected: three },
    { era: 'single-flush', expected: onBoth(PAGE) },
    { era: 'original', expected: [PAGE, FLUSH].flatMap(onBoth) },
  ] as const)('$era: a page', ({ era, expected }) => {
    expect(launches(storesOf(era, pageAddress(0)))).toEqual(expected);
  });

  test.each(['merged', 'original'] as const)('%s: the whole context', (era) => {
    const [first, second] = launches(storesOf(era, undefined));
    expect([first, second]).toEqual(onBoth(CONTEXT));
  });
});

test.each(['merged', 'original'] as const)('%s: AVA, barrier, LAUNCH', (era) => {
  const stores = storesOf(era, pageAddress(0));
  expect(stores.slice(0, 3)).toEqual(['npu[1].ava 0x10000', 'eieio', `npu[1].launch ${PAGE}`]);
  expect(stores.filter((_, i) => i % 3 === 1).every((store) => store === 'eieio')).toBe(true);
});
