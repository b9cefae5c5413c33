import { checkSync } from '@shootdown/explore';
import { downWrite, upWrite } from '@shootdown/kernel/model';
import { Layout, kfunc } from '@shootdown/machine';
import { mmSlab, setMmAlloc } from '@shootdown/mm/model';
import { expect, it } from 'vitest';
import {
  MmuIntervalNotifier,
  mmuIntervalNotifierInsert,
  mmuIntervalNotifierInsertLocked,
  mmuNotifierCore,
  type FirstPass,
} from './model.js';

/** Inserts a notifier that has a first pass of two and no second. */
function insertHalf(how: 'insert' | 'insert_locked') {
  const layout = new Layout();
  const mms = mmSlab(layout, 1);
  mms.outlives = true;
  const [mm] = mms.slots;
  const sub = layout.one('sub', MmuIntervalNotifier);
  const core = mmuNotifierCore(layout, {
    version: 'merged',
    threads: 1,
    intervals: [sub],
    intervalOps: [
      {
        invalidateStart: kfunc('half', function* (): Generator<never, FirstPass> {
          return [true, null];
        }),
      },
    ],
  });
  core.slab.outlives = true;
  const insert = kfunc('driver', function* () {
    if (how === 'insert') return yield* mmuIntervalNotifierInsert(core, sub, mm, 0n, 1n, 1);
    yield* downWrite(mm.mmapLock);
    const error = yield* mmuIntervalNotifierInsertLocked(core, sub, mm, 0n, 1n, 1);
    yield* upWrite(mm.mmapLock);
    return error;
  });
  const init = (memory: Parameters<typeof setMmAlloc>[0]): void => {
    setMmAlloc(memory, mms);
  };
  return checkSync({ layout, init, threads: [{ name: 'driver', run: () => insert() }] });
}

it('warns of a first pass without a second in insert, and not in insert_locked', () => {
  expect(insertHalf('insert').violation?.message).toMatch(/invalidate_start without invalidate_finish/);
  expect(insertHalf('insert_locked').verdict).toBe('holds');
});
