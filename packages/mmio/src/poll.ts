/** Waiting for a device: a register read again and again until it reads zero. */
import { fence, kfunc, spinUntil, waitFor, type Cell, type Kfunc, type Kthread } from '@shootdown/machine';
import { rawReadq } from './accessors.js';
import type { Bus } from './bus.js';

const polls = new WeakMap<Bus, Kfunc<[address: bigint], boolean>>();

/**
 * Reads a 64-bit register again and again until all of it reads 0: `while (__raw_readq(address)) cpu_relax()`. A byte order
 * does not change zero. Where nothing but the value comes of a read, all of it is one step, taken once the register reads 0.
 *
 * @throws {@link KernelBug} as {@link rawReadq}
 */
export function* pollUntilZero(bus: Bus, address: bigint): Kthread<void> {
  const { cell, onRead } = bus.find(address, 64).model;
  if (cell === undefined || onRead !== undefined || bus.onAccess !== undefined) {
    yield* spinUntil(() => pollOnce(bus)(address));
    return;
  }
  yield* waitFor(cell as Cell<bigint>, { equals: 0n }, '__raw_readq');
}

/** One look at a register. One function for each bus, so that threads that poll the same one share what they learn. */
function pollOnce(bus: Bus): Kfunc<[address: bigint], boolean> {
  let poll = polls.get(bus);
  if (poll === undefined) {
    const body = function* (address: bigint): Kthread<boolean> {
      if ((yield* rawReadq(bus, address)) === 0n) return true;
      yield* fence('cpu_relax');
      return false;
    };
    poll = kfunc('poll', body, bus.identity);
    polls.set(bus, poll);
  }
  return poll;
}
