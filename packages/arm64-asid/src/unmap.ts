/** Unmapping a page: its entry is cleared, and what TLBs hold of it is invalidated under the ASID that the address space has. */
import { atomic64Read } from '@shootdown/kernel/model';
import { defineOperation, fence, kfunc, writeOnce, type Kfunc, type Kthread, type Memory } from '@shootdown/machine';
import { userAsid } from './asid-encoding.js';
import type { Mm } from './asid-state.js';
import type { AsidContext } from './context.js';
import type { Mmu } from './mmu.js';

/**
 * How it is done: `kernel`, as it should be, or one thing wrong.
 *
 * - `early-id`: the ASID is read before the entry is cleared, which a plain read and a missing barrier allow
 * - `no-tlbi`: nothing is invalidated
 * - `tlbi-first`: what TLBs hold is invalidated before the entry is cleared
 * - `no-clear`: the entry stays
 * - `kernel-half`: with KPTI, only the kernel's ASID of the pair is named
 */
export type UnmapCode = 'kernel' | 'early-id' | 'no-tlbi' | 'tlbi-first' | 'no-clear' | 'kernel-half';

/**
 * Unmaps the page of an address space and relies on its being gone.
 *
 * @source arch/arm64/include/asm/tlbflush.h flush_tlb_mm() v5.15
 */
export function unmap(context: AsidContext, mmu: Mmu, code: UnmapCode): Kfunc<[mm: Mm], void> {
  const { asidOf } = context.encoding;

  const relyOn = defineOperation({
    name: 'is gone',
    isLocal: true,
    run: (memory: Memory, mm: Mm): void => {
      memory.set(mm.isGone, true);
    },
  });

  const readAsid = kfunc('ASID', function* (mm: Mm) {
    return asidOf(yield* atomic64Read(mm.context.id));
  });

  function* tlbi(asid: number): Kthread<void> {
    if (code === 'no-tlbi') return;
    yield* mmu.tlbiAside1is(asid);
    if (context.kpti && code !== 'kernel-half') yield* mmu.tlbiAside1is(userAsid(asid, true));
    yield* fence('dsb ish');
  }

  function* clear(mm: Mm): Kthread<void> {
    if (code !== 'no-clear') yield* writeOnce(mm.pte, false);
  }

  const flushTlbMm = kfunc('flush_tlb_mm', function* (mm: Mm) {
    yield* fence('dsb ishst');
    yield* tlbi(yield* readAsid(mm));
  });

  const inOrder = kfunc('unmap_page', function* (mm: Mm) {
    yield* clear(mm);
    yield* flushTlbMm(mm);
    yield* relyOn(mm);
  });

  const tlbiFirst = kfunc('unmap_page', function* (mm: Mm) {
    yield* flushTlbMm(mm);
    yield* clear(mm);
    yield* relyOn(mm);
  });

  const idFirst = kfunc('unmap_page', function* (mm: Mm) {
    const asid = yield* readAsid(mm);
    yield* clear(mm);
    yield* fence('dsb ishst');
    yield* tlbi(asid);
    yield* relyOn(mm);
  });

  if (code === 'early-id') return idFirst;
  return code === 'tlbi-first' ? tlbiFirst : inOrder;
}
