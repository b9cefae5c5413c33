/** The hardware as threads: register engines that complete ATSDs in any order, GPUs that fill their TLBs at any moment. */
import {
  defineOperation,
  kfunc,
  type AnyCell,
  type Cell,
  type Memory,
  type Request,
  type Thread,
} from '@shootdown/machine';
import { complete, fill, hasEntry, type NpuDma } from './npu-platform.js';

/** One thread for each ATSD register: what was launched there completes, sooner or later. */
export function atsdEngines({ npus }: NpuDma): Thread[] {
  return npus.flatMap((npu) =>
    npu.registers.map((register, reg) => {
      const step = defineOperation({
        name: 'complete ATSD',
        target: (): AnyCell => register.stat,
        when: (memory: Memory) => memory.get(register.stat) !== 0n,
        run: (memory: Memory) => {
          complete(memory, npu, register);
        },
      });
      return device(`npu${npu.index}.atsd${reg}`, step);
    }),
  );
}

/** One thread for each GPU and page: it may load the translation whenever the page is mapped. In page order. */
export function tlbFills({ npus, ptes }: NpuDma): Thread[] {
  return ptes.flatMap((pte, page) =>
    npus.flatMap((npu) =>
      npu.tlb.map((entries, gpu) => device(`gpu${npu.index}.${gpu} page ${page}`, fillStep(pte, entries[page]))),
    ),
  );
}

function fillStep(pte: Cell<boolean>, entry: Cell<number>): () => Request<void> {
  return defineOperation({
    name: 'fill TLB',
    target: (): AnyCell => entry,
    when: (memory: Memory) => memory.get(pte) && !hasEntry(memory.get(entry)),
    run: (memory: Memory) => {
      fill(memory, entry);
    },
  });
}

function device(name: string, step: () => Request<void>): Thread {
  const body = kfunc(name, function* () {
    yield* step();
  });
  return { name, kind: 'device', run: () => body(), repeat: true };
}
