/** Entries of other kinds than a page at its own address: PROT_NONE, unknown ones, and pages that mremap() moves. */
import { checkSync, type SearchResult } from '@shootdown/explore';
import { spinLock, spinUnlock, xchg } from '@shootdown/kernel/model';
import { kfunc, read, writeOnce, type Thread } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  PTE_PROTNONE,
  isEveryFrameMapped,
  mmSystem,
  mmWorld,
  pfnPte,
  pteText,
  setProcess,
  unmapRegion,
  userLoad,
  userStore,
  type MmSystem,
} from './model.js';

const SIZES = { cpus: 1, pages: 1, frames: 2 };
const PROT_NONE = pfnPte(0, false) ^ 1 ^ PTE_PROTNONE;

/** What a thread finds in an address space of one page, whose entry is this one. */
function withEntry(entry: number, run: (system: MmSystem) => Thread['run']): SearchResult {
  const system = mmSystem(SIZES);
  return checkSync({
    layout: system.layout,
    init: (memory) => {
      setProcess(memory, system, [0]);
      memory.set(system.tables.slots[0].entries[0], entry);
    },
    threads: [{ name: 'T', run: run(system) }, system.cpus.speculation(0, 0)],
    finals: { mapped: isEveryFrameMapped(system) },
  });
}

describe('a PROT_NONE entry', () => {
  test('is printed as such', () => {
    expect(pteText(PROT_NONE)).toBe('pfn 0 PROT_NONE');
  });

  test.each([
    ['loaded from', userLoad],
    ['stored to', userStore],
  ] as const)('is made accessible when it is %s', (_, access) => {
    const { verdict } = withEntry(PROT_NONE, (system) => () => access(system, system.mms.slots[0], 0, 0));
    expect(verdict).toBe('holds');
  });

  test('is zapped with its page', () => {
    const { verdict } = withEntry(PROT_NONE, (system) => () => unmapRegion(system, system.mms.slots[0], 0, 1));
    expect(verdict).toBe('holds');
  });
});

test.each([
  ['a fault', (system: MmSystem) => () => userLoad(system, system.mms.slots[0], 0, 0)],
  ['a zap', (system: MmSystem) => () => unmapRegion(system, system.mms.slots[0], 0, 1)],
])('%s that meets an entry of no known kind is a bug', (_, run) => {
  const { violation } = withEntry(0x30, run);
  expect(violation?.message).toBe('the entry of page 0 is of no known kind: 0x30');
});

describe('a page that is moved', () => {
  const movePtes = kfunc('move_ptes', function* (system: MmSystem, isFlushedFirst: boolean) {
    const [mm] = system.mms.slots;
    const table = yield* read(mm.pgd);
    if (table === null) return;
    yield* spinLock(table.lock);
    yield* writeOnce(table.entries[1], yield* xchg(table.entries[0], 0));
    if (isFlushedFirst) yield* system.cpus.flushTlbOne(0, mm, 0, 1);
    yield* spinUnlock(table.lock);
    if (!isFlushedFirst) yield* system.cpus.flushTlbOne(0, mm, 0, 1);
  });

  test.each([
    [true, 'holds'],
    [false, 'violated'],
  ])('and whose old translation is flushed under the lock: %s', (isFlushedFirst, verdict) => {
    const system = mmSystem({ cpus: 1, pages: 2, frames: 1 });
    const result = checkSync({
      layout: system.layout,
      init: (memory) => {
        setProcess(memory, system, [0], 1);
      },
      threads: [
        { name: 'mremap', run: () => movePtes(system, isFlushedFirst) },
        { name: 'truncate', run: () => unmapRegion(system, system.mms.slots[0], 1, 2) },
        ...[0, 1].map((page) => system.cpus.speculation(0, page)),
      ],
    });
    expect(result.verdict).toBe(verdict);
    if (verdict === 'violated') expect(result.violation?.name).toBe('stale-translation');
  });
});

test('a system with its functions bound to it is searched in the same states', () => {
  const [system, world] = [mmSystem(SIZES), mmWorld(SIZES)];
  const unmapping = (run: Thread['run'], { layout, cpus }: MmSystem): SearchResult =>
    checkSync({
      layout,
      init: (memory) => {
        if (layout === world.layout) world.setProcess(memory, [0]);
        else setProcess(memory, system, [0]);
      },
      threads: [{ name: 'T', run }, cpus.speculation(0, 0)],
    });
  const bound = unmapping(() => world.unmapRegion(world.mms.slots[0], 0, 1), world);
  const plain = unmapping(() => unmapRegion(system, system.mms.slots[0], 0, 1), system);
  expect([bound.verdict, bound.states, bound.transitions]).toEqual([plain.verdict, plain.states, plain.transitions]);
});
