/** Barriers of powerpc. They order nothing that a search does not order anyway; traces of both kinds show them. */
import { defineOperation, fence, notedKthread, type Kthread } from '@shootdown/machine';
import type { Bus, BusEvent } from './bus.js';

/** A barrier of any name, told to a traced bus. */
export function barrier(bus: Bus, name: string): Kthread<void> {
  return notedKthread(name, barrierSteps(bus, name));
}

function* barrierSteps(bus: Bus, name: string): Kthread<void> {
  yield* fence(name);
  const { onAccess } = bus;
  if (onAccess === undefined) return;
  const event: BusEvent = { access: 'barrier', device: name, register: '', offset: 0, value: 0, raw: 0 };
  yield* defineOperation({
    name,
    isLocal: true,
    run: () => {
      onAccess(event);
    },
  })();
}

/**
 * Orders accesses to devices among themselves, and neither against memory nor against locks.
 *
 * @source arch/powerpc/include/asm/io.h eieio() v4.19
 */
export function eieio(bus: Bus): Kthread<void> {
  return barrier(bus, 'eieio');
}

/**
 * Orders everything before against everything after.
 *
 * @source arch/powerpc/include/asm/barrier.h mb() v4.19
 */
export function sync(bus: Bus): Kthread<void> {
  return barrier(bus, 'sync');
}

/**
 * The kernel's name of {@link sync}.
 *
 * @source arch/powerpc/include/asm/barrier.h mb() v4.19
 */
export function mb(bus: Bus): Kthread<void> {
  return barrier(bus, 'mb');
}
