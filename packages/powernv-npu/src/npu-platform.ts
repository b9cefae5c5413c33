/**
 * The hardware and the driver's data: NPUs with ATSD registers, GPUs with a TLB, one context with its pages. Fields marked as
 * ghosts are the specification's: who holds a register, and who has returned. Monitors write them.
 */
import {
  bool,
  ownerWord,
  struct,
  u32,
  u64,
  u8,
  type Cell,
  type Layout,
  type Memory,
  type ScalarSet,
  type Subsystem,
  type ViewOf,
} from '@shootdown/machine';
import { Bus, type RegisterValue } from '@shootdown/mmio';
import { ATSD_BLOCK, ATSD_LAUNCH } from './atsd-registers.js';
import { FIRST_NPU_INDEX, NV_MAX_LINKS, NV_MAX_NPUS, NV_NMMU_ATSD_REGS } from './constants.js';

/** How large a platform is. */
export interface NpuSizes {
  /** 1 to 7: slot 0 is never used. */
  readonly npus: number;
  /** ATSD registers of each NPU, 1 to 8. */
  readonly regs: number;
  /** GPUs behind each NPU, 0 to 6: each has a link at least. */
  readonly gpus: number;
  /** Threads that shoot down, 1 to 31; each has a page of its own. */
  readonly threads: number;
}

/** What an ATSD in flight will do when it completes. */
const MATCH = { nothing: 0, page: 1, all: 2 } as const;
/** States of a GPU's TLB entry: gone, usable, and usable until one or two more flushes have passed. */
const ENTRY = { gone: 0, live: 1, oneFlushLeft: 2, twoFlushesLeft: 3 } as const;

/** Threads a machine has at most. */
const MAX_THREADS = 31;

/** PID of the one context; PID 0 is never a process on the GPU. */
export const CONTEXT_PID = 1;
const PAGE_BASE = 0x10000n;
const ATSD_BASE = 0x6030_2000_0000n;

type AtsdStruct = ReturnType<typeof atsdStruct>;

/** One ATSD register. */
export type AtsdRegister = ViewOf<AtsdStruct>;

/** The driver's code: `original` (bbd5ff50afff), `seed` (the fix as first sent) and `merged` (2b74e2a9b39d). */
export type AtsdVersion = 'merged' | 'seed' | 'original';

/** One NPU. */
export interface Npu {
  readonly index: number;
  /** `mmio_atsd_usage`: bit `i` is set while register `i` is in use. */
  readonly usage: Cell<number>;
  readonly registers: readonly AtsdRegister[];
  /** Bus address of each register block. */
  readonly addresses: readonly bigint[];
  /** Ghost: which registers each thread holds, one bit for each. */
  readonly held: readonly Cell<number>[];
  /** `tlb[gpu][page]`. */
  readonly tlb: readonly (readonly Cell<number>[])[];
}

/** The hardware, and what the driver keeps of it. */
export interface NpuDma extends Subsystem {
  readonly version: AtsdVersion;
  readonly sizes: NpuSizes;
  readonly bus: Bus;
  readonly npus: readonly Npu[];
  /** `npdev[npu index][link]`: whether a link device is there. */
  readonly npdev: readonly (readonly Cell<boolean>[])[];
  /** Whether each thread's page is mapped. */
  readonly ptes: readonly Cell<boolean>[];
  /** Ghost: whether each thread's shootdown has returned and its page is still unmapped. */
  readonly returned: readonly Cell<boolean>[];
  /** Ghost: somebody forgot a register whose usage bit stays set. */
  readonly leaked: Cell<boolean>;
  /** Ghost: somebody polled a register that is not its own. */
  readonly polledForeign: Cell<boolean>;
  /** Ghost: somebody took a register that another thread holds. */
  readonly heldTwice: Cell<boolean>;
  readonly maxNpu2Index: number;
  /** The threads as interchangeable members, given the groups of thread numbers in member order. */
  readonly symmetry: (groups: readonly (readonly number[])[]) => ScalarSet;
}

/** Address of a thread's page. */
export function pageAddress(thread: number): bigint {
  return PAGE_BASE * BigInt(thread + 1);
}

/** An NPU by its index. */
export function npuAt({ npus }: NpuDma, index: number): Npu {
  return npus[index - FIRST_NPU_INDEX];
}

/**
 * Lays out a platform for a version of the driver; mounts its ATSD registers on a bus.
 *
 * @param bus - default a little-endian host's
 * @throws RangeError when a size is out of range
 */
export function npuDma(layout: Layout, version: AtsdVersion, sizes: NpuSizes, bus: Bus = new Bus()): NpuDma {
  const { npus: count, regs, gpus, threads } = sizes;
  assertSize('npus', count, 1, NV_MAX_NPUS - FIRST_NPU_INDEX);
  assertSize('regs', regs, 1, NV_NMMU_ATSD_REGS);
  assertSize('gpus', gpus, 0, NV_MAX_LINKS);
  assertSize('threads', threads, 1, MAX_THREADS);
  const Atsd = atsdStruct(threads, gpus > 0);
  const npus = Array.from({ length: count }, (_, i) => layNpu(layout, sizes, bus, Atsd, i + FIRST_NPU_INDEX));
  const maxNpu2Index = count + FIRST_NPU_INDEX - 1;
  const platform = {
    version,
    sizes,
    bus,
    npus,
    npdev: Array.from({ length: maxNpu2Index + 1 }, (_, i) => layout.array(`npdev[${i}]`, bool, NV_MAX_LINKS)),
    ptes: layout.array('pte', bool, threads),
    returned: layout.array('returned', bool.ghost(), threads),
    leaked: layout.one('leaked', bool.ghost()),
    polledForeign: layout.one('polledForeign', bool.ghost()),
    heldTwice: layout.one('heldTwice', bool.ghost()),
    maxNpu2Index,
  };
  const symmetry = (groups: readonly (readonly number[])[]): ScalarSet => ({
    name: 'threads',
    size: threads,
    threads: groups,
    objects: [platform.ptes, platform.returned, ...npus.flatMap((npu) => [npu.held, ...npu.tlb])],
  });
  return layout.subsystem('npu', { ...platform, symmetry });
}

function assertSize(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(`${name}: expected ${least} to ${most}, got ${value}`);
}

/** Puts one link device behind each NPU and maps every page. */
export function initNpuDma({ npus, npdev, ptes }: NpuDma, memory: Memory): void {
  for (const { index } of npus) memory.set(npdev[index][0], true);
  for (const pte of ptes) memory.set(pte, true);
}

/** Without GPUs nothing looks at what AVA and LAUNCH hold, so they are traces for the reader and no schedule points. */
function atsdStruct(threads: number, isRead: boolean) {
  const pages = Array.from({ length: threads }, (_, i) => pageAddress(i));
  const word = isRead ? u64.guardedBy('owner') : u64.ghost();
  return struct('atsd', {
    owner: ownerWord,
    ava: word.memberOf('threads', pages),
    launch: word,
    stat: u64,
    match: u8,
    page: u8.memberOf(
      'threads',
      pages.map((_, i) => i + 1),
    ),
    flush: bool,
  });
}

function layNpu(layout: Layout, sizes: NpuSizes, bus: Bus, Atsd: AtsdStruct, index: number): Npu {
  const name = `npu[${index}]`;
  const usage = layout.one(`${name}.mmio_atsd_usage`, u32);
  const held = layout.array(`${name}.held`, u8.ghost(), sizes.threads);
  const registers = layout.array(`${name}.atsd`, Atsd, sizes.regs);
  const tlb = Array.from({ length: sizes.gpus }, (_, g) => layout.array(`${name}.gpu[${g}].tlb`, u8, sizes.threads));
  const addresses = registers.map((register, r) => {
    const base = ATSD_BASE + BigInt(index) * 0x100_0000n + BigInt(r) * 0x1_0000n;
    bus.mount(`${name}.atsd[${r}]`, base, ATSD_BLOCK, {
      LAUNCH: {
        onWrite: (memory, value) => {
          launch(memory, register, value, sizes.gpus > 0);
        },
        cell: register.launch,
      },
      AVA: { cell: register.ava },
      STAT: { cell: register.stat },
    });
    return base;
  });
  return { index, usage, registers, addresses, held, tlb };
}

/** A store to LAUNCH: the hardware latches what to do, and STAT reads busy. */
function launch(memory: Memory, register: AtsdRegister, value: RegisterValue, hasGpus: boolean): void {
  const word = BigInt(value);
  memory.set(register.launch, word);
  memory.set(register.stat, 1n);
  if (!hasGpus) return;
  const isOurs = ATSD_LAUNCH.PID.get(word) === BigInt(CONTEXT_PID);
  const byPid = ATSD_LAUNCH.IS.get(word) === 1n;
  const match = !isOurs ? MATCH.nothing : byPid ? MATCH.all : MATCH.page;
  memory.set(register.match, match);
  memory.set(register.page, match === MATCH.page ? Number(memory.get(register.ava) / PAGE_BASE) : 0);
  memory.set(register.flush, ATSD_LAUNCH.NO_FLUSH.get(word) === 0n);
}

/** An ATSD completes: it reaches every GPU behind its NPU, then STAT reads 0. */
export function complete(memory: Memory, npu: Npu, register: AtsdRegister): void {
  if (npu.tlb.length > 0) reachGpus(memory, npu, register);
  else {
    memory.set(register.ava, 0n);
    memory.set(register.launch, 0n);
  }
  memory.set(register.stat, 0n);
}

function reachGpus(memory: Memory, npu: Npu, register: AtsdRegister): void {
  const match = memory.get(register.match);
  const page = memory.get(register.page);
  const flush = memory.get(register.flush);
  for (const entries of npu.tlb)
    entries.forEach((cell, i) => {
      const isMatched = match === MATCH.all || (match === MATCH.page && page === i + 1);
      memory.set(cell, afterAtsd(memory.get(cell), isMatched, flush));
    });
  memory.set(register.match, MATCH.nothing);
  memory.set(register.page, 0);
  memory.set(register.flush, false);
}

/**
 * What becomes of a TLB entry. The driver's comment says that a GPU needs two flush ATSDs before all entries are gone: an
 * invalidated entry stays usable until two flushing ATSDs have passed, of which the invalidation may be the first.
 */
function afterAtsd(entry: number, isMatched: boolean, flush: boolean): number {
  if (entry === ENTRY.gone || (entry === ENTRY.live && !isMatched)) return entry;
  const flushesLeft = entry === ENTRY.oneFlushLeft ? 1 : 2;
  const left = flush ? flushesLeft - 1 : flushesLeft;
  return left === 0 ? ENTRY.gone : left === 1 ? ENTRY.oneFlushLeft : ENTRY.twoFlushesLeft;
}

/** Whether a GPU's TLB still has an entry for a page, usable or on its way out. */
export function hasEntry(entry: number): boolean {
  return entry !== ENTRY.gone;
}

/** The hardware fills an entry from a present page-table entry. */
export function fill(memory: Memory, entry: Cell<number>): void {
  memory.set(entry, ENTRY.live);
}
