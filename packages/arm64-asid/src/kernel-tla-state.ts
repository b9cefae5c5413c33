/**
 * The variables of kernel-tla's asidalloc.tla, by the kernel's names where it has them. A context id is one number: the ASID
 * in its low bits, the generation above, 0 for none. A TLB has, for each task, a set of ASIDs, one bit each.
 */
import { spinlockT } from '@shootdown/kernel/model';
import {
  array,
  bool,
  struct,
  u16,
  u32,
  u8,
  type Cell,
  type Handle,
  type Layout,
  type ScalarType,
} from '@shootdown/machine';

const LOCK = 'cpu_asid_lock';
const ASID_BITS = 5;
/** ASIDs there can be, 0 counted. */
export const MOST_ASIDS: number = 2 ** ASID_BITS;

/** The context id of an ASID in a generation. */
export const contextId = (asid: number, generation: number): number => (generation << ASID_BITS) | asid;
/** The ASID of a context id. */
export const asidOf = (id: number): number => id & (MOST_ASIDS - 1);
/** The generation of a context id; 0 where there never was one. */
export const generationOf = (id: number): number => id >>> ASID_BITS;

/** `pte`: what there is of a task's page. */
export const PTE = { MAPPED: 0, UNMAPPED: 1, INVALIDATED: 2 } as const;

/** What the specification is checked for. */
export interface TlaSizes {
  readonly cpus: number;
  readonly tasks: number;
  /** ASIDs there are, 0 counted. */
  readonly asids: number;
  /** The highest generation there may be; the first is 1. */
  readonly generations: number;
  /** Whether CPUs share their TLBs. */
  readonly cnp: boolean;
}

/** One task. */
export interface TlaTask extends Handle {
  /** `mm_context_id` */
  readonly contextId: Cell<number>;
  /** One of {@link PTE}. */
  readonly pte: Cell<number>;
}

/** One CPU. */
export interface TlaCpu extends Handle {
  /** `active_asids`; 0 when a rollover took it. */
  readonly activeAsid: Cell<number>;
  /** `reserved_asids` */
  readonly reservedAsid: Cell<number>;
  readonly tlbFlushPending: Cell<boolean>;
  /** `active_mm.task`: number of the task whose tables are walked, plus one; 0 for nobody's. */
  readonly task: Cell<number>;
  /** `active_mm.asid` */
  readonly asid: Cell<number>;
  /** By task: the ASIDs under which a translation of it is there. */
  readonly tlb: readonly Cell<number>[];
  /** Whether the program counter is elsewhere than at `sched_loop`. */
  readonly isSwitching: Cell<boolean>;
}

/** All variables. */
export interface TlaState {
  readonly sizes: TlaSizes;
  readonly layout: Layout;
  readonly cpuAsidLock: Cell<number>;
  readonly asidGeneration: Cell<number>;
  /** One bit an ASID. */
  readonly asidMap: Cell<number>;
  readonly curIdx: Cell<number>;
  readonly cpus: readonly TlaCpu[];
  readonly tasks: readonly TlaTask[];
  /** The numbers of tasks, from 0. */
  readonly taskNumber: ScalarType<number>;
}

/** Places the variables, all zeros. */
export function tlaState(layout: Layout, sizes: TlaSizes): TlaState {
  const numbers = Array.from({ length: sizes.tasks }, (_, task) => task);
  const runningTask = u8.memberOf(
    'tasks',
    numbers.map((task) => task + 1),
  );
  const TaskStruct = struct('task', { contextId: u16.writesGuardedBy(LOCK), pte: u8 });
  const CpuStruct = struct('cpu', {
    activeAsid: u16,
    reservedAsid: u16.guardedBy(LOCK),
    tlbFlushPending: bool.guardedBy(LOCK),
    task: runningTask,
    asid: u8,
    tlb: array(u32, sizes.tasks),
    isSwitching: bool.ghost(),
  });
  return {
    sizes,
    layout,
    taskNumber: u8.memberOf('tasks', numbers),
    cpuAsidLock: layout.one(LOCK, spinlockT),
    asidGeneration: layout.one('asid_generation', u16.writesGuardedBy(LOCK)),
    asidMap: layout.one('asid_map', u32.guardedBy(LOCK)),
    curIdx: layout.one('cur_idx', u8.guardedBy(LOCK)),
    cpus: layout.array<typeof CpuStruct>('cpu', CpuStruct, sizes.cpus),
    tasks: layout.array<typeof TaskStruct>('task', TaskStruct, sizes.tasks),
  };
}
