/**
 * CPUs: whose page table each walks, and its TLB. The walker may load an entry at any moment, asked or not; an access goes
 * through the TLB if it has an entry with the rights it needs, else through a walk. A walk, and an access with its
 * translation, are one step: TLB maintenance waits for those in flight, on every machine this stands for.
 *
 * What goes wrong shows in an access: `stale-translation` where it leads to a frame that is no longer the page's, and
 * `coherence` where a load returns something other than what the process stored last.
 */
import { EFAULT } from '@shootdown/kernel/model';
import {
  KernelBug,
  array,
  defineOperation,
  kfunc,
  ptr,
  struct,
  u32,
  type Cell,
  type Handle,
  type Layout,
  type Memory,
  type MemoryReader,
  type Request,
  type Thread,
} from '@shootdown/machine';
import { MmStruct, type Mm } from './mm-struct.js';
import type { PageAllocator } from './page.js';
import { MAX_PAGES, pteAccessible, ptePfn, pteText, pteWrite, type PageTable } from './page-table.js';

/** One CPU. */
export interface Cpu extends Handle {
  /** The address space whose table it walks, whether or not a process of it runs; `null` for none. */
  readonly activeMm: Cell<Mm | null>;
  /** Its TLB: by page, the entry as it was when it was loaded, 0 for none. */
  readonly tlb: readonly Cell<number>[];
}

const CpuStruct = struct('cpu', {
  activeMm: ptr((): { at(address: number): Mm } => MmStruct),
  tlb: array(u32.printedBy(pteText), MAX_PAGES),
});

/** The CPUs of a machine, what programs do on them, and what the kernel does to their TLBs. */
export interface Cpus {
  readonly cpus: readonly Cpu[];
  /** Loads from a page; returns 0, or `-EFAULT` where there is no translation. */
  readonly load: (cpu: number, page: number) => Request<number>;
  /** Stores to a page, by default one more than was stored last; returns 0, or `-EFAULT` where no translation allows it. */
  readonly store: (cpu: number, page: number, value?: number) => Request<number>;
  /** Removes the translations of pages `start` to `end - 1` of `mm` from one TLB. */
  readonly flushTlbOne: (cpu: number, mm: Mm, start: number, end: number) => Request<void>;
  /** Walks another table from now on, or none, and forgets every translation. */
  readonly switchMm: (cpu: number, mm: Mm | null) => Request<void>;
  /** Hardware that loads and uses translations of a page at any moment, as speculation does. */
  readonly speculation: (cpu: number, page: number) => Thread;
}

/** What an access needs of a translation. */
type Rights = 'read' | 'write';

/** How the CPUs are. */
export interface CpuOptions {
  readonly cpus: number;
  /** A walk sets the accessed bit; else the kernel would have to, and here nobody does. Default false. */
  readonly tracksYoung?: boolean | undefined;
}

/** Places CPUs that walk no table. */
export function placeCpus(
  layout: Layout,
  { cpus: count, tracksYoung = false }: CpuOptions,
  frames: PageAllocator,
): Cpus {
  const cpus: readonly Cpu[] = layout.array('cpu', CpuStruct, count);

  /** What a walk of the table in use finds. Reports a table that was freed. */
  function walked(memory: MemoryReader, { activeMm }: Cpu, page: number): number {
    const mm = memory.get(activeMm);
    const pgd = mm === null ? null : memory.get(mm.pgd);
    const entry = pgd === null ? 0 : memory.get(pgd.entries[page]);
    return pteAccessible(entry) ? entry : 0;
  }

  /** The translation an access goes through, 0 for none; loads it if it was not there. */
  function translate(memory: Memory, cpu: Cpu, page: number, rights: Rights): number {
    const suffices = (entry: number): boolean => (rights === 'read' ? pteAccessible(entry) : pteWrite(entry));
    const cached = memory.get(cpu.tlb[page]);
    if (suffices(cached)) return cached;
    const entry = walked(memory, cpu, page);
    memory.set(cpu.tlb[page], entry);
    if (entry !== 0) setYoung(memory, cpu, page);
    return suffices(entry) ? entry : 0;
  }

  function setYoung(memory: Memory, { activeMm }: Cpu, page: number): void {
    const pgd = memory.get(activeMm)?.pgd;
    if (tracksYoung && pgd !== undefined) memory.set((memory.get(pgd) as PageTable).young[page], true);
  }

  /** Notes that a frame was moved to a page, as mremap() does: the table has it there, and not at the page that it was allocated for. */
  function noteMove(memory: Memory, { activeMm }: Cpu, page: number, pfn: number): void {
    const table = memory.get(activeMm)?.pgd;
    const entries = table === undefined ? undefined : memory.get(table)?.entries;
    const { usedAs, movedTo } = frames.at(pfn);
    const from = frames.isLive(memory, pfn) ? memory.get(usedAs) - 1 : page;
    if (entries === undefined || from < 0 || from === page) return;
    const isAt = (at: number): boolean => {
      const entry = memory.get(entries[at]);
      return pteAccessible(entry) && ptePfn(entry) === pfn;
    };
    if (isAt(page) && !isAt(from)) memory.set(movedTo, page + 1);
  }

  const isSound = (memory: Memory, cpu: number, page: number, entry: number): boolean => {
    noteMove(memory, cpus[cpu], page, ptePfn(entry));
    const fault = staleness(memory, frames, ptePfn(entry), page);
    const words = { translation: cpus[cpu].tlb[page].address, frame: frames.at(ptePfn(entry)).word.address };
    if (fault !== undefined) memory.report(staleTranslation(`CPU ${cpu}`, page, fault, words));
    return fault === undefined;
  };

  const flushTlbOne = defineOperation({
    name: 'flush tlb',
    target: (cpu: number, _mm: Mm, start: number) => cpus[cpu].tlb[start],
    run: (memory: Memory, cpu: number, mm: Mm, start: number, end: number): void => {
      if (memory.get(cpus[cpu].activeMm) !== mm) return;
      for (const entry of cpus[cpu].tlb.slice(start, end)) memory.set(entry, 0);
    },
  });

  const speculate = defineOperation({
    name: 'speculates',
    target: (cpu: number, page: number) => cpus[cpu].tlb[page],
    when: (memory: Memory, cpu: number, page: number) =>
      memory.get(cpus[cpu].tlb[page]) !== 0 || memory.get(cpus[cpu].activeMm) !== null,
    run: (memory: Memory, cpu: number, page: number): void => {
      const entry = translate(memory, cpus[cpu], page, 'read');
      if (entry !== 0) isSound(memory, cpu, page, entry);
    },
  });
  const speculation = kfunc('speculation', function* (cpu: number, page: number) {
    yield* speculate(cpu, page);
  });

  return {
    cpus,
    load: defineOperation({
      name: 'load',
      target: (cpu: number, page: number) => cpus[cpu].tlb[page],
      run: (memory: Memory, cpu: number, page: number): number => {
        const entry = translate(memory, cpus[cpu], page, 'read');
        if (entry === 0) return -EFAULT;
        if (isSound(memory, cpu, page, entry)) reportIncoherence(memory, cpu, page, ptePfn(entry));
        return 0;
      },
    }),
    store: defineOperation({
      name: 'store',
      target: (cpu: number, page: number) => cpus[cpu].tlb[page],
      run: (memory: Memory, cpu: number, page: number, value?: number): number => {
        const entry = translate(memory, cpus[cpu], page, 'write');
        if (entry === 0) return -EFAULT;
        if (!isSound(memory, cpu, page, entry)) return 0;
        const written = (memory.get(cpus[cpu].activeMm) as Mm).written[page];
        memory.set(written, value ?? (memory.get(written) + 1) & 0xff);
        memory.set(frames.at(ptePfn(entry)).word, memory.get(written));
        return 0;
      },
    }),
    flushTlbOne,
    switchMm: defineOperation({
      name: 'switch_mm',
      target: (cpu: number) => cpus[cpu].activeMm,
      run: (memory: Memory, cpu: number, mm: Mm | null): void => {
        for (const entry of cpus[cpu].tlb) memory.set(entry, 0);
        memory.set(cpus[cpu].activeMm, mm);
      },
    }),
    speculation: (cpu, page) => ({
      name: `walker ${cpu}.${page}`,
      kind: 'device',
      run: () => speculation(cpu, page),
      repeat: true,
    }),
  };

  function reportIncoherence(memory: Memory, cpu: number, page: number, pfn: number): void {
    const mm = memory.get(cpus[cpu].activeMm) as Mm;
    const [found, expected] = [memory.get(frames.at(pfn).word), memory.get(mm.written[page])];
    if (found === expected) return;
    const text = `CPU ${cpu} reads ${found} from page ${page} in frame ${pfn}, where ${expected} was stored last`;
    memory.report(new KernelBug('invariant', 'coherence', text, frames.at(pfn).word.address));
  }
}

/** What is wrong with a translation of a user page to a frame, or `undefined`. */
export function staleness(memory: MemoryReader, frames: PageAllocator, pfn: number, page: number): string | undefined {
  if (frames.isUsedAs(memory, pfn, page)) return undefined;
  if (frames.isLive(memory, pfn)) {
    const usedAs = memory.get(frames.at(pfn).usedAs);
    return `frame ${pfn}, which is ${usedAs === 0 ? 'the kernel’s' : `page ${usedAs - 1}`} now`;
  }
  return `frame ${pfn}, which was freed`;
}

/**
 * The report of a stale translation.
 *
 * @param who - the CPU or device that used it
 * @param fault - what {@link staleness} returned
 * @param words - addresses of the word the translation is in, and of a word of the frame it leads to
 */
export function staleTranslation(
  who: string,
  page: number,
  fault: string,
  { translation, frame }: { readonly translation: number; readonly frame: number },
): KernelBug {
  const text = `${who} finds page ${page} in ${fault}`;
  return new KernelBug('use-after-free', 'stale-translation', text, translation, frame);
}
