/** Is a start and an end enough for who manages a TLB in software? */
import { smpRmb, spinLock, spinUnlock } from '@shootdown/kernel/model';
import {
  Layout,
  kfunc,
  readOnce,
  replaceFunction,
  runDirect,
  scenario,
  variantsOf,
  writeOnce,
  type Memory,
  type Mutation,
  type Scenario,
  type Setup,
  type System,
  type Variant,
} from '@shootdown/machine';
import { mmSlab, setMmAlloc } from '@shootdown/mm/model';
import {
  followsPtes,
  mmuNotifierCore,
  pageChanges,
  pages,
  softTlb as softTlbUser,
  type MmuNotifierEra,
  type Pages,
  type SoftTlb,
} from '@shootdown/mmu-notifier/model';
import { NO_STALE } from './mirror-world.js';
import { SOFT_TLB } from './mutants.js';

const stale = { expect: 'invariant', rule: NO_STALE } as const;

/** A fault asks for the sequence after it read the page table. */
function lateSeq(user: SoftTlb, { ptes }: Pages): readonly Mutation[] {
  return [
    replaceFunction(
      'kvm_page_fault',
      () =>
        function* (page: number) {
          const frame = yield* readOnce(ptes[page]);
          const seq = yield* readOnce(user.mmuInvalidateSeq);
          yield* smpRmb();
          yield* spinLock(user.mmuLock);
          const retries = yield* user.mmuInvalidateRetry(seq);
          if (!retries) yield* writeOnce(user.sptes[page], frame);
          yield* spinUnlock(user.mmuLock);
          return !retries;
        },
    ),
  ];
}

const variants: Readonly<Record<string, Variant & { readonly isLate?: boolean; readonly era?: MmuNotifierEra }>> = {
  merged: { expect: 'holds', about: 'it counts invalidations, and those that came and went' },
  'v4-19': { expect: 'holds', era: 'v4.19', about: 'the same with the core of v4.19' },
  'no-count': { ...stale, mutations: SOFT_TLB.noCount, about: 'a fault maps while an invalidation is in progress' },
  'no-seq': { ...stale, mutations: SOFT_TLB.noSeq, about: 'a fault does not see that an invalidation came and went' },
  'late-seq': { ...stale, isLate: true, about: 'a fault asks for the sequence after it read the page table' },
  'no-unmap': { ...stale, mutations: SOFT_TLB.noUnmap, about: 'a start counts and unmaps nothing' },
  'end-keeps-count': { expect: 'livelock', mutations: SOFT_TLB.endKeepsCount, about: 'an end does not count down' },
};

/** A classic notifier with a start and an end. */
export const softTlb: Scenario = scenario({
  name: 'notifier/soft-tlb',
  asks: 'Does who manages a TLB in software, as KVM does, never map a page frame that its page no longer has?',
  source: 'seed 004; virt/kvm/kvm_main.c kvm_mmu_notifier_invalidate_range_start()',
  given: {
    faults: { default: 2, about: 'faults on the first page', min: 1, max: 4 },
    changes: {
      default: 2,
      about: 'threads that each change a page once, the first and the second in turn',
      min: 1,
      max: 4,
    },
  },
  variants: variantsOf(variants),
  build({ given, variant }: Setup): System {
    const [faults, changers] = [given.faults, given.changes].map(Number);
    const { isLate = false, era = 'merged' } = variants[variant];
    const layout = new Layout();
    const mms = mmSlab(layout, 1);
    mms.outlives = true;
    const [mm] = mms.slots;
    const space = pages(layout, Math.min(2, changers));
    const user = softTlbUser(layout, space);
    const { notifier, sptes, ops, fault } = user;
    const core = mmuNotifierCore(layout, { era, threads: changers + 1, notifierOps: [ops] });
    core.slab.outlives = true;
    const { migrate } = pageChanges(space, core);
    const guest = kfunc('vcpu_run', function* () {
      for (let i = 0; i < faults; i++) yield* fault(0);
    });
    return {
      layout,
      mutations: isLate ? lateSeq(user, space) : [],
      init: (memory: Memory) => {
        setMmAlloc(memory, mms);
        space.init(memory);
        memory.set(notifier.ops, 1);
        runDirect(memory, core.mmuNotifierRegister(notifier, mm));
      },
      threads: [
        { name: 'VCPU', run: () => guest() },
        ...Array.from({ length: changers }, (_, i) => ({ name: `CPU ${i}`, run: () => migrate(mm, i % 2) })),
      ],
      invariants: {
        [NO_STALE]: followsPtes(
          space,
          'VCPU',
          sptes.map((spte) => [spte]),
        ),
      },
    };
  },
});
