/** Unmapping a page: its entry is cleared, and what TLBs hold of it is invalidated under the ASID that the address space has. */
import { atomic64Read } from '@shootdown/kernel/model';
import { fence, kfunc, writeOnce, type Kfunc } from '@shootdown/machine';
import { userAsid } from './asid-encoding.js';
import type { Mm } from './asid-state.js';
import type { AsidContext } from './context.js';
import type { Mmu } from './mmu.js';

/**
 * Unmaps the page of an address space; when it returns, its page is relied on to be gone.
 *
 * @source arch/arm64/include/asm/tlbflush.h flush_tlb_mm() v5.15
 */
export function unmap({ encoding: { asidOf }, kpti }: AsidContext, mmu: Mmu): Kfunc<[mm: Mm], void> {
  const readAsid = kfunc('ASID', function* (mm: Mm) {
    return asidOf(yield* atomic64Read(mm.context.id));
  });

  const flushTlbMm = kfunc('flush_tlb_mm', function* (mm: Mm) {
    yield* fence('dsb ishst');
    const asid = yield* readAsid(mm);
    yield* mmu.tlbiAside1is(asid);
    if (kpti) yield* mmu.tlbiAside1is(userAsid(asid, true));
    yield* fence('dsb ish');
  });

  return kfunc('unmap_page', function* (mm: Mm) {
    yield* writeOnce(mm.pte, false);
    yield* flushTlbMm(mm);
  });
}
