/**
 * A system with its functions bound to it, for models that call `world.unmapRegion(mm, 0, 1)`. It lays out what {@link mmSystem} does and
 * makes the same requests.
 */
import type { Kfunc, Memory, Request, Thread } from '@shootdown/machine';
import { exitMm } from './exit.js';
import { dupMmap, mmAlloc, mmput } from './fork.js';
import { handleMmFault } from './memory.js';
import { migratePage } from './migrate.js';
import type { Mm } from './mm-struct.js';
import { mmSystem, setMapped, setProcess, speculation, type MmSystem, type MmSystemOptions } from './mm-system.js';
import { doMmap, doMunmap, unmapRegion } from './mmap.js';
import { oomReapTask, oomReapTaskMm } from './oom-kill.js';
import type { Page } from './page.js';
import { tryToUnmap } from './rmap.js';
import { flushTlbCpus, flushTlbMmRange } from './tlb.js';
import { userLoad, userStore } from './user-access.js';
import { ptepClearFlushYoungNotify } from './young.js';

type Bound<F> = F extends Kfunc<[system: MmSystem, ...rest: infer A], infer R> ? (...args: A) => Request<R> : never;

/** A system, and its functions without their first argument. */
export interface MmWorld extends MmSystem {
  readonly parts: MmSystem & {
    readonly flushTlbCpus: Bound<typeof flushTlbCpus>;
    readonly flushTlbMmRange: Bound<typeof flushTlbMmRange>;
  };
  readonly doMmap: typeof doMmap;
  readonly doMunmap: Bound<typeof doMunmap>;
  readonly unmapRegion: Bound<typeof unmapRegion>;
  readonly handleMmFault: Bound<typeof handleMmFault>;
  readonly dupMmap: Bound<typeof dupMmap>;
  readonly migratePage: Bound<typeof migratePage>;
  readonly tryToUnmap: Bound<typeof tryToUnmap>;
  readonly mmput: Bound<typeof mmput>;
  readonly exitMm: Bound<typeof exitMm>;
  readonly oomReapTask: Bound<typeof oomReapTask>;
  readonly oomReapTaskMm: Bound<typeof oomReapTaskMm>;
  readonly ptepClearFlushYoungNotify: Bound<typeof ptepClearFlushYoungNotify>;
  readonly userLoad: Bound<typeof userLoad>;
  readonly userStore: Bound<typeof userStore>;
  readonly mmAlloc: () => Request<Mm | null>;
  readonly speculation: readonly Thread[];
  readonly setMapped: (memory: Memory, mm: Mm, page: number) => Page;
  readonly setProcess: (memory: Memory, cpus: readonly number[], mapped?: number) => Mm;
}

/** Lays out a system. @throws RangeError for a size out of range */
export function mmWorld(options: MmSystemOptions): MmWorld {
  const system = mmSystem(options);
  const bound =
    <A extends readonly unknown[], R>(
      call: (system: MmSystem, ...rest: A) => Request<R>,
    ): ((...rest: A) => Request<R>) =>
    (...rest) =>
      call(system, ...rest);
  return {
    ...system,
    parts: { ...system, flushTlbCpus: bound(flushTlbCpus), flushTlbMmRange: bound(flushTlbMmRange) },
    doMmap,
    doMunmap: bound(doMunmap),
    unmapRegion: bound(unmapRegion),
    handleMmFault: bound(handleMmFault),
    dupMmap: bound(dupMmap),
    migratePage: bound(migratePage),
    tryToUnmap: bound(tryToUnmap),
    mmput: bound(mmput),
    exitMm: bound(exitMm),
    oomReapTask: bound(oomReapTask),
    oomReapTaskMm: bound(oomReapTaskMm),
    ptepClearFlushYoungNotify: bound(ptepClearFlushYoungNotify),
    userLoad: bound(userLoad),
    userStore: bound(userStore),
    mmAlloc: () => mmAlloc(system),
    speculation: speculation(system),
    setMapped: (memory, mm, page) => setMapped(memory, system, mm, page),
    setProcess: (memory, cpus, mapped) => setProcess(memory, system, cpus, mapped),
  };
}
