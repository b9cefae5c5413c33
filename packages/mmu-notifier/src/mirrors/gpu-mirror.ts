/**
 * A driver that mirrors an interval of an address space in the page table of a GPU, as Documentation/mm/hmm.rst tells drivers
 * to: ask for the sequence, read the CPU's page table without a lock, take the GPU's own lock, look whether the sequence has
 * moved, map. One lock a GPU, taken by its faults and by its invalidations.
 *
 * The GPU keeps translations in a TLB of its own, which it fills from its page table whenever it likes. An invalidation clears
 * the page table and then flushes the TLB, which takes time: in one pass it waits under the lock, in two passes the second
 * pass waits. A flush is one for all, so one that comes while another is on its way waits for both.
 */
import {
  GFP_NOWAIT,
  containerOf,
  kfree,
  kzalloc,
  mutexLock,
  mutexT,
  mutexTrylock,
  mutexUnlock,
} from '@shootdown/kernel/model';
import {
  array,
  bool,
  defineOperation,
  kfunc,
  ptr,
  read,
  readOnce,
  spinUntil,
  struct,
  u8,
  waitFor,
  write,
  writeOnce,
  type Kfunc,
  type Kthread,
  type Layout,
  type Memory,
  type Request,
  type Slab,
  type Thread,
  type ViewOf,
} from '@shootdown/machine';
import { mmuNotifierRangeBlockable, type MmuNotifierRange } from '@shootdown/mm/model';
import type { MmuNotifierCore } from '../core.js';
import { mmuIntervalCheckRetry, mmuIntervalReadRetry, mmuIntervalSetSeq } from '../inlines.js';
import { mmuIntervalReadBegin } from '../mn-itree.js';
import type { FinishFunction, FirstPass, MmuIntervalNotifierOps } from '../ops.js';
import { MmuIntervalNotifier, MmuIntervalNotifierFinish } from '../subscriptions.js';
import { touches, type Pages } from './pages.js';

/**
 * A GPU and what its driver keeps of it.
 *
 * - `sptes`: its page table, the frame of each page, 0 for none
 * - `tlb`: its TLB, likewise
 * - `flushing`: a flush of the TLB is on its way
 */
const gpuStruct = (pages: number) =>
  struct('gpu', {
    userLock: mutexT,
    sub: MmuIntervalNotifier,
    sptes: array(u8, pages),
    tlb: array(u8, pages),
    flushing: bool,
  });
/** A GPU in model memory: the notifier, the page table `sptes` and the TLB, by page the frame or 0, and whether it is `flushing`. */
export type GpuMirror = ViewOf<ReturnType<typeof gpuStruct>>;

/** What is to be laid out. */
export interface GpuMirrorOptions {
  /** GPUs, at least 1. */
  readonly gpus: number;
  readonly pages: Pages;
  /** Finish objects at once; with 0 there is one pass. Default 0. */
  readonly finishes?: number;
  /** Whether the allocation of a finish may fail although there is room; default false. */
  readonly mayFail?: boolean;
  /** Whether GPUs have TLBs; default false. */
  readonly hasTlb?: boolean;
  /** Whether GPUs fill their TLBs while a story goes on; default true, where they have any. */
  readonly walks?: boolean;
}

/** The driver's functions. */
export interface GpuMirrors {
  readonly slab: Slab;
  readonly gpus: readonly GpuMirror[];
  /** The interval notifiers of all GPUs. */
  readonly subs: readonly MmuIntervalNotifier[];
  /** Methods of one pass, and of two. */
  readonly onePass: MmuIntervalNotifierOps;
  readonly twoPass: MmuIntervalNotifierOps;
  /** For seed 002, where a finish carries its function. */
  readonly finishFunctions: readonly FinishFunction[];
  /** Maps a page, however often it must try. */
  readonly fault: (core: MmuNotifierCore) => (gpu: GpuMirror, page: number) => Request<true>;
  /** What the driver allocates to finish a flush: what the core knows of it, and whose it is. */
  readonly finishes: Slab;
  /** Unmaps everything, before the driver goes. */
  readonly unmapAll: Kfunc<[gpu: GpuMirror], void>;
  /** What the GPUs do by themselves. */
  readonly devices: readonly Thread[];
}

/** Lays out GPUs, none allocated, and makes their driver. */
export function gpuMirrors(layout: Layout, options: GpuMirrorOptions): GpuMirrors {
  const { gpus: count, finishes = 0, mayFail = false, hasTlb = false, walks = true } = options;
  const { ptes } = options.pages;
  const Gpu = gpuStruct(ptes.length);
  const GpuFinish = struct('gpu_finish', { finish: MmuIntervalNotifierFinish, gpu: ptr(() => Gpu) });
  const slab = layout.slab('gpu', Gpu, count);
  const gpus = slab.slots;
  const finishSlab = layout.slab('gpu_finish', GpuFinish, Math.max(1, finishes));
  const gpuOf = (sub: MmuIntervalNotifier): GpuMirror => containerOf(sub, Gpu, 'sub');

  /** Takes the lock, unless that would have to sleep and must not; returns whether it did. */
  const lockFor = kfunc('gpu_lock', function* (gpu: GpuMirror, range: MmuNotifierRange) {
    if (!mmuNotifierRangeBlockable(range)) return yield* mutexTrylock(gpu.userLock);
    yield* mutexLock(gpu.userLock);
    return true;
  });

  const clearSptes = kfunc('gpu_unmap_range', function* ({ sptes }: GpuMirror, range: MmuNotifierRange) {
    for (const [page, spte] of sptes.entries()) if (touches(range, page)) yield* writeOnce(spte, 0);
  });

  const beginFlush = function* ({ flushing }: GpuMirror): Kthread<void> {
    if (hasTlb) yield* writeOnce(flushing, true);
  };
  const awaitFlush = function* ({ flushing }: GpuMirror): Kthread<void> {
    if (hasTlb) yield* waitFor(flushing, { equals: 0 }, 'wait for the flush');
  };

  /** What both kinds of first pass do under the lock: after it no fault maps what it read before. */
  const clearAndFlush = kfunc('gpu_invalidate', function* (gpu: GpuMirror, range: MmuNotifierRange, curSeq: bigint) {
    yield* mmuIntervalSetSeq(gpu.sub, curSeq);
    yield* clearSptes(gpu, range);
    yield* beginFlush(gpu);
  });

  const invalidate = kfunc(
    'gpu_invalidate',
    function* (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) {
      const gpu = gpuOf(sub);
      if (!(yield* lockFor(gpu, range))) return false;
      yield* clearAndFlush(gpu, range, curSeq);
      yield* awaitFlush(gpu);
      yield* mutexUnlock(gpu.userLock);
      return true;
    },
  );

  const allocFinish = kfunc('gpu_alloc_finish', function* (gpu: GpuMirror) {
    const made = yield* kzalloc(finishSlab, GFP_NOWAIT, { mayFail });
    if (made === null) return null;
    yield* write(made.gpu, gpu);
    yield* write(made.finish.finish, 1);
    return made.finish;
  });

  const invalidateStart = kfunc(
    'gpu_invalidate_start',
    function* (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint): Kthread<FirstPass> {
      const gpu = gpuOf(sub);
      if (!(yield* lockFor(gpu, range))) return [false, null];
      yield* clearAndFlush(gpu, range, curSeq);
      const finish = yield* allocFinish(gpu);
      if (finish === null) yield* awaitFlush(gpu);
      yield* mutexUnlock(gpu.userLock);
      return [true, finish];
    },
  );

  const invalidateFinish = kfunc('gpu_invalidate_finish', function* (finish: MmuIntervalNotifierFinish) {
    const made = containerOf(finish, GpuFinish, 'finish');
    yield* awaitFlush((yield* read(made.gpu)) as GpuMirror);
    yield* kfree(made);
  });

  const hmmRangeFault = kfunc('hmm_range_fault', function* (gpu: GpuMirror, page: number, seq: bigint) {
    if (yield* mmuIntervalCheckRetry(gpu.sub, seq)) return undefined;
    return yield* readOnce(ptes[page]);
  });

  return {
    slab,
    finishes: finishSlab,
    gpus,
    subs: gpus.map(({ sub }) => sub),
    onePass: { invalidate },
    twoPass: { invalidateStart, invalidateFinish },
    finishFunctions: [(finish) => invalidateFinish(finish)],
    fault: (core) => faults(core, hmmRangeFault),
    unmapAll: kfunc('gpu_unmap_all', function* (gpu: GpuMirror) {
      yield* mutexLock(gpu.userLock);
      for (const spte of gpu.sptes) yield* writeOnce(spte, 0);
      yield* mutexUnlock(gpu.userLock);
    }),
    devices: hasTlb ? gpus.flatMap((gpu, number) => deviceThreads(gpu, number, walks)) : [],
  };
}

type Read = (gpu: GpuMirror, page: number, seq: bigint) => Request<number | undefined>;

function faults(core: MmuNotifierCore, hmmRangeFault: Read): (gpu: GpuMirror, page: number) => Request<true> {
  const attempt = kfunc('gpu_fault', function* (gpu: GpuMirror, page: number) {
    const seq = yield* mmuIntervalReadBegin(core, gpu.sub);
    const frame = yield* hmmRangeFault(gpu, page, seq);
    if (frame === undefined) return false;
    yield* mutexLock(gpu.userLock);
    const isValid = !(yield* mmuIntervalReadRetry(gpu.sub, seq));
    if (isValid) yield* writeOnce(gpu.sptes[page], frame);
    yield* mutexUnlock(gpu.userLock);
    return isValid;
  });
  return (gpu, page) => spinUntil(() => attempt(gpu, page));
}

/** A GPU fills what its TLB lacks, if it does, and completes flushes. */
function deviceThreads(gpu: GpuMirror, number: number, walks: boolean): Thread[] {
  const { sptes, tlb, flushing } = gpu;
  const lacks = (memory: Memory, page: number): boolean => memory.get(tlb[page]) === 0 && memory.get(sptes[page]) !== 0;
  const fill = defineOperation({
    name: 'TLB fill',
    target: () => tlb[0],
    when: (memory: Memory) => sptes.some((_, page) => lacks(memory, page)),
    run: (memory: Memory): void => {
      for (const [page, spte] of sptes.entries()) if (lacks(memory, page)) memory.set(tlb[page], memory.get(spte));
    },
  });
  const flush = defineOperation({
    name: 'TLB flush',
    target: () => flushing,
    when: (memory: Memory) => memory.get(flushing),
    run: (memory: Memory): void => {
      for (const entry of tlb) memory.set(entry, 0);
      memory.set(flushing, false);
    },
  });
  const threads = { fill: kfunc('gpu_walker', () => one(fill)), flush: kfunc('gpu_flusher', () => one(flush)) };
  const walker: Thread = { name: `GPU ${number} walker`, kind: 'device', repeat: true, run: () => threads.fill() };
  const flusher: Thread = { name: `GPU ${number} flusher`, kind: 'device', repeat: true, run: () => threads.flush() };
  return walks ? [walker, flusher] : [flusher];
}

function* one(operation: () => Request<void>): Kthread<void> {
  yield* operation();
}
