/** What must hold in a machine of the allocator, by the names that the kernel's TLA+ model has for it. */
import { hweight32 } from '@shootdown/bits';
import type { Invariant, MemoryReader } from '@shootdown/machine';
import { userAsid } from './asid-encoding.js';
import type { Mm } from './asid-state.js';
import type { AsidMachine } from './asid-machine.js';
import type { MmLifetime } from './mm-lifetime.js';

type Invariants = Record<string, Invariant>;

/** The invariants that apply to a machine: those of devices, of shared TLBs, of unmapped pages and of ends where it has some. */
export function asidInvariants(machine: AsidMachine): Invariants {
  return {
    ...cpuInvariants(machine),
    ...(machine.devices.length > 0 ? deviceInvariants(machine) : {}),
    ...(machine.options.cnp === true ? sharedTlbInvariants(machine) : {}),
    ...(machine.options.unmaps !== true ? {} : unmapInvariants(machine)),
    ...(machine.lifetime === undefined ? {} : lifetimeInvariants(machine, machine.lifetime)),
  };
}

/** How sentences call an address space: by its task. */
function namesOf({ mms }: AsidMachine): (mm: Mm | null) => string {
  return (mm) => (mm === null ? 'nothing' : `T${mms.indexOf(mm)}`);
}

function cpuInvariants(machine: AsidMachine): Invariants {
  const { cpus } = machine.mmu;
  const nameOf = namesOf(machine);
  return {
    UniqueASIDPerCPU: (memory) => {
      const cpu = cpus.findIndex(({ mixed }) => memory.get(mixed) !== 0);
      return cpu < 0 || `P${cpu} has translations of two tasks under ASID ${memory.get(cpus[cpu].mixed) - 1}`;
    },
    SameASIDActiveTask: (memory) => {
      for (const [a, one] of cpus.entries()) {
        const task = memory.get(one.running);
        if (task === null) continue;
        for (let b = a + 1; b < cpus.length; b++) {
          const [first, second] = [memory.get(one.runningAsid), memory.get(cpus[b].runningAsid)];
          if (memory.get(cpus[b].running) === task && first !== second)
            return `${nameOf(task)} runs on P${a} under ASID ${first} and on P${b} under ASID ${second}`;
        }
      }
      return true;
    },
  };
}

function deviceInvariants(machine: AsidMachine): Invariants {
  const { mms, devices, context, options } = machine;
  const { devicesEach = 1, kptiCap = options.kpti } = options;
  const kpti = kptiCap === true;
  const { encoding, state } = context;
  const nameOf = namesOf(machine);
  const mmOf = (device: number): Mm => mms[Math.floor(device / devicesEach)];
  const kernelHalf = (asid: number): number => (kpti ? asid & ~1 : asid);
  const asidOf = (memory: MemoryReader, mm: Mm): number => encoding.asidOf(memory.get(mm.context.id));
  /** The first device in use that `breaks` complains of. */
  const eachDevice =
    (breaks: (memory: MemoryReader, asid: number, device: number, mm: Mm) => string | undefined): Invariant =>
    (memory) => {
      for (const [i, device] of devices.entries()) {
        const asid = memory.get(device.asid);
        const broken = asid === 0 ? undefined : breaks(memory, asid, i, mmOf(i));
        if (broken !== undefined) return broken;
      }
      return true;
    };
  return {
    DevAsidStable: eachDevice((memory, asid, i, mm) => {
      const now = kernelHalf(asidOf(memory, mm));
      return kernelHalf(asid) === now
        ? undefined
        : `device ${i} uses ASID ${asid} for ${nameOf(mm)}, which has ASID ${now} now`;
    }),
    DevAsidIsUser: eachDevice((_memory, asid, i) =>
      userAsid(asid, kpti) === asid
        ? undefined
        : `device ${i} uses ASID ${asid}, the kernel's of its pair: invalidations of user pages name ${userAsid(asid, kpti)}`,
    ),
    DevAsidExclusive: eachDevice((memory, asid, i, mm) => {
      const generation = memory.get(state.asidGeneration);
      const other = mms.find(
        (each) =>
          each !== mm &&
          encoding.genMatch(memory.get(each.context.id), generation) &&
          asidOf(memory, each) === kernelHalf(asid),
      );
      return other === undefined
        ? undefined
        : `device ${i} uses ASID ${asid} for ${nameOf(mm)}, and ${nameOf(other)} has it in this generation`;
    }),
    PinsAreLimited: (memory) => {
      const most = memory.get(state.maxPinnedAsids);
      return most < BigInt(encoding.numUserAsids) || `${most} pins are allowed, of ${encoding.numUserAsids} ASIDs`;
    },
    PinnedCount: (memory) => {
      if (memory.get(state.cpuAsidLock) !== 0) return true;
      const odd = kpti ? 0x5555_5555 : 0xffff_ffff;
      const bits = state.pinnedAsidMap.reduce((sum, word) => sum + hweight32((memory.get(word) & odd) >>> 0), 0);
      const [count, most] = [memory.get(state.nrPinnedAsids), memory.get(state.maxPinnedAsids)];
      return (bits === count && BigInt(count) <= most) || `${bits} ASIDs are pinned, ${count} counted, ${most} allowed`;
    },
  };
}

/** Shared TLBs: what one CPU loads, the others find. */
function sharedTlbInvariants(machine: AsidMachine): Invariants {
  const { cpus } = machine.mmu;
  const nameOf = namesOf(machine);
  return {
    UniqueASIDAllCPUs: (memory) => {
      for (let asid = 0; asid < cpus[0].tlb.length; asid++) {
        const tasks = new Set(cpus.map(({ tlb }) => memory.get(tlb[asid])).filter((mm) => mm !== null));
        if (tasks.size > 1)
          return `the shared TLB has translations of ${[...tasks].map(nameOf).join(' and ')} under ASID ${asid}`;
      }
      return true;
    },
    UniqueASIDActiveTask: (memory) => {
      for (const [a, one] of cpus.entries())
        for (let b = a + 1; b < cpus.length; b++) {
          const [first, second] = [memory.get(one.running), memory.get(cpus[b].running)];
          if (first === null || second === null || first === second) continue;
          if (memory.get(one.runningAsid) === memory.get(cpus[b].runningAsid))
            return `${nameOf(first)} on P${a} and ${nameOf(second)} on P${b} run under one ASID, ${memory.get(one.runningAsid)}`;
        }
      return true;
    },
  };
}

/** A page that was unmapped, and invalidated under the ASID of its address space, is in the TLB of nobody who could use it. */
function unmapInvariants(machine: AsidMachine): Invariants {
  const nameOf = namesOf(machine);
  return {
    TLBEmptyInvalPTE: (memory) => {
      for (const [i, cpu] of machine.mmu.cpus.entries()) {
        const mm = memory.get(cpu.running);
        if (mm === null || !memory.get(mm.isGone)) continue;
        const asid = memory.get(cpu.runningAsid);
        if (memory.get(cpu.tlb[asid]) === mm)
          return `P${i} runs ${nameOf(mm)} and finds its unmapped page under ASID ${asid}`;
      }
      return true;
    },
  };
}

/** Who runs in an address space that is new finds nothing in the TLB, for nothing was mapped; and nobody is left with the old. */
function lifetimeInvariants(machine: AsidMachine, { isFree }: MmLifetime): Invariants {
  const { mms, mmu, context } = machine;
  const { cpuAsidLock, pinnedAsidMap } = context.state;
  const nameOf = namesOf(machine);
  return {
    NewMmFindsNothing: (memory) => {
      for (const [i, cpu] of mmu.cpus.entries()) {
        const mm = memory.get(cpu.running);
        if (mm === null || !memory.get(mm.isGone)) continue;
        const asid = memory.get(cpu.runningAsid);
        const found = memory.get(cpu.tlb[asid]);
        if (found !== null)
          return `P${i} runs the new ${nameOf(mm)} under ASID ${asid} and finds a translation of ${found === mm ? 'the old' : nameOf(found)}`;
      }
      return true;
    },
    TablesAreHeld: (memory) => {
      if (!isFree(memory)) return true;
      const cpu = mmu.cpus.findIndex(({ ttbr0 }) => memory.get(ttbr0) === mms[0]);
      return cpu < 0 || `P${cpu} walks the tables of ${nameOf(mms[0])}, whose memory is free`;
    },
    PinsHaveOwners: (memory) => {
      if (memory.get(cpuAsidLock) !== 0) return true;
      const bits = pinnedAsidMap.reduce((sum, word) => sum + hweight32(memory.get(word)), 0);
      const owners = mms.filter(({ context: { pinned } }) => memory.get(pinned) !== 0).length;
      return bits === owners || `${bits} ASIDs are pinned, and ${owners} address spaces have pins`;
    },
  };
}
