/**
 * ATSD shootdown of the powernv NPU driver, from register allocation to release, in three versions: `original` (bbd5ff50afff,
 * with the deadlock), `seed` (the fix as first sent) and `merged` (2b74e2a9b39d). Interval notifiers came after this code
 * left the kernel; the driver used plain ones.
 *
 * Left out: the nest-MMU flush, the size-based form of v4.20, links other than finding the first one.
 */
import { clearBit, clearBitUnlock, testAndSetBit, testAndSetBitLock } from '@shootdown/kernel/model';
import { kfunc, read, readOnce, spinUntil, type Kfunc, type Kthread } from '@shootdown/machine';
import { eieio, pollUntilZero, rawWriteqBe } from '@shootdown/mmio';
import { launchWord, type AtsdTarget } from './atsd-registers.js';
import { NV_MAX_LINKS } from './constants.js';
import { CONTEXT_PID, type Npu, type NpuWorld } from './npu-world.js';

/** The code as it was at some time. */
export type AtsdVersion = 'merged' | 'seed' | 'original';

/** `mmio_atsd_reg[]`, by NPU index: the register held, `undefined` for none. Lives on the invalidating thread's stack. */
export type HeldRegisters = readonly (number | undefined)[];

/** The driver's entry points. */
export interface AtsdDriver {
  /** Shoots a page, or the whole context, out of every GPU; returns when that is done. */
  readonly mmioInvalidate: Kfunc<[thread: number, page: bigint | undefined], void>;
  /** Whether the context has a link behind this NPU. Merged code reads each slot once; before, the compiler might not. */
  readonly readNpdev: (index: number) => Kthread<boolean>;
  /** The lowest free register, now in use; `undefined` where the kernel answers -ENOSPC. */
  readonly getMmioAtsdReg: Kfunc<[index: number], number | undefined>;
}

/** PID of the extra flushes: never a process on the GPU. */
const FLUSH_PID = 0;
const AVA = 0x08n;
const STAT = 0x10n;

/**
 * The driver of one version over a world.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate() v4.17
 */
export function atsdDriver(world: NpuWorld, version: AtsdVersion): AtsdDriver {
  return version === 'original' ? originalDriver(world) : mergedDriver(world, version);
}

/** What every version does alike. */
function common(
  world: NpuWorld,
  version: AtsdVersion,
): Pick<AtsdDriver, 'readNpdev' | 'getMmioAtsdReg'> & {
  npuAt: (index: number) => Npu;
  putMmioAtsdReg: Kfunc<[number, number], void>;
  storeLaunch: (index: number, reg: number, launch: bigint, va: bigint) => Kthread<void>;
  pollStat: (index: number, reg: number) => Kthread<void>;
} {
  const npuAt = (index: number): Npu => world.npus[index - world.npus[0].index];
  const isMerged = version === 'merged';
  const testAndSet = isMerged ? testAndSetBitLock : testAndSetBit;
  const clear = isMerged ? clearBitUnlock : clearBit;

  const getMmioAtsdReg = kfunc('get_mmio_atsd_reg', function* (index: number): Kthread<number | undefined> {
    for (let reg = 0; reg < world.options.regs; reg++) if (!(yield* testAndSet(reg, npuAt(index).usage))) return reg;
    return undefined;
  });

  const putMmioAtsdReg = kfunc('put_mmio_atsd_reg', function* (index: number, reg: number) {
    yield* clear(reg, npuAt(index).usage);
  });

  /** AVA must be there before LAUNCH is. */
  function* storeLaunch(index: number, reg: number, launch: bigint, va: bigint): Kthread<void> {
    const address = npuAt(index).addresses[reg];
    yield* rawWriteqBe(world.bus, va, address + AVA);
    yield* eieio(world.bus);
    yield* rawWriteqBe(world.bus, launch, address);
  }

  function* pollStat(index: number, reg: number): Kthread<void> {
    yield* pollUntilZero(world.bus, npuAt(index).addresses[reg] + STAT);
  }

  function* readNpdev(index: number): Kthread<boolean> {
    for (let link = 0; link < NV_MAX_LINKS; link++) {
      const slot = world.npdev[index][link];
      if (isMerged ? yield* readOnce(slot) : yield* read(slot)) return true;
    }
    return false;
  }

  return { npuAt, readNpdev, getMmioAtsdReg, putMmioAtsdReg, storeLaunch, pollStat };
}

function targetOf(page: bigint | undefined): AtsdTarget {
  return page === undefined ? { kind: 'pid' } : { kind: 'va', address: page };
}

/** Registers of all NPUs are taken in ascending order, held across the flushes, and let go together. */
function mergedDriver(world: NpuWorld, version: AtsdVersion): AtsdDriver {
  const { readNpdev, getMmioAtsdReg, putMmioAtsdReg, storeLaunch, pollStat } = common(world, version);
  const { maxNpu2Index } = world;

  const mmioLaunchInvalidate = kfunc('mmio_launch_invalidate', storeLaunch);

  const acquireAtsdReg = kfunc('acquire_atsd_reg', function* (_thread: number): Kthread<HeldRegisters> {
    const held = new Array<number | undefined>(maxNpu2Index + 1).fill(undefined);
    for (let index = 0; index <= maxNpu2Index; index++)
      if (yield* readNpdev(index)) held[index] = yield* spinUntil(() => getMmioAtsdReg(index));
    return held;
  });

  const releaseAtsdReg = kfunc('release_atsd_reg', function* (held: HeldRegisters) {
    for (const [index, reg] of held.entries()) if (reg !== undefined) yield* putMmioAtsdReg(index, reg);
  });

  const mmioInvalidateVa = kfunc('mmio_invalidate_va', function* (held: HeldRegisters, va: bigint) {
    const word = launchWord('va', CONTEXT_PID, { flush: true });
    for (const [index, reg] of held.entries()) if (reg !== undefined) yield* mmioLaunchInvalidate(index, reg, word, va);
  });

  const mmioInvalidatePid = kfunc('mmio_invalidate_pid', function* (held: HeldRegisters, pid: number) {
    const word = launchWord('pid', pid, { flush: true });
    for (const [index, reg] of held.entries()) if (reg !== undefined) yield* mmioLaunchInvalidate(index, reg, word, 0n);
  });

  const mmioInvalidateWait = kfunc('mmio_invalidate_wait', function* (held: HeldRegisters) {
    for (const [index, reg] of held.entries()) if (reg !== undefined) yield* pollStat(index, reg);
  });

  const mmioInvalidate = kfunc('mmio_invalidate', function* (thread: number, page: bigint | undefined) {
    const target = targetOf(page);
    const held = yield* acquireAtsdReg(thread);
    if (target.kind === 'va') yield* mmioInvalidateVa(held, target.address);
    else yield* mmioInvalidatePid(held, CONTEXT_PID);
    yield* mmioInvalidateWait(held);
    for (let flushes = 0; flushes < 2; flushes++) {
      yield* mmioInvalidatePid(held, FLUSH_PID);
      yield* mmioInvalidateWait(held);
    }
    yield* releaseAtsdReg(held);
  });

  return { mmioInvalidate, readNpdev, getMmioAtsdReg };
}

/**
 * Each launch takes a register; the wait lets it go and takes another for the extra flush, whose number is thrown away: the
 * second wait polls and lets go of the old one. While it takes the one it still holds other NPUs' registers.
 *
 * @source arch/powerpc/platforms/powernv/npu-dma.c mmio_invalidate() v4.14
 */
function originalDriver(world: NpuWorld): AtsdDriver {
  const { readNpdev, getMmioAtsdReg, putMmioAtsdReg, storeLaunch, pollStat } = common(world, 'original');

  const getAndLaunch = kfunc(
    'mmio_launch_invalidate',
    function* (index: number, word: bigint, va: bigint): Kthread<number> {
      const reg = yield* spinUntil(() => getMmioAtsdReg(index));
      yield* storeLaunch(index, reg, word, va);
      return reg;
    },
  );

  const mmioInvalidateWait = kfunc('mmio_invalidate_wait', function* (regs: HeldRegisters, flush: boolean) {
    for (const [index, reg] of regs.entries()) {
      if (reg === undefined) continue;
      yield* pollStat(index, reg);
      yield* putMmioAtsdReg(index, reg);
      if (flush) yield* getAndLaunch(index, launchWord('pid', FLUSH_PID, { flush: true }), 0n);
    }
  });

  const mmioInvalidate = kfunc('mmio_invalidate', function* (_thread: number, page: bigint | undefined) {
    const target = targetOf(page);
    const regs = new Array<number | undefined>(world.maxNpu2Index + 1).fill(undefined);
    for (let index = 0; index <= world.maxNpu2Index; index++)
      if (yield* readNpdev(index))
        regs[index] = yield* getAndLaunch(
          index,
          launchWord(target.kind, CONTEXT_PID, { flush: true }),
          target.kind === 'va' ? target.address : 0n,
        );
    yield* mmioInvalidateWait(regs, true);
    yield* mmioInvalidateWait(regs, false);
  });

  return { mmioInvalidate, readNpdev, getMmioAtsdReg };
}
