/** What two passes buy: one invalidation that several GPUs must flush their TLBs for. */
import { scenario, type Scenario } from '@shootdown/machine';
import { gpuCosts, gpuTiming, onePassNs, twoPassNs } from './gpu-timing.js';
import { NO_STALE, mirrorSystem, mirrored } from './mirror-system.js';
import { CORE, GPU } from './mutants.js';

/** As many GPUs as the sizes allow. */
const MOST_GPUS = 16;
const stale = { expect: 'invariant', rule: NO_STALE } as const;

/** Several GPUs, one invalidation. */
export const multiGpu: Scenario = scenario({
  name: 'notifier/multi-gpu',
  asks: 'Has every GPU flushed its TLB when the start of an invalidation returns, and how long does that take?',
  source: 'seed 002, August 2025; merged as 7aba71dbc416',
  given: {
    gpus: { default: 8, suite: 3, about: 'GPUs that mirror the page', min: 1, max: MOST_GPUS },
    finishes: {
      default: MOST_GPUS,
      about: 'finish objects that there is memory for',
      min: 1,
      max: MOST_GPUS,
    },
    flush: {
      default: 'equal',
      about: 'flush times: all flushNs; rising to flushNs; or anything up to flushNs',
      oneOf: ['equal', 'linear', 'random'],
    },
    flushNs: { default: 100_000, about: 'ns of the longest flush', min: 1, max: 1_000_000_000 },
    issueNs: { default: 1000, about: 'ns to begin a flush', min: 0, max: 1_000_000_000 },
    stepNs: { default: 10, about: 'ns of every other step of the CPU', min: 0, max: 1_000_000 },
    seed: { default: 1, about: 'seed of random flush times', min: 0, max: 0xffff_ffff },
  },
  variants: {
    'two-pass': { expect: 'holds', about: 'all flushes are begun, then all are waited for; as merged' },
    'two-pass-seed-002': { expect: 'holds', code: { version: 'seed-002' }, about: 'the same, as first sent' },
    'one-pass': { expect: 'holds', code: { passes: 1 }, about: 'every GPU flushes in turn' },
    'few-finishes': {
      expect: 'holds',
      given: { finishes: 1 },
      about: 'two passes; who gets no finish object flushes in the first',
    },
    'no-finish': { ...stale, mutations: CORE.noFinish, about: 'the start returns without the second passes' },
    'no-flush-wait': { ...stale, mutations: GPU.noFlushWait, about: 'the second pass does not wait for its flush' },
    'one-pass-no-wait': {
      ...stale,
      mutations: GPU.noFlushWait,
      code: { passes: 1 },
      about: 'in one pass, and nobody waits for the flush',
    },
    'no-fallback': {
      ...stale,
      mutations: GPU.noFallback,
      given: { finishes: 1 },
      about: 'who gets no finish object does not wait for its flush',
    },
  },
  comparison: {
    over: 'gpus',
    measures: 'mmu_notifier_invalidate_range_start',
    variants: {
      'one-pass': { about: 'sum(issue + flush)', of: (given) => onePassNs(gpuCosts(given)) },
      'two-pass': { about: 'max(issues + flush)', of: (given) => twoPassNs(gpuCosts(given), given.finishes) },
    },
  },
  ...mirrored,
  state: ({ given: { gpus, finishes }, code }) =>
    mirrorSystem({
      gpus,
      pages: 1,
      threads: 1,
      passes: 2,
      finishes,
      hasTlb: true,
      isWarm: true,
      walks: false,
      ...code,
    }),
  threads: ({ mm, changes, mirrors }) => [{ name: 'CPU', run: () => changes.migrate(mm, 0) }, ...mirrors.devices],
  timing: ({ gpus }, { given }) => gpuTiming(gpus, gpuCosts(given)),
});
