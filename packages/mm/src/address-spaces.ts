/** Address spaces for a single caller: every call runs to its end. */
import type { Result } from '@shootdown/bits';
import { EAGAIN, EFAULT, ENOMEM } from '@shootdown/kernel/model';
import { Memory, WholeCalls, type Request } from '@shootdown/machine';
import { dupMmap, mmAlloc, mmput } from './fork.js';
import { handleMmFault } from './memory.js';
import { migratePage } from './migrate.js';
import type { Mm } from './mm-struct.js';
import { mmSystem, type MmSystem } from './mm-system.js';
import { doMmap, doMunmap } from './mmap.js';
import { ptePfn, ptePresent } from './page-table.js';
import { userLoad } from './user-access.js';
import { VM_READ, VM_WRITE, areasOf, type Area } from './vma.js';

/** How large the machine is. */
export interface AddressSpacesOptions {
  /** 1 or more. */
  readonly cpus: number;
  /** Pages of each address space, 1 to 8. */
  readonly pages: number;
  /** Page frames, 1 or more. */
  readonly frames: number;
  /** Processes at once; default 4. */
  readonly processes?: number;
  /** Pages freed together at most; default 8. */
  readonly batch?: number;
}

/** What a call may return instead: no such page, or no right to it; no room; somebody else has the page. */
export type MmErrno = 'EFAULT' | 'ENOMEM' | 'EAGAIN';
/** What a call returns. */
export type MmResult<T> = Result<T, MmErrno>;

const ERRNOS: ReadonlyMap<number, MmErrno> = new Map([
  [-EFAULT, 'EFAULT'],
  [-ENOMEM, 'ENOMEM'],
  [-EAGAIN, 'EAGAIN'],
]);

function resultOf<T>(error: number, value: () => T): MmResult<T> {
  const errno = ERRNOS.get(error);
  return errno === undefined ? { ok: true, value: value() } : { ok: false, errno };
}

/** A machine with CPUs, page frames and processes. */
export class AddressSpaces {
  readonly #system: MmSystem;
  readonly #memory: Memory;
  readonly #calls: WholeCalls;
  readonly #pages: number;

  /** @throws RangeError when a size is out of range */
  constructor({ processes = 4, ...options }: AddressSpacesOptions) {
    this.#system = mmSystem({ ...options, mms: processes });
    this.#pages = options.pages;
    this.#memory = new Memory(this.#system.layout);
    this.#calls = new WholeCalls(this.#memory);
  }

  /** A new process with no areas, run by no CPU; `ENOMEM` when there are too many. */
  create(): MmResult<Process> {
    const mm = this.#call(mmAlloc(this.#system));
    return mm === null
      ? { ok: false, errno: 'ENOMEM' }
      : { ok: true, value: new Process(this.#system, this.#memory, this.#calls, mm) };
  }

  /** Lets a CPU run a process, or none; its TLB forgets everything. */
  run(cpu: number, process: Process | undefined): void {
    this.#assertCpu(cpu);
    this.#call(this.#system.cpus.switchMm(cpu, process?.mm ?? null));
  }

  /**
   * What the process on a CPU finds in a page, faulting if need be.
   *
   * @throws RangeError for a CPU or page that there is not, or a CPU that runs nothing
   */
  load(cpu: number, page: number): MmResult<number> {
    const { cpus, frames } = this.#system;
    const error = this.#call(userLoad(this.#system, this.#running(cpu, page), cpu, page));
    return resultOf(error, () => {
      const entry = this.#memory.get(cpus.cpus[cpu].tlb[page]);
      return this.#memory.get(frames.at(ptePfn(entry)).word);
    });
  }

  /**
   * Stores a number, 0 to 255, faulting if need be.
   *
   * @throws RangeError for a CPU or page that there is not, a CPU that runs nothing, or another number
   */
  store(cpu: number, page: number, value: number): MmResult<void> {
    if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`expected 0 to 255, got ${value}`);
    const { cpus } = this.#system;
    const mm = this.#running(cpu, page);
    for (;;) {
      if (this.#call(cpus.store(cpu, page, value)) === 0) return { ok: true, value: undefined };
      const error = this.#call(handleMmFault(this.#system, mm, page, 1));
      if (error !== 0) return resultOf(error, () => undefined);
    }
  }

  /** Frames that are allocated. */
  get framesInUse(): number {
    const { frames } = this.#system;
    return frames.slab.states.filter((_, pfn) => frames.isLive(this.#memory, pfn)).length;
  }

  #running(cpu: number, page: number): Mm {
    this.#assertCpu(cpu);
    if (!Number.isInteger(page) || page < 0 || page >= this.#pages)
      throw new RangeError(`page: expected 0 to ${this.#pages - 1}, got ${page}`);
    const mm = this.#memory.get(this.#system.cpus.cpus[cpu].activeMm);
    if (mm === null) throw new RangeError(`CPU ${cpu} runs no process; call run(${cpu}, process)`);
    return mm;
  }

  #assertCpu(cpu: number): void {
    const count = this.#system.cpus.cpus.length;
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= count)
      throw new RangeError(`cpu: expected 0 to ${count - 1}, got ${cpu}`);
  }

  #call<T>(request: Request<T>): T {
    return this.#calls.run(request);
  }
}

/** A process; {@link AddressSpaces.create} and {@link Process.fork} make them. Pages are numbers, `end` not included. */
export class Process {
  /** Its address space, in the machine's memory. */
  readonly mm: Mm;
  readonly #system: MmSystem;
  readonly #memory: Memory;
  readonly #calls: WholeCalls;

  /** @param memory - where `mm` is allocated */
  constructor(system: MmSystem, memory: Memory, calls: WholeCalls, mm: Mm) {
    this.#system = system;
    this.#memory = memory;
    this.#calls = calls;
    this.mm = mm;
  }

  /** Adds an area of zeros; `ENOMEM` where there is one already, or too many. @source mm/mmap.c do_mmap() v5.10 */
  mmap(start: number, end: number, { isWritable = true } = {}): MmResult<void> {
    this.#assertRange(start, end);
    const flags = isWritable ? VM_READ | VM_WRITE : VM_READ;
    return resultOf(this.#call(doMmap(this.mm, start, end, flags)), () => undefined);
  }

  /** Removes what there is in a range; `ENOMEM` when that would leave too many areas. @source mm/mmap.c do_munmap() v5.10 */
  munmap(start: number, end: number): MmResult<void> {
    this.#assertRange(start, end);
    return resultOf(this.#call(doMunmap(this.#system, this.mm, start, end)), () => undefined);
  }

  /** A process with the same pages, until one of them stores; `ENOMEM` when there are too many. @source kernel/fork.c dup_mm() v5.10 */
  fork(): MmResult<Process> {
    const mm = this.#call(mmAlloc(this.#system));
    if (mm === null) return { ok: false, errno: 'ENOMEM' };
    this.#call(dupMmap(this.#system, mm, this.mm));
    return { ok: true, value: new Process(this.#system, this.#memory, this.#calls, mm) };
  }

  /** Moves a page to another frame; `EAGAIN` where there is none, or it is shared. @source mm/migrate.c unmap_and_move() v5.10 */
  migrate(page: number): MmResult<void> {
    this.#assertRange(page, page + 1);
    return resultOf(this.#call(migratePage(this.#system, this.mm, page)), () => undefined);
  }

  /** Ends it: CPUs that run it run nothing, and what only it had is freed. It is of no use then. */
  exit(): void {
    const { cpus } = this.#system;
    for (const [cpu, { activeMm }] of cpus.cpus.entries())
      if (this.#memory.get(activeMm) === this.mm) this.#call(cpus.switchMm(cpu, null));
    this.#call(mmput(this.#system, this.mm));
  }

  /** Its areas, by address. */
  get areas(): readonly Area[] {
    return areasOf(this.#memory, this.mm);
  }

  /** Number of the frame behind a page, or `undefined`. */
  frameOf(page: number): number | undefined {
    const entry = this.#memory.get(this.mm.pgd)?.entries[page];
    const value = entry === undefined ? 0 : this.#memory.get(entry);
    return ptePresent(value) ? ptePfn(value) : undefined;
  }

  #assertRange(start: number, end: number): void {
    const { pages } = this.#system;
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= pages))
      throw new RangeError(`expected pages from 0 to ${pages}, start before end, got ${start} to ${end}`);
  }

  #call<T>(request: Request<T>): T {
    return this.#calls.run(request);
  }
}
