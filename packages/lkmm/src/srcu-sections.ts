/**
 * SRCU read-side critical sections: the value that srcu_read_lock() returned says which srcu_read_unlock() ends it.
 */
import { unite, type Bits } from './relation.js';
import { row, type Skeleton } from './skeleton.js';

/**
 * Pairs each srcu_read_lock() with the srcu_read_unlock() of the same srcu_struct that its value got to, by data
 * dependencies within threads and by memory between them.
 *
 * @source tools/memory-model/linux-kernel.bell srcu-rscs v6.18
 */
export function srcuSections(skeleton: Skeleton, rf: Bits, location: Int32Array): [number, number][] {
  const { space, events, data } = skeleton;
  const found: [number, number][] = [];
  events.forEach(({ tag }, lock) => {
    if (tag !== 'srcu-lock') return;
    const holders = space.set();
    const todo = [lock];
    while (todo.length > 0) {
      const stored = row(space, data, todo.pop()!);
      for (let w = 0; w < events.length; w++) {
        if (!space.includes(stored, w)) continue;
        if (events[w].tag === 'srcu-unlock') {
          if (location[w] === location[lock] && !found.some(([l, u]) => l === lock && u === w)) found.push([lock, w]);
          continue;
        }
        for (let r = 0; r < events.length; r++)
          if (space.has(rf, w, r) && !space.includes(holders, r)) {
            const seen = space.set();
            space.include(seen, r);
            unite(holders, seen);
            todo.push(r);
          }
      }
    }
  });
  return found;
}
