/** A machine of CPUs, tasks and devices around the allocator, and what must hold of it. */
import {
  Layout,
  choose,
  defineOperation,
  kfunc,
  runDirect,
  u8,
  type Kfunc,
  type Memory,
  type MemoryReader,
  type Request,
  type ScalarSet,
  type ScalarType,
  type System,
  type Thread,
} from '@shootdown/machine';
import { userAsid, type AsidVersion } from './asid-encoding.js';
import { MmStruct, ReusedMmStruct, type Mm } from './asid-state.js';
import {
  asidContext,
  asidsInit,
  asidsUpdateLimit,
  checkAndSwitchContext,
  type AsidContext,
  type FlushSteps,
} from './context.js';
import { mmLifetime, type MmLifetime } from './mm-lifetime.js';
import { mmu, type Mmu } from './mmu.js';
import { smmuDevices, smmuDriver, type Device } from './smmu.js';
import { unmap } from './unmap.js';

/** What the last CPU may do: anything; switch once; have switched once, to task 0, before the story begins. */
export type Environment = 'full' | 'one-shot' | 'first-shot';

/** How large a machine is. */
export interface AsidMachineOptions {
  readonly version?: AsidVersion;
  readonly cpus: number;
  readonly tasks: number;
  /** Size of the bitmap, index 0 counted. */
  readonly asids: number;
  /** Rollovers, plus one. */
  readonly generations: number;
  /** Tasks, from 0 on, whose address space a device shares; default 0. */
  readonly pins?: number;
  /** Devices that share each of them; default 1. */
  readonly devicesEach?: number;
  /** How often each shares it: once, or 0 for ever; default 0. */
  readonly shares?: 0 | 1;
  /** Whether KPTI is built in and on; default false. */
  readonly kpti?: boolean;
  /** Whether KPTI, built in, turns out to be on; default yes. */
  readonly kptiCap?: boolean;
  /** asids_update_limit() is a thread, so that processes may run before it; default it is done before the story begins. */
  readonly hasLateLimit?: boolean;
  /** CPUs tell more ASIDs apart than the allocator gives: twice as many bits of a context id reach them; default false. */
  readonly isWide?: boolean;
  /** Whether a thread unmaps the page of task 0, once; default none does. */
  readonly unmaps?: boolean;
  /** Whether the process of task 0 ends and another gets its memory, once; default it never ends. */
  readonly exits?: boolean;
  readonly cnp?: boolean;
  readonly env?: Environment;
  /** How a rollover takes the CPUs' slots; default `at-once`. */
  readonly flush?: FlushSteps;
  /** The new ASID is written while the old tables are walked. */
  readonly keepsTtbr0?: boolean;
}

/** The allocator, and the CPUs, tasks, devices and drivers around it. */
export interface AsidMachine {
  readonly options: AsidMachineOptions;
  readonly layout: Layout;
  readonly mms: readonly Mm[];
  readonly mmu: Mmu;
  readonly context: AsidContext;
  /** Device `i` shares the address space of task `floor(i / devicesEach)`. */
  readonly devices: readonly Device[];
  /** What a CPU does for ever: pick a task, switch to it. */
  readonly schedule: Kfunc<[cpu: number], void>;
  /** Switches a CPU to a task. */
  readonly switchTo: Kfunc<[task: number, cpu: number], void>;
  /** What a device's driver does for ever. */
  readonly share: Kfunc<[mm: Mm, device: number], void>;
  /** asids_update_limit(), as a thread. */
  readonly updateLimit: Kfunc<[], void>;
  /** What the thread that unmaps does. */
  readonly unmap: Kfunc<[mm: Mm], void>;
  /** The life of task 0's process, if it ends. */
  readonly lifetime?: MmLifetime;
  /** Boots, and maps every page. */
  readonly init: (memory: Memory) => void;
  /** The highest generation there may be. */
  readonly within: (memory: MemoryReader) => boolean;
}

/** Lays out a machine. */
export function asidMachine(options: AsidMachineOptions): AsidMachine {
  const { cpus, tasks, asids, generations, pins = 0, devicesEach = 1, kpti = false, cnp = false } = options;
  const { version = 'merged', kptiCap = kpti, exits = false } = options;
  const layout = new Layout();
  const mmStruct = exits ? ReusedMmStruct : MmStruct;
  const mms = layout.array<typeof MmStruct>('mm', mmStruct, tasks) as readonly Mm[];
  const hardware: { mmu?: Mmu } = {};
  const asidBits = 32 - Math.clz32(asids - 1);
  const isOfPairs = version === 'seed_v2' && kpti;
  const context = asidContext(
    layout,
    {
      version,
      cpus,
      asidBits,
      asids: isOfPairs ? asids >> 1 : asids,
      kptiConfig: kpti,
      kptiCap,
      cnp,
      flush: options.flush,
    },
    {
      localFlushTlbAll: (cpu) => (hardware.mmu as Mmu).localFlushTlbAll(cpu),
      cpuSetReservedTtbr0: (cpu) => (hardware.mmu as Mmu).cpuSetReservedTtbr0(cpu),
      cpuSwitchMm: (mm, cpu) => (hardware.mmu as Mmu).cpuSwitchMm(mm, cpu),
    },
  );
  const { firstVersion } = context.encoding;
  const hardwareBits = options.isWide === true ? 2 * asidBits : asidBits;
  const cores = mmu(
    layout,
    {
      cpus,
      mmStruct,
      hardwareAsids: options.isWide === true ? 1 << hardwareBits : asids,
      asidOf: (id) => userAsid(Number(BigInt.asUintN(hardwareBits, id)), kptiCap),
      isShared: cnp,
      keepsTtbr0: options.keepsTtbr0,
    },
    context.state.cpuAsidLock,
  );
  hardware.mmu = cores;
  const devices = smmuDevices(layout, pins * devicesEach);
  const lifetime = exits ? mmLifetime(layout, { mms, context, mmu: cores, devices }) : undefined;
  const switchMm = kfunc('switch_mm', function* (task: number, cpu: number) {
    if ((yield* cores.activeMm(cpu)) === mms[task]) return;
    yield* cores.setActiveMm(cpu, mms[task]);
    yield* checkAndSwitchContext(context, mms[task], cpu);
  });
  const switchTo = lifetime?.contextSwitch ?? switchMm;
  const updateLimit = defineOperation({
    name: 'asids_update_limit',
    run: (memory: Memory): void => {
      asidsUpdateLimit(context, memory);
    },
  });
  const chosen = u8.memberOf('tasks', alikeTasks(options));
  return {
    options,
    layout,
    mms,
    mmu: cores,
    context,
    devices,
    switchTo,
    schedule: kfunc('schedule', function* (cpu: number) {
      yield* switchTo(yield* chooseTask(chosen, tasks), cpu);
    }),
    share: lifetime?.share ?? smmuDriver(context, devices),
    updateLimit: kfunc('arch_initcall', function* () {
      yield* updateLimit();
    }),
    unmap: unmap(context, cores),
    ...(lifetime === undefined ? {} : { lifetime }),
    init: (memory) => {
      for (const mm of mms) memory.set(mm.pte, true);
      lifetime?.begin(memory);
      asidsInit(context, memory);
      if (options.hasLateLimit !== true) asidsUpdateLimit(context, memory);
      if (options.env === 'first-shot') runDirect(memory, switchTo(0, cpus - 1));
    },
    within: (memory) => memory.get(context.state.asidGeneration) <= firstVersion * BigInt(generations),
  };
}

/**
 * Tasks that no device shares are interchangeable, except task 0 where it runs at first, is unmapped or exits. If devices share
 * all of them, all are.
 */
function alikeTasks(options: AsidMachineOptions): readonly number[] {
  const { tasks, pins = 0 } = options;
  const first = singlesOutTask(options) ? Math.max(pins, 1) : pins % tasks;
  return Array.from({ length: tasks - first }, (_, i) => first + i);
}

/** Whether something is about task 0 in particular, other than a device. */
function singlesOutTask({ env, unmaps, exits }: AsidMachineOptions): boolean {
  return env === 'first-shot' || unmaps === true || exits === true;
}

function chooseTask(type: ScalarType<number>, tasks: number): Request<number> {
  const request = choose(tasks, 'pick task');
  request.type = type as ScalarType<unknown>;
  return request;
}

/** The threads: one a CPU, then one a device, by the environment; and who is like whom. */
export function asidThreads(machine: AsidMachine): Required<Pick<System, 'threads' | 'symmetries'>> {
  const { options, mms, devices, context, mmu: cores, lifetime } = machine;
  const { cpus, tasks, env = 'full', pins = 0, devicesEach = 1, shares = 0 } = options;
  const free = env === 'full' ? cpus : cpus - 1;
  const cpuThread = (cpu: number): Thread => ({
    name: `P${cpu}`,
    run: () => machine.schedule(cpu),
    repeat: cpu < free,
  });
  const running = env === 'first-shot' ? free : cpus;
  const threads: Thread[] = [
    ...Array.from({ length: running }, (_, cpu) => cpuThread(cpu)),
    ...devices.map((_, i) => {
      const task = Math.floor(i / devicesEach);
      const name = devicesEach === 1 ? `dev T${task}` : `dev T${task}.${i % devicesEach}`;
      return { name, run: () => machine.share(mms[task], i), repeat: shares === 0 };
    }),
    ...(options.unmaps !== true ? [] : [{ name: 'unmap T0', run: () => machine.unmap(mms[0]) }]),
    ...(lifetime === undefined ? [] : [{ name: 'exit T0', run: () => lifetime.exitAndReuse() }]),
    ...(options.hasLateLimit === true ? [{ name: 'boot', run: () => machine.updateLimit() }] : []),
  ];
  const { activeAsids, reservedAsids, tlbFlushPending } = context.state;
  const alike = alikeTasks(options);
  const own = (of: number): number[] => alike.map((task) => task * devicesEach + of);
  const perTask =
    pins === tasks && !singlesOutTask(options) ? Array.from({ length: devicesEach }, (_, of) => own(of)) : [];
  const symmetries: ScalarSet[] = [
    {
      name: 'cpus',
      size: free,
      threads: [Array.from({ length: free }, (_, cpu) => cpu)],
      objects: [cores.cpus, activeAsids, reservedAsids, tlbFlushPending].map((each) => each.slice(0, free)),
    },
    {
      name: 'tasks',
      size: alike.length,
      threads: perTask.map((group) => group.map((device) => running + device)),
      objects: [alike.map((task) => mms[task]), ...perTask.map((group) => group.map((device) => devices[device]))],
    },
  ];
  // The kernel takes slots in the order of CPUs.
  const singlesOutCpu = options.flush === 'cpu-by-cpu';
  return { threads, symmetries: symmetries.slice(singlesOutCpu ? 1 : 0).filter(({ size }) => size > 1) };
}
