/** The six invariants of kernel-tla's asidalloc.tla, by their names. */
import type { Invariant, MemoryReader } from '@shootdown/machine';
import { asidsOf, entryOf } from './kernel-tla-cpu.js';
import { PTE, asidOf, generationOf, type TlaState } from './kernel-tla-state.js';

type Invariants = Readonly<Record<string, Invariant>>;

/** The invariants: those of shared TLBs where they are. */
export function tlaInvariants(state: TlaState): Invariants {
  return {
    TypeInv: typeInv(state),
    UniqueASIDPerCPU: uniqueAsidPerCpu(state),
    SameASIDActiveTask: sameAsidActiveTask(state),
    TLBEmptyInvalPTE: tlbEmptyInvalPte(state),
    ...(state.sizes.cnp
      ? { UniqueASIDAllCPUs: uniqueAsidAllCpus(state), UniqueASIDActiveTask: uniqueAsidActiveTask(state) }
      : {}),
  };
}

/** Every variable has a value of its type: in the TLB no ASID 0, which is reserved, nowhere an ASID that there is not. */
function typeInv({ sizes: { asids }, cpus, tasks, asidMap, curIdx, asidGeneration }: TlaState): Invariant {
  const isEntries = (entries: number): boolean => (entries & 1) === 0 && isMap(entries);
  const isMap = (map: number): boolean => asids === 32 || map < entryOf(asids);
  return (memory) => {
    const generation = memory.get(asidGeneration);
    const isId = (id: number): boolean => asidOf(id) < asids && generationOf(id) <= generation;
    const [map, index] = [memory.get(asidMap), memory.get(curIdx)];
    if (!isMap(map) || index < 1 || index >= asids || generation < 1)
      return `the map is ${map.toString(2)}, the search begins at ${index}, the generation is ${generation}`;
    for (const [i, { contextId, pte }] of tasks.entries())
      if (!isId(memory.get(contextId)) || memory.get(pte) > PTE.INVALIDATED)
        return `T${i} has the context id ${memory.get(contextId)} and the page ${memory.get(pte)}`;
    for (const [i, { activeAsid, reservedAsid, task, asid, tlb }] of cpus.entries()) {
      if (!isId(memory.get(activeAsid)) || !isId(memory.get(reservedAsid)))
        return `P${i} has the active ASID ${memory.get(activeAsid)} and the reserved one ${memory.get(reservedAsid)}`;
      if (memory.get(task) > tasks.length || memory.get(asid) >= asids)
        return `P${i} runs T${memory.get(task) - 1} under ASID ${memory.get(asid)}`;
      for (const [of, entries] of tlb.entries())
        if (!isEntries(memory.get(entries)))
          return `P${i} has translations of T${of} under ASID ${asidsOf(memory.get(entries)).join(', ')}`;
    }
    return true;
  };
}

/** Two entries of a CPU's TLB with one ASID belong to one task. */
function uniqueAsidPerCpu({ cpus }: TlaState): Invariant {
  return (memory) => {
    for (const [i, { tlb }] of cpus.entries()) {
      let before = 0;
      for (const entries of tlb) {
        const both = before & memory.get(entries);
        if (both !== 0) return `P${i} has translations of two tasks under ASID ${asidsOf(both).join(', ')}`;
        before |= memory.get(entries);
      }
    }
    return true;
  };
}

/** A task that two CPUs run, both outside the switch code, has one ASID. */
function sameAsidActiveTask(state: TlaState): Invariant {
  return eachPair(state, (memory, a, b) => {
    const [first, second] = [state.cpus[a], state.cpus[b]];
    const task = memory.get(first.task);
    if (task !== memory.get(second.task) || memory.get(first.isSwitching) || memory.get(second.isSwitching))
      return true;
    const [one, other] = [memory.get(first.asid), memory.get(second.asid)];
    return one === other || `T${task - 1} runs on P${a} under ASID ${one} and on P${b} under ASID ${other}`;
  });
}

/** With CnP: two tasks that two CPUs run have two ASIDs. */
function uniqueAsidActiveTask(state: TlaState): Invariant {
  return eachPair(state, (memory, a, b) => {
    const [first, second] = [memory.get(state.cpus[a].task), memory.get(state.cpus[b].task)];
    if (first === second) return true;
    const asid = memory.get(state.cpus[a].asid);
    return (
      asid !== memory.get(state.cpus[b].asid) ||
      `T${first - 1} on P${a} and T${second - 1} on P${b} run under ASID ${asid}`
    );
  });
}

/** Every two CPUs of which neither has the reserved tables. */
function eachPair({ cpus }: TlaState, holds: (memory: MemoryReader, a: number, b: number) => true | string): Invariant {
  return (memory) => {
    for (let a = 0; a < cpus.length; a++) {
      if (memory.get(cpus[a].task) === 0) continue;
      for (let b = a + 1; b < cpus.length; b++) {
        if (memory.get(cpus[b].task) === 0) continue;
        const answer = holds(memory, a, b);
        if (answer !== true) return answer;
      }
    }
    return true;
  };
}

/** With CnP: in all TLBs together, a task has one ASID and an ASID one task. */
function uniqueAsidAllCpus({ cpus, tasks }: TlaState): Invariant {
  return (memory) => {
    let before = 0;
    for (const task of tasks.keys()) {
      const entries = cpus.reduce((all, { tlb }) => all | memory.get(tlb[task]), 0);
      if ((entries & (entries - 1)) !== 0)
        return `T${task} has translations under ASIDs ${asidsOf(entries).join(', ')}`;
      if ((entries & before) !== 0) return `two tasks have translations under ASID ${asidsOf(entries).join(', ')}`;
      before |= entries;
    }
    return true;
  };
}

/** After a page is unmapped and its ASID invalidated, no TLB has an entry of a task that runs under the ASID it has. */
function tlbEmptyInvalPte({ cpus, tasks }: TlaState): Invariant {
  return (memory) => {
    for (const { task: running } of cpus) {
      const task = memory.get(running) - 1;
      if (task < 0 || memory.get(tasks[task].pte) !== PTE.INVALIDATED) continue;
      const asid = asidOf(memory.get(tasks[task].contextId));
      const holder = cpus.findIndex(({ tlb }) => (memory.get(tlb[task]) & entryOf(asid)) !== 0);
      if (holder >= 0) return `P${holder} has a translation of T${task} under ASID ${asid} after it was invalidated`;
    }
    return true;
  };
}
