/**
 * The allocator of kernel-tla's asidalloc.tla at its own steps: what the specification does at one label is one operation
 * here, named by the label. A local variable of its procedures is the answer of a label, and is forgotten where the function
 * ends that looks at it; so what a search stores is what TLC stores if dead values are reset.
 */
import { KernelBug, defineOperation, kfunc, type Kfunc, type Memory, type Request } from '@shootdown/machine';
import { entryOf, type TlaHardware } from './kernel-tla-cpu.js';
import { asidOf, contextId, generationOf, type TlaState } from './kernel-tla-state.js';

/** A procedure that answers the id under which the CPU shall run the task. */
type GetContext = Kfunc<[task: number, cpu: number], number>;

interface Parts {
  readonly state: TlaState;
  readonly hardware: TlaHardware;
}

/**
 * `check_and_switch_context` up to its label `fast_path`.
 *
 * @source arch/arm64/mm/context.c check_and_switch_context() v5.10
 */
export function tlaAllocator(state: TlaState, hardware: TlaHardware): GetContext {
  const parts = { state, hardware };
  const fastPath = fastPathOf(parts);
  const slowPath = slowPathOf(parts, newContextOf(parts));
  return kfunc('check_and_switch_context', function* (task: number, cpu: number) {
    const id = yield* fastPath(task, cpu);
    return id === 0 ? yield* slowPath(task, cpu) : id;
  });
}

/** Without the lock: answers 0 where it needs it. */
function fastPathOf({ state: { sizes, cpus, tasks, asidGeneration }, hardware }: Parts): GetContext {
  const begin = defineOperation({
    name: 'check_and_switch_context',
    run: (memory: Memory, task: number, cpu: number): readonly [id: number, oldActiveAsid: number] => {
      if (sizes.cnp) hardware.cpuSetReservedTtbr0(memory, cpu);
      return [memory.get(tasks[task].contextId), memory.get(cpus[cpu].activeAsid)];
    },
  });
  const checkCurrentGeneration = defineOperation({
    name: 'check_current_generation',
    target: () => asidGeneration,
    run: (memory: Memory, id: number, oldActiveAsid: number): boolean =>
      oldActiveAsid !== 0 && generationOf(id) === memory.get(asidGeneration),
  });
  const cmpxchgActiveAsids = defineOperation({
    name: 'cmpxchg_active_asids',
    target: (cpu: number) => cpus[cpu].activeAsid,
    run: (memory: Memory, cpu: number, oldActiveAsid: number, id: number): number => {
      const active = memory.get(cpus[cpu].activeAsid);
      if (active === oldActiveAsid) memory.set(cpus[cpu].activeAsid, id);
      return active;
    },
  });
  const checkRollOver = defineOperation({
    name: 'check_roll_over',
    run: (_memory: Memory, active: number): boolean => active !== 0,
  });

  const tryActive = kfunc('cmpxchg_active_asids', function* (task: number, cpu: number) {
    const [id, oldActiveAsid] = yield* begin(task, cpu);
    if (!(yield* checkCurrentGeneration(id, oldActiveAsid))) return null;
    return [id, yield* cmpxchgActiveAsids(cpu, oldActiveAsid, id)] as const;
  });
  return kfunc('check_and_switch_context_fast', function* (task: number, cpu: number) {
    const tried = yield* tryActive(task, cpu);
    if (tried === null) return 0;
    const [id, active] = tried;
    return (yield* checkRollOver(active)) ? id : 0;
  });
}

/** Under the lock. */
function slowPathOf({ state, hardware }: Parts, newContext: Kfunc<[task: number], number>): GetContext {
  const { sizes, cpus, tasks, cpuAsidLock, asidGeneration } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;

  const takeLock = defineOperation({
    name: 'slow_path',
    takesLock: true,
    target: guard,
    when: (memory: Memory, _task: number) => memory.get(cpuAsidLock) === 0,
    run: (memory: Memory, task: number): number => {
      memory.set(cpuAsidLock, memory.thread + 1);
      const id = memory.get(tasks[task].contextId);
      return generationOf(id) === memory.get(asidGeneration) ? id : 0;
    },
  });
  const storeId = defineOperation({
    name: 'check_and_switch_context_ret_new_context',
    guard,
    target: (task: number) => tasks[task].contextId,
    run: (memory: Memory, task: number, id: number): void => {
      memory.set(tasks[task].contextId, id);
    },
  });
  const flushIfPending = defineOperation({
    name: 'tlb_flush_pending',
    guard,
    target: (cpu: number) => cpus[cpu].tlbFlushPending,
    run: (memory: Memory, cpu: number): void => {
      if (!memory.get(cpus[cpu].tlbFlushPending)) return;
      memory.set(cpus[cpu].tlbFlushPending, false);
      if (sizes.cnp) hardware.flushTlbAll(memory);
      else hardware.localFlushTlbAll(memory, cpu);
    },
  });
  const setActiveAsids = defineOperation({
    name: 'set_active_asids',
    target: (cpu: number) => cpus[cpu].activeAsid,
    run: (memory: Memory, cpu: number, id: number): void => {
      memory.set(cpus[cpu].activeAsid, id);
      memory.set(cpuAsidLock, 0);
    },
  });

  const currentContext = kfunc('slow_path', function* (task: number) {
    const current = yield* takeLock(task);
    if (current !== 0) return current;
    const id = yield* newContext(task);
    yield* storeId(task, id);
    return id;
  });
  return kfunc('check_and_switch_context_slow', function* (task: number, cpu: number) {
    const id = yield* currentContext(task);
    yield* flushIfPending(cpu);
    yield* setActiveAsids(cpu, id);
    return id;
  });
}

/** `new_context`. The caller holds the lock. */
function newContextOf(parts: Parts): Kfunc<[task: number], number> {
  const { asidGeneration, asidMap, curIdx, cpuAsidLock, sizes } = parts.state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const keepAsid = keepAsidOf(parts);
  const rollOver = rollOverOf(parts);

  /** The first free ASID from one on; 0 if there is none. */
  const search = (memory: Memory, from: number): number => {
    const map = memory.get(asidMap);
    for (let asid = from; asid < sizes.asids; asid++) if ((map & entryOf(asid)) === 0) return asid;
    return 0;
  };
  const allocateFreeAsid = defineOperation({
    name: 'new_context_allocate_free_asid',
    guard,
    target: () => asidMap,
    run: (memory: Memory): number => search(memory, memory.get(curIdx)),
  });
  const retFlushContext = defineOperation({
    name: 'new_context_ret_flush_context',
    guard,
    target: () => asidMap,
    run: (memory: Memory): number => {
      const asid = search(memory, 1);
      if (asid === 0) throw new KernelBug('invariant', 'FreeAsidAfterRollover', 'no ASID is free after a rollover');
      return asid;
    },
  });
  const setAsid = defineOperation({
    name: 'set_asid',
    guard,
    target: () => asidMap,
    run: (memory: Memory, asid: number): number => {
      memory.set(asidMap, (memory.get(asidMap) | entryOf(asid)) >>> 0);
      memory.set(curIdx, asid);
      return contextId(asid, memory.get(asidGeneration));
    },
  });

  const freeAsid = kfunc('new_context_allocate', function* () {
    const asid = yield* allocateFreeAsid();
    if (asid !== 0) return asid;
    yield* rollOver();
    return yield* retFlushContext();
  });
  return kfunc('new_context', function* (task: number) {
    const kept = yield* keepAsid(task);
    if (kept !== 0) return kept;
    return yield* setAsid(yield* freeAsid());
  });
}

/** The task's former ASID in this generation, if it may keep it, else 0. */
function keepAsidOf({ state }: Parts): Kfunc<[task: number], number> {
  const { cpus, tasks, asidGeneration, asidMap, cpuAsidLock } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const readId = defineOperation({
    name: 'new_context',
    guard,
    target: (task: number) => tasks[task].contextId,
    run: (memory: Memory, task: number): readonly [id: number, generation: number] => [
      memory.get(tasks[task].contextId),
      memory.get(asidGeneration),
    ],
  });
  const begin = label('check_update_reserved_asid', state);
  const updateReserved = defineOperation({
    name: 'check_update_reserved_asid_for_each_cpu',
    guard,
    target: (cpu: number) => cpus[cpu].reservedAsid,
    run: (memory: Memory, cpu: number, id: number, newId: number): boolean => {
      if (memory.get(cpus[cpu].reservedAsid) !== id) return false;
      memory.set(cpus[cpu].reservedAsid, newId);
      return true;
    },
  });
  const end = label('check_update_reserved_asid_for_each_cpu', state);
  const ret = label('new_context_ret_from_check_update_reserved_asid', state);
  const testAndSet = defineOperation({
    name: 'new_context_ret_from_check_update_reserved_asid_end',
    guard,
    target: () => asidMap,
    run: (memory: Memory, asid: number): boolean => {
      const map = memory.get(asidMap);
      memory.set(asidMap, (map | entryOf(asid)) >>> 0);
      return (map & entryOf(asid)) !== 0;
    },
  });
  const done = label('new_context_return', state);

  const checkUpdateReservedAsid = kfunc('check_update_reserved_asid', function* (id: number, newId: number) {
    yield* begin();
    let isReserved = false;
    for (const cpu of cpus.keys()) if (yield* updateReserved(cpu, id, newId)) isReserved = true;
    yield* end();
    return isReserved;
  });
  return kfunc('new_context_keep', function* (task: number) {
    const [id, generation] = yield* readId(task);
    if (id === 0) return 0;
    const newId = contextId(asidOf(id), generation);
    const isReserved = yield* checkUpdateReservedAsid(id, newId);
    yield* ret();
    if (isReserved) return newId;
    if (yield* testAndSet(asidOf(id))) return 0;
    yield* done();
    return newId;
  });
}

/** `new_context_out_of_asids` and `flush_context`. */
function rollOverOf({ state }: Parts): Kfunc<[], void> {
  const { cpus, asidGeneration, asidMap, cpuAsidLock } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const outOfAsids = defineOperation({
    name: 'new_context_out_of_asids',
    guard,
    target: () => asidGeneration,
    run: (memory: Memory): void => {
      memory.set(asidGeneration, memory.get(asidGeneration) + 1);
    },
  });
  const clearMap = defineOperation({
    name: 'flush_context',
    guard,
    target: () => asidMap,
    run: (memory: Memory): void => {
      memory.set(asidMap, 0);
    },
  });
  const takeActive = defineOperation({
    name: 'flush_context_for_each_cpu',
    target: (cpu: number) => cpus[cpu].activeAsid,
    run: (memory: Memory, cpu: number): number => {
      const id = memory.get(cpus[cpu].activeAsid);
      memory.set(cpus[cpu].activeAsid, 0);
      return id;
    },
  });
  const reserve = defineOperation({
    name: 'flush_context_asid0_check',
    guard,
    target: (cpu: number) => cpus[cpu].reservedAsid,
    run: (memory: Memory, cpu: number, active: number): void => {
      const { reservedAsid } = cpus[cpu];
      const id = active === 0 ? memory.get(reservedAsid) : active;
      memory.set(asidMap, (memory.get(asidMap) | entryOf(asidOf(id))) >>> 0);
      memory.set(reservedAsid, id);
    },
  });
  const setPending = defineOperation({
    name: 'flush_context_for_each_cpu',
    guard,
    run: (memory: Memory): void => {
      for (const { tlbFlushPending } of cpus) memory.set(tlbFlushPending, true);
    },
  });

  const flushCpu = kfunc('flush_context_for_each_cpu', function* (cpu: number) {
    yield* reserve(cpu, yield* takeActive(cpu));
  });
  return kfunc('flush_context', function* () {
    yield* outOfAsids();
    yield* clearMap();
    for (const cpu of cpus.keys()) yield* flushCpu(cpu);
    yield* setPending();
  });
}

/** A label at which nothing is done but to go on: it is a step of the specification, under the lock. */
function label(name: string, { cpuAsidLock }: TlaState): () => Request<void> {
  return defineOperation({ name, guard: () => cpuAsidLock, run: (): void => undefined });
}
