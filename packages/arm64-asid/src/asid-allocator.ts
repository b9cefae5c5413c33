/** The allocator for a single caller: the same code, run to completion. */
import { bitmapToBigint } from '@shootdown/bits';
import { bitmapView, type Bitmap } from '@shootdown/kernel/model';
import { Layout, Memory, defineOperation, WholeCalls, type Kthread, type Request } from '@shootdown/machine';
import { type AsidVersion } from './asid-encoding.js';
import { MmStruct, type Mm } from './asid-state.js';
import {
  asidContext,
  asidsInit,
  asidsUpdateLimit,
  checkAndSwitchContext,
  mmContextGet,
  mmContextPut,
  type AsidContext,
} from './context.js';

/** A generator that has ended: delegating to it does nothing, any number of times. */
const NOTHING: Kthread<void> = (function* () {})();
NOTHING.next();

/** What an allocator is made for. */
export interface AsidAllocatorOptions {
  /** CPUs that may ever run a process, at least 1. */
  readonly cpus: number;
  /** Bits of an ASID, 1 to 16; default 16. Hardware has 8 or 16. */
  readonly asidBits?: number;
  /** Whose code; default `merged`, today's. */
  readonly version?: AsidVersion;
  /** Whether KPTI is built in, so that every process takes a pair of ASIDs; default false. */
  readonly kptiConfig?: boolean;
  /** Whether KPTI is on, which is known only after boot; default as built. */
  readonly kptiCap?: boolean;
}

/** An address space, as far as the allocator knows it. Any number of them; those dropped cost nothing. */
export class AsidMm {
  /** `context.id`: generation and ASID; 0 before it ever ran. */
  contextId = 0n;
  /** `context.pinned`: how many users outside the CPUs hold its ASID. */
  pinned = 0;
}

/** What a switch did. */
export interface Switched {
  /** What goes into the TTBR. */
  readonly asid: number;
  /** Whether the lock had to be taken. */
  readonly isSlow: boolean;
  /** Whether this CPU has to drop all of its TLB before it runs the process. */
  readonly flushes: boolean;
}

/** What the allocator has in its variables, for tests and the curious. */
export interface AsidAllocatorState {
  readonly generation: bigint;
  readonly curIdx: number;
  readonly active: readonly bigint[];
  readonly reserved: readonly bigint[];
  /** CPUs that will flush when next they take the slow path. */
  readonly flushPending: readonly number[];
  /** Bit `i` is index `i`. */
  readonly map: bigint;
  readonly pinnedMap: bigint;
  readonly nrPinned: number;
}

/**
 * Gives address spaces their ASIDs, as the arm64 kernel does: for emulators, hypervisors and teaching kernels. A call that throws
 * changes nothing.
 *
 * @source arch/arm64/mm/context.c asids_init() v5.10
 */
export class AsidAllocator {
  readonly #memory: Memory;
  readonly #calls: WholeCalls;
  readonly #context: AsidContext;
  readonly #mm: Mm;
  #lockings = 0;
  #flushes = 0;
  /** Size of the bitmap: ASIDs, or pairs of them, of which the first is nobody's. */
  readonly numUserAsids: number;
  /** How many address spaces may be pinned at once. Nearly 2^64, that is no limit, with too few ASIDs for the CPUs. */
  readonly maxPinned: bigint;
  /** Whether there are so few ASIDs for these CPUs that the kernel warned at boot. */
  readonly warned: boolean;

  /** @throws RangeError when an option is out of range */
  constructor(options: AsidAllocatorOptions) {
    const layout = new Layout();
    this.#mm = layout.one('mm', MmStruct);
    this.#context = asidContext(
      layout,
      { version: 'merged', asidBits: 16, ...options },
      {
        localFlushTlbAll: this.#flush,
        cpuSetReservedTtbr0: () => NOTHING,
        cpuSwitchMm: () => NOTHING,
      },
    );
    const { state, encoding } = this.#context;
    const memory = new Memory(layout);
    this.#calls = new WholeCalls(memory);
    memory.listener = (address, _old, value) => {
      if (address === state.cpuAsidLock.address && value !== 0) this.#lockings++;
    };
    this.#memory = memory;
    asidsInit(this.#context, memory);
    this.warned = asidsUpdateLimit(this.#context, memory);
    this.numUserAsids = encoding.numUserAsids;
    this.maxPinned = memory.get(state.maxPinnedAsids);
  }

  /**
   * Makes `mm` the running address space of `cpu`, under an ASID of the current generation.
   *
   * @param mm - its context id changes if it is of another generation
   * @param cpu - 0 to `cpus - 1`
   * @throws RangeError for another CPU
   * @throws {@link KernelBug} `FreeAsidAfterRollover` when there are too few ASIDs
   * @source arch/arm64/mm/context.c check_and_switch_context() v5.10
   */
  checkAndSwitchContext(mm: AsidMm, cpu: number): Switched {
    const { cpus } = this.#context.options;
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus)
      throw new RangeError(`cpu: expected 0 to ${cpus - 1}, got ${cpu}`);
    const lockings = this.#lockings;
    const flushes = this.#flushes;
    this.#call(mm, checkAndSwitchContext(this.#context, this.#mm, cpu));
    return {
      asid: this.#context.encoding.asidOf(mm.contextId),
      isSlow: this.#lockings > lockings,
      flushes: this.#flushes > flushes,
    };
  }

  /**
   * Pins the ASID of `mm`, for a device that shares it; nests.
   *
   * @returns the ASID the device shall use, with KPTI the odd one of the pair (not in `seed_v2`); 0 when no more may be pinned
   * @throws {@link KernelBug} `FreeAsidAfterRollover` when there are too few ASIDs
   * @source arch/arm64/mm/context.c arm64_mm_context_get() v5.10
   */
  mmContextGet(mm: AsidMm): number {
    return this.#call(mm, mmContextGet(this.#context, this.#mm));
  }

  /**
   * Undoes one {@link AsidAllocator.mmContextGet} that did not answer 0.
   *
   * @throws {@link KernelBug} `underflow` when it is not pinned
   * @source arch/arm64/mm/context.c arm64_mm_context_put() v5.10
   */
  mmContextPut(mm: AsidMm): void {
    this.#call(mm, mmContextPut(this.#context, this.#mm));
  }

  /** The allocator's variables as they are now. */
  get state(): AsidAllocatorState {
    const { state } = this.#context;
    const memory = this.#memory;
    const bitsOf = (cells: Bitmap): bigint => bitmapToBigint(bitmapView(memory, cells, this.numUserAsids));
    return {
      generation: memory.get(state.asidGeneration),
      curIdx: memory.get(state.curIdx),
      active: state.activeAsids.map((slot) => memory.get(slot)),
      reserved: state.reservedAsids.map((slot) => memory.get(slot)),
      flushPending: [...state.tlbFlushPending.keys()].filter((cpu) => memory.get(state.tlbFlushPending[cpu])),
      map: bitsOf(state.asidMap),
      pinnedMap: bitsOf(state.pinnedAsidMap),
      nrPinned: memory.get(state.nrPinnedAsids),
    };
  }

  /** Runs a call on the one mm that memory has, which stands for `mm` meanwhile. */
  #call<T>(mm: AsidMm, request: Request<T>): T {
    const memory = this.#memory;
    const { id, pinned } = this.#mm.context;
    memory.set(id, mm.contextId);
    memory.set(pinned, mm.pinned);
    try {
      return this.#calls.run(request);
    } finally {
      mm.contextId = memory.get(id);
      mm.pinned = memory.get(pinned);
    }
  }

  readonly #flush = defineOperation({
    name: 'local_flush_tlb_all',
    isLocal: true,
    run: (_memory: Memory, _cpu: number): void => {
      this.#flushes++;
    },
  });
}
