/** Does the ATSD shootdown of the powernv NPU driver end, and is the page gone from every GPU when it does? */
import {
  Layout,
  afterStep,
  atExit,
  beforeStep,
  kfunc,
  scenario,
  times,
  writeOnce,
  type MemoryReader,
  type Monitors,
  type Scenario,
  type System,
} from '@shootdown/machine';
import {
  atsdEngines,
  atsdMonitors,
  hasEntry,
  initNpuDma,
  mmioInvalidate,
  mmioInvalidateV414,
  npuDma,
  pageAddress,
  tlbFills,
  type AtsdVersion,
  type NpuDma,
} from '@shootdown/powernv-npu/model';
import { noWait, singleFlush, unorderedAcquire } from './mutants.js';

const NO_STALE = 'no-stale-gpu-entry';
const HOLDER_RULES = ['single-holder', 'no-leaked-usage', 'polls-own-register'];

/** The question of seed 000. */
export const atsdShootdown: Scenario = scenario({
  name: 'npu/atsd-shootdown',
  asks: 'Does every shootdown end, with no translation of the page left in any GPU, however threads share ATSD registers?',
  source: 'powerpc/npu-dma.c: Fix deadlock in mmio_invalidate, 2018-02-13',
  given: {
    threads: { default: 2, about: 'threads that each unmap and shoot down a page', min: 1, max: 6 },
    npus: { default: 2, about: 'NPUs that the context uses', min: 1, max: 4 },
    regs: { default: 1, about: 'ATSD registers of each NPU', min: 1, max: 8 },
    rounds: { default: 1, about: 'invalidations of each thread; 0 for ever', min: 0, max: 8 },
    gpus: { default: 1, about: 'GPUs behind each NPU; 0 leaves the TLBs out', min: 0, max: 3 },
  },
  variants: {
    merged: {
      expect: 'holds',
      about: 'the fix as merged: registers taken together in order, bit locks, READ_ONCE',
      source: '2b74e2a9b39d',
    },
    seed: { expect: 'holds', about: 'the fix as first sent: unordered clear_bit, plain reads' },
    original: {
      expect: 'deadlock',
      about: 'a register is let go and another taken between the flushes',
      isShown: true,
      source: 'bbd5ff50afff',
      strategy: 'bfs',
      suite: { gpus: 0 },
    },
    'unordered-acquire': {
      expect: 'deadlock',
      about: 'every other thread takes the NPUs in descending order',
      mutations: unorderedAcquire,
      strategy: 'bfs',
      suite: { gpus: 0 },
    },
    'single-flush': {
      expect: 'invariant',
      rule: NO_STALE,
      about: 'the two extra flushes are left out',
      mutations: singleFlush,
      strategy: 'bfs',
    },
    'no-wait': {
      expect: 'invariant',
      rule: NO_STALE,
      about: 'nobody polls STAT before letting the register go',
      mutations: noWait,
      strategy: 'bfs',
    },
    'leaked-register': {
      expect: 'deadlock',
      about:
        'the original code with two registers an NPU: flushes lose all but one of them, and two threads deadlock on what is left',
      source: 'bbd5ff50afff',
      finding: true,
      strategy: 'bfs',
      given: { regs: 2, rounds: 2, gpus: 0 },
      only: ['deadlock'],
    },
  },
  state: ({ given, variant, checks }) => {
    const layout = new Layout();
    const isSeen = checks(NO_STALE) || checks('guard');
    const npu = npuDma(layout, versionOf(variant), {
      npus: given.npus,
      regs: given.regs,
      gpus: isSeen ? given.gpus : 0, // hardware that nothing else can see
      threads: given.threads,
    });
    return { layout, npu, fills: tlbFills(npu) };
  },
  init: (memory, { npu }) => {
    initNpuDma(npu, memory);
  },
  threads: ({ npu, fills }, { given: { threads, rounds } }) => [
    ...times(threads, (thread) => unmapPage(npu, thread, rounds), { name: 'T', repeat: rounds === 0 }),
    ...fills,
    ...atsdEngines(npu),
  ],
  symmetries: ({ npu, fills }, { given: { threads }, variant }) => {
    if (variant === 'unordered-acquire') return [];
    const shooters = [...Array(threads).keys()];
    const perPage = fills.length / threads;
    const fillsOf = [...Array(perPage).keys()].map((k) => shooters.map((i) => threads + i * perPage + k));
    return [npu.symmetry([shooters, ...fillsOf])];
  },
  monitors: ({ npu }, { checks, given }) => ({
    ...atsdMonitors(npu, { holders: HOLDER_RULES.some(checks) }),
    ...(npu.sizes.gpus > 0 && returnMonitors(npu, given.rounds)),
  }),
  invariants: ({ npu }) => invariants(npu),
});

/** The version of the code that a variant is, or is one thing less than. */
function versionOf(variant: string): AtsdVersion {
  if (variant === 'leaked-register') return 'original';
  return variant === 'seed' || variant === 'original' ? variant : 'merged';
}

/** What one thread does: unmap its page, shoot it down, and begin again. */
const unmapPage = kfunc('unmap_page', function* (npu: NpuDma, thread: number, rounds: number) {
  for (let round = 0; round < Math.max(rounds, 1); round++) {
    if (npu.sizes.gpus > 0) yield* writeOnce(npu.ptes[thread], false);
    yield* (npu.version === 'original' ? mmioInvalidateV414 : mmioInvalidate)(npu, thread, pageAddress(thread));
    const isLast = rounds !== 0 && round + 1 >= rounds;
    if (npu.sizes.gpus > 0 && !isLast) yield* writeOnce(npu.ptes[thread], true);
  }
});

/**
 * Whether the shootdown of a page has returned; until the page is mapped again, no GPU may have a translation of it. Noted at what
 * comes after the shootdown, so that it is where the shootdown is left out.
 */
function returnMonitors({ returned }: NpuDma, rounds: number): Monitors {
  const mapping = { in: 'unmap_page', step: 'WRITE_ONCE', of: 'pte' };
  return {
    returned: beforeStep(mapping, (memory, { callArgs: [, thread], operand }) => {
      if (operand === true) memory.set(returned[thread as number], true);
    }),
    mapped: afterStep(mapping, (memory, { callArgs: [, thread], operand }) => {
      if (operand === true) memory.set(returned[thread as number], false);
    }),
    ...(rounds > 0 && {
      'returned at last': atExit('unmap_page', (memory, { args: [, thread] }) => {
        memory.set(returned[thread as number], true);
      }),
    }),
  };
}

function invariants(npu: NpuDma): NonNullable<System['invariants']> {
  return {
    'single-holder': (memory) => !memory.get(npu.heldTwice) || heldTwice(npu, memory),
    'no-leaked-usage': (memory) =>
      !memory.get(npu.leaked) || 'a usage bit stays set for a register that nobody remembers',
    'polls-own-register': (memory) =>
      !memory.get(npu.polledForeign) || 'a thread polls the STAT of a register it does not hold',
    [NO_STALE]: (memory) => {
      const page = npu.returned.findIndex(
        (cell, i) => memory.get(cell) && npu.npus.some(({ tlb }) => tlb.some((gpu) => hasEntry(memory.get(gpu[i])))),
      );
      return page < 0 || `the shootdown of page ${page} has returned and a GPU still has a translation of it`;
    },
  };
}

function heldTwice({ npus }: NpuDma, memory: MemoryReader): string {
  for (const { index, held, registers } of npus)
    for (const reg of registers.keys())
      if (held.filter((cell) => ((memory.get(cell) >>> reg) & 1) === 1).length > 1)
        return `two threads hold ATSD register ${reg} of NPU ${index}`;
  return 'two threads held one ATSD register';
}
