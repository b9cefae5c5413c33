/** Every exhibit of the gallery: its verdicts, and what its report tells. */
import { readFileSync } from 'node:fs';
import { checkSync, replay, type Evidence, type SearchOptions } from '@shootdown/explore';
import { VIOLATION_KINDS, type Scenario, type System } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import * as exported from './index.js';

const { mutationPlan: _plan, ...scenarios } = exported;
const gallery: readonly Scenario[] = Object.values(scenarios);
const named = gallery.map((scenario) => [scenario.name.replace('kinds/', ''), scenario] as const);

const build = (scenario: Scenario, variant: string): System =>
  scenario.build({ given: {}, variant, checks: () => true });
const broken = (scenario: Scenario, options: SearchOptions = {}) =>
  checkSync(build(scenario, 'broken'), { strategy: 'bfs', ...options });

/** The line of the model that a source position names. */
function lineAt(site: string): string {
  const [, file = '', line = ''] = /^(.*):(\d+):\d+$/.exec(site) ?? [];
  return readFileSync(file, 'utf8').split('\n')[Number(line) - 1]?.trim() ?? '';
}

/** A piece of evidence in one line, then each function of its stack with the line of the model it is at. */
function told({ role, thread, op, target, before, after, result, holding, frames }: Evidence): string[] {
  const change = before === after ? (result === '' ? '' : ` = ${result}`) : ` ${before} -> ${after}`;
  const locks = holding.length === 0 ? '' : `, holding ${holding.join(', ')}`;
  const stack = frames.map(({ func, site }) => `${func}: ${site === '' ? '' : lineAt(site)}`.trimEnd());
  return [`${role} by ${thread}: ${op}${target === '' ? '' : ` ${target}`}${change}${locks}`, ...stack];
}

/** By exhibit: each piece of evidence, then its stack, innermost first, each function with the line of the model it is at. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'data-race': [
    'plain access by CPU 0: write ready false -> true',
    'produce: yield* isBroken ? write(ready, true) : writeOnce(ready, true);',
    'other access by CPU 1: read ready = false',
    'consume: if (yield* isBroken ? read(ready) : readOnce(ready)) yield* readOnce(payload);',
  ],
  'double-free': [
    'second free by CPU 0: kfree buffer#0',
    'teardown: yield* kfree(buffer);',
    'probe: yield* teardown();',
    'first free by CPU 1: kfree buffer#0',
    'teardown: yield* kfree(buffer);',
    'remove: yield* teardown();',
    'allocated by CPU 0: kzalloc = buffer#0',
    'kzalloc:',
    'probe: yield* writeOnce(published, yield* kzalloc(buffers, GFP_KERNEL));',
  ],
  leak: [
    'allocated by CPU 0: kzalloc = buffer#0',
    'kzalloc:',
    'probe: const buffer = yield* kzalloc(buffers, GFP_KERNEL);',
  ],
  refcount: [
    'operation by CPU 1: refcount_inc session#0.kref.refcount 0 -> REFCOUNT_SATURATED, holding lock',
    'kref_get:',
    'session_get: yield* krefGet(kref);',
    'session_lookup: const isMine = session !== null && (yield* get(session.kref));',
    'previous operation by CPU 0: refcount_dec_and_test session#0.kref.refcount 1 -> 0',
    'kref_put:',
    'session_close: yield* krefPut(session.kref, release);',
  ],
  'use-after-free': [
    'access by CPU 1: READ_ONCE buffer#0.length = 0',
    'read_length: if (buffer !== null) yield* readOnce(buffer.length);',
    'freed by CPU 0: kfree buffer#0',
    'replace_buffer: yield* kfree(buffer);',
    'allocated by CPU 0: kzalloc = buffer#0',
    'kzalloc:',
    'replace_buffer: const buffer = yield* kzalloc(buffers, GFP_KERNEL);',
  ],
  'use-after-free-unlock': [
    'access by CPU 0: mutex_unlock_slowpath channel#0.lock',
    'mutex_unlock:',
    'channel_put: yield* mutexUnlock(lock);',
    'freed by CPU 1: kfree channel#0',
    'channel_close: if (users === 0) yield* kfree(channel);',
    'allocated by : in the initial state',
  ],
  'leak-daemon': [
    'allocated by CPU 0: kzalloc = buffer#1',
    'kzalloc:',
    'replace_buffer: const old = yield* xchg(published, yield* kzalloc(buffers, GFP_KERNEL));',
    'submit: yield* replace();',
  ],
  guard: [
    'access by CPU 1: write stats.packets 1 -> 0',
    'reset_stats: yield* write(stats.packets, 0);',
    'lock held by CPU 0: spin_lock stats.lock 0 -> 1',
    'count_packet: yield* spinLock(stats.lock);',
  ],
  'lock-misuse': [
    'misuse by CPU 1: spin_unlock lock 1 -> 0',
    'try_update: if (got || isBroken) yield* spinUnlock(lock);',
    'lock held by CPU 0: spin_lock lock 0 -> 1',
    'update: yield* spinLock(lock);',
  ],
  'lock-order': [
    'outer lock by CPU 0: mutex_lock mmap_lock 0 -> 1',
    'mutex_lock:',
    'lock_both: yield* mutexLock(outer);',
    'page_fault: yield* nested(mmap, inode);',
    'inner lock by CPU 0: mutex_lock i_mutex 0 -> 1, holding mmap_lock',
    'mutex_lock:',
    'lock_both: yield* mutexLock(inner);',
    'page_fault: yield* nested(mmap, inode);',
    'outer lock by CPU 1: mutex_lock i_mutex 0 -> 2',
    'mutex_lock:',
    'lock_both: yield* mutexLock(outer);',
    'file_write: yield* isBroken ? nested(inode, mmap) : nested(mmap, inode);',
    'inner lock by CPU 1: mutex_lock mmap_lock 0 -> 2, holding i_mutex',
    'mutex_lock:',
    'lock_both: yield* mutexLock(inner);',
    'file_write: yield* isBroken ? nested(inode, mmap) : nested(mmap, inode);',
  ],
  'lock-order-three': [
    'outer lock by CPU 0: mutex_lock a 0 -> 1',
    'mutex_lock:',
    'lock_both: yield* mutexLock(outer);',
    'path_ab: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
    'inner lock by CPU 0: mutex_lock b 0 -> 1, holding a',
    'mutex_lock:',
    'lock_both: yield* mutexLock(inner);',
    'path_ab: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
    'outer lock by CPU 1: mutex_lock b 0 -> 2',
    'mutex_lock:',
    'lock_both: yield* mutexLock(outer);',
    'path_bc: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
    'inner lock by CPU 1: mutex_lock c 0 -> 2, holding b',
    'mutex_lock:',
    'lock_both: yield* mutexLock(inner);',
    'path_bc: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
    'outer lock by CPU 2: mutex_lock c 0 -> 3',
    'mutex_lock:',
    'lock_both: yield* mutexLock(outer);',
    'path_ca: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
    'inner lock by CPU 2: mutex_lock a 0 -> 3, holding c',
    'mutex_lock:',
    'lock_both: yield* mutexLock(inner);',
    'path_ca: if ((yield* xchg(chosen, 1)) === 0) yield* nested(outer, inner);',
  ],
  'sleep-in-atomic': [
    'sleep by CPU 0: might_sleep, holding table_lock',
    'kzalloc:',
    'table_grow: return yield* kzalloc(items, isBroken ? GFP_KERNEL : GFP_ATOMIC);',
    'table_insert: const item = yield* grow();',
    'made atomic by CPU 0: spin_lock table_lock 0 -> 1',
    'table_insert: yield* spinLock(lock);',
  ],
  deadlock: [
    'wait by CPU 0: schedule done.wait.sleepers = 0, holding dev_mutex',
    'schedule:',
    'wait_for_completion:',
    'flush_device: yield* waitForCompletion(done);',
    'wait by CPU 1: mutex_lock dev_mutex',
    'mutex_lock:',
    'device_work: yield* mutexLock(lock);',
    'lock held by CPU 0: mutex_lock dev_mutex 0 -> 1',
    'mutex_lock:',
    'flush_device: yield* mutexLock(lock);',
  ],
  livelock: [
    'spin by CPU 0: spin_trylock account[1].lock = false, holding account[0].lock',
    'trylock_both: if (yield* spinTrylock(second)) return true;',
    'transfer_there: yield* spinUntil(() => lockBoth(accounts[first].lock, accounts[second].lock));',
    'spin by CPU 1: spin_trylock account[0].lock = false, holding account[1].lock',
    'trylock_both: if (yield* spinTrylock(second)) return true;',
    'transfer_back: yield* spinUntil(() => lockBoth(accounts[first].lock, accounts[second].lock));',
  ],
  assertion: [
    'failed check by CPU 0: BUG_ON',
    "queue_request: if (isRunning) bugOn((yield* readOnce(depth)) === 0, 'a running queue has no depth');",
  ],
  'null-dereference': [
    'dereference by CPU 0: NULL',
    'uevent_show: yield* readOnce((followed as Driver).name);',
    'NULL read by CPU 0: READ_ONCE device.driver = NULL',
    'uevent_show: const followed = isBroken ? yield* readOnce(bound) : seen;',
    'cleared by CPU 1: WRITE_ONCE device.driver pci_driver -> NULL',
    'device_unbind: yield* writeOnce(bound, null);',
  ],
  exception: ['thrown by CPU 0: TypeError', 'channel_send: yield* writeOnce(messages[used], 1);'],
  contract: [
    'call by CPU 0: synchronize_srcu filter_srcu.idx 0 -> 1',
    'synchronize_srcu:',
    'filter_replace: yield* synchronizeSrcu(srcu);',
    'filter_run: if (isStale && isBroken) yield* replace();',
    'before that by CPU 0: srcu_read_lock filter_srcu.idx = 0',
    'filter_run: const idx = yield* srcuReadLock(srcu);',
  ],
  invariant: [
    'last change by CPU 1: atomic_inc owners 1 -> 2',
    'device_open: if ((yield* atomicRead(owners)) === 0) yield* atomicInc(owners);',
    'previous change by CPU 0: atomic_inc owners 0 -> 1',
    'device_open: if ((yield* atomicRead(owners)) === 0) yield* atomicInc(owners);',
  ],
};

describe('the gallery', () => {
  test('shows every kind of violation', () => {
    const shown = gallery.map(({ variants }) => variants['broken'].expect);
    expect([...new Set(shown)].sort()).toEqual([...VIOLATION_KINDS].sort());
  });

  test('is told here', () => {
    expect(Object.keys(TOLD).sort()).toEqual(named.map(([name]) => name).sort());
  });
});

describe.each(named)('%s', (name, scenario) => {
  const { expect: kind, rule } = scenario.variants['broken'];

  test.each([{}, { strategy: 'bfs' }, { reduction: false }] as SearchOptions[])(
    'holds where it is fixed: %o',
    (how) => {
      expect(checkSync(build(scenario, 'fixed'), how)).toMatchObject({ verdict: 'holds', complete: true });
    },
  );

  test.each(['dfs', 'bfs'] as const)('is found by %s, and by nothing else before it', (strategy) => {
    expect(broken(scenario, { strategy }).violation).toMatchObject({ kind, name: rule });
  });

  test('names who did what, and where', () => {
    expect(broken(scenario).evidence?.flatMap(told)).toEqual(TOLD[name]);
  });

  test('tells the same when it is replayed', () => {
    const { evidence, schedule = '' } = broken(scenario);
    expect(replay(build(scenario, 'broken'), schedule).evidence).toEqual(evidence);
  });

  test('is shown by the shrunk run', () => {
    const long = broken(scenario, { strategy: 'dfs', shrink: false }).trace ?? [];
    expect(broken(scenario).trace?.length).toBeLessThanOrEqual(long.length);
    expect(broken(scenario, { strategy: 'dfs' }).trace?.length).toBe(broken(scenario).trace?.length);
  });
});

test('a search of the whole gallery takes no time', () => {
  for (const scenario of gallery)
    for (const variant of Object.keys(scenario.variants))
      expect(checkSync(build(scenario, variant)).states).toBeLessThan(500);
});
