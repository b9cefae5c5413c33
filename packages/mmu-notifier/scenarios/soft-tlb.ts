/** Is a start and an end enough for who manages a TLB in software? */
import { smpRmb, spinLock, spinUnlock } from '@shootdown/kernel/model';
import {
  Layout,
  readOnce,
  replaceFunction,
  runDirect,
  scenario,
  times,
  writeOnce,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import { mmSlab, setMmAlloc } from '@shootdown/mm/model';
import {
  followsPtes,
  mmuNotifierCore,
  mmuNotifierRegister,
  pageChanges,
  pages,
  softTlb as softTlbUser,
  type MmuNotifierVersion,
  type Pages,
  type SoftTlb,
} from '@shootdown/mmu-notifier/model';
import { NO_STALE } from './mirror-system.js';
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

interface Story {
  readonly version?: MmuNotifierVersion;
  readonly isLate?: boolean;
}

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
  variants: {
    merged: { expect: 'holds', about: 'it counts invalidations, and those that came and went' },
    'v4-19': { expect: 'holds', code: { version: 'v4.19' }, about: 'the same with the core of v4.19' },
    'no-count': { ...stale, mutations: SOFT_TLB.noCount, about: 'a fault maps while an invalidation is in progress' },
    'no-seq': { ...stale, mutations: SOFT_TLB.noSeq, about: 'a fault does not see that an invalidation came and went' },
    'late-seq': {
      ...stale,
      code: { isLate: true },
      about: 'a fault asks for the sequence after it read the page table',
    },
    'no-unmap': { ...stale, mutations: SOFT_TLB.noUnmap, about: 'a start counts and unmaps nothing' },
    'end-keeps-count': { expect: 'livelock', mutations: SOFT_TLB.endKeepsCount, about: 'an end does not count down' },
  },
  state: ({ given: { changes }, code }) => {
    const { version = 'merged', isLate = false }: Story = code ?? {};
    const layout = new Layout();
    const mms = mmSlab(layout, 1);
    mms.outlives = true;
    const space = pages(layout, Math.min(2, changes));
    const user = softTlbUser(layout, space);
    const core = mmuNotifierCore(layout, { version, threads: changes + 1, notifierOps: [user.ops] });
    core.slab.outlives = true;
    return { layout, mms, space, user, core, mutations: isLate ? lateSeq(user, space) : [] };
  },
  init: (memory, { mms, space, user: { notifier }, core }) => {
    setMmAlloc(memory, mms);
    space.init(memory);
    memory.set(notifier.ops, 1);
    runDirect(memory, mmuNotifierRegister(core, notifier, mms.slots[0]));
  },
  mutations: ({ mutations }) => mutations,
  threads: ({ mms, space, user, core }, { given }) => {
    const { migrate } = pageChanges(space, core);
    const guest = function* vcpu_run() {
      for (let i = 0; i < given.faults; i++) yield* user.fault(0);
    };
    return [
      { name: 'VCPU', run: guest },
      ...times(given.changes, (i) => migrate(mms.slots[0], i % 2), { name: 'CPU ' }),
    ];
  },
  invariants: ({ space, user: { sptes } }) => ({
    [NO_STALE]: followsPtes(
      space,
      'VCPU',
      sptes.map((spte) => [spte]),
    ),
  }),
});
