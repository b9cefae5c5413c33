/** What the scenarios of interval notifiers have in common: an address space, pages, the core, and GPUs that mirror them. */
import { setKzalloc } from '@shootdown/kernel/model';
import {
  Layout,
  runDirect,
  type Invariant,
  type Memory,
  type MemoryReader,
  type Mutation,
  type Request,
} from '@shootdown/machine';
import { mmSlab, setMmAlloc, type Mm } from '@shootdown/mm/model';
import {
  PAGE_SIZE,
  followsPtes,
  gpuMirrors,
  methodOf,
  mmuIntervalNotifierInsert,
  mmuNotifierCore,
  pageChanges,
  pages,
  type GpuMirror,
  type GpuMirrorOptions,
  type GpuMirrors,
  type MmuIntervalNotifierOps,
  type MmuNotifierCore,
  type MmuNotifierVersion,
  type MmuNotifierHost,
  type MmuNotifierOps,
  type MmuNotifierSubscriptions,
  type PageChanges,
  type Pages,
} from '@shootdown/mmu-notifier/model';

/** How many there are of each, and whose code runs. */
export interface MirrorSystemOptions extends Pick<
  GpuMirrorOptions,
  'gpus' | 'finishes' | 'mayFail' | 'hasTlb' | 'walks'
> {
  /** Default `merged`. */
  readonly version?: MmuNotifierVersion;
  /** Mutations whose functions are those of the system; default none. */
  readonly mutants?: (system: MirrorSystem) => readonly Mutation[];
  /** Pages there are; the GPUs mirror the first `mirrored` of them, all by default. */
  readonly pages: number;
  readonly mirrored?: number;
  /** GPUs whose notifiers are in the tree when the story begins; all by default. */
  readonly inserted?: number;
  /** Pages that those mirror, from 0 on; all that are mirrored by default. */
  readonly residentPages?: number;
  /** Whether those have everything mapped, and in their TLBs; default false. */
  readonly isWarm?: boolean;
  /** What becomes of the GPUs' methods; by default they are as they are. */
  readonly wrap?: (
    layout: Layout,
    ops: MmuIntervalNotifierOps,
    subscriptionsNow: (memory: MemoryReader) => MmuNotifierSubscriptions | null,
  ) => MmuIntervalNotifierOps;
  /** Passes of the GPUs' invalidations; default 1. */
  readonly passes?: 1 | 2;
  /** Threads, to the number of which the core is laid out. */
  readonly threads: number;
  /** Places more, and makes methods of classic notifiers and what the core asks for. */
  readonly more?: (layout: Layout) => {
    readonly notifierOps?: readonly MmuNotifierOps[];
    readonly host?: MmuNotifierHost;
  };
}

/** An address space, the core, and the GPUs that mirror its pages. */
export interface MirrorSystem {
  readonly layout: Layout;
  readonly mm: Mm;
  readonly pages: Pages;
  readonly core: MmuNotifierCore;
  readonly mirrors: GpuMirrors;
  readonly gpus: readonly GpuMirror[];
  /** Methods of the GPUs' notifiers, as the core calls them. */
  readonly ops: MmuIntervalNotifierOps;
  readonly changes: PageChanges;
  readonly fault: (gpu: GpuMirror, page: number) => Request<true>;
  /** Bytes that every GPU mirrors, from 0 on. */
  readonly length: bigint;
  readonly init: (memory: Memory) => void;
  /** As `init`, with all GPUs allocated and those in the tree that shall be. */
  readonly initWithGpus: (memory: Memory) => void;
  /** That neither page tables nor TLBs of GPUs map what the pages no longer have. */
  readonly invariants: Readonly<Record<string, Invariant>>;
}

/** The same, and how the code that runs in it differs. */
export interface MutatedSystem extends MirrorSystem {
  readonly mutations: readonly Mutation[];
}

/** Name of the invariant of every such system. */
export const NO_STALE = 'no-stale-mapping';
/** Number of the GPUs' methods. */
export const GPU_OPS = 1;

/** Lays out an address space and its mirrors. */
export function mirrorSystem(options: MirrorSystemOptions): MutatedSystem {
  const { version = 'merged', mirrored = options.pages, inserted = options.gpus, passes = 1, hasTlb = false } = options;
  const layout = new Layout();
  const mms = mmSlab(layout, 1);
  mms.outlives = true;
  const [mm] = mms.slots;
  const space = pages(layout, options.pages);
  const mirrors = gpuMirrors(layout, {
    gpus: options.gpus,
    pages: { ...space, ptes: space.ptes.slice(0, mirrored) },
    finishes: options.finishes ?? 0,
    mayFail: options.mayFail ?? false,
    hasTlb,
    walks: options.walks ?? true,
  });
  mirrors.slab.outlives = inserted > 0;
  const methods = passes === 2 ? mirrors.twoPass : mirrors.onePass;
  const ops = options.wrap?.(layout, methods, (memory) => memory.get(core.subscriptionsOf(mm))) ?? methods;
  const { notifierOps = [], host = {} } = options.more?.(layout) ?? {};
  const core = mmuNotifierCore(
    layout,
    {
      version,
      threads: options.threads,
      intervals: mirrors.subs,
      intervalOps: [ops],
      finishFunctions: [(finish) => methodOf(ops.invalidateFinish, 'finish')(finish)],
      notifierOps,
    },
    host,
  );
  core.slab.outlives = true;
  const length = BigInt(mirrored) * PAGE_SIZE;
  const resident = BigInt(options.residentPages ?? mirrored) * PAGE_SIZE;
  const { gpus } = mirrors;
  const sptes = space.ptes.slice(0, mirrored).map((_, page) => gpus.map((gpu) => gpu.sptes[page]));
  const tlb = space.ptes.slice(0, mirrored).map((_, page) => gpus.map((gpu) => gpu.tlb[page]));
  const inPageTables = followsPtes(space, 'GPU', sptes);
  const inTlbs = followsPtes(space, 'the TLB of GPU', tlb);
  const start = (memory: Memory, allocated: number): void => {
    setMmAlloc(memory, mms);
    space.init(memory);
    for (let i = 0; i < allocated; i++) setKzalloc(memory, mirrors.slab);
    for (const gpu of gpus.slice(0, inserted)) {
      runDirect(memory, mmuIntervalNotifierInsert(core, gpu.sub, mm, 0n, resident, GPU_OPS));
      if (options.isWarm === true) warm(memory, gpu, hasTlb);
    }
  };
  const system: MirrorSystem = {
    layout,
    mm,
    pages: space,
    core,
    mirrors,
    gpus,
    ops,
    changes: pageChanges(space, core),
    fault: mirrors.fault(core),
    length,
    init: (memory) => {
      start(memory, inserted);
    },
    initWithGpus: (memory) => {
      start(memory, gpus.length);
    },
    invariants: {
      [NO_STALE]: (memory) => {
        const verdict = inPageTables(memory);
        return verdict !== true || !hasTlb ? verdict : inTlbs(memory);
      },
    },
  };
  return { ...system, mutations: options.mutants?.(system) ?? [] };
}

function warm(memory: Memory, { sptes, tlb }: GpuMirror, hasTlb: boolean): void {
  for (const spte of sptes) memory.set(spte, 1);
  if (hasTlb) for (const entry of tlb) memory.set(entry, 1);
}

/** What every scenario of such a system says of it. */
export const mirrored = {
  init: (memory: Memory, system: MirrorSystem): void => {
    system.init(memory);
  },
  invariants: (system: MirrorSystem): MirrorSystem['invariants'] => system.invariants,
  mutations: (system: MutatedSystem): MutatedSystem['mutations'] => system.mutations,
};
