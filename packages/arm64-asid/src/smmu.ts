/**
 * Devices that share address spaces, as behind an SMMU: each has one context descriptor with an ASID in it, under which it
 * may translate at any moment until the driver has taken the ASID out again.
 */
import { kfunc, store, struct, u16, type Cell, type Handle, type Kfunc, type Layout } from '@shootdown/machine';
import type { Mm } from './asid-state.js';
import { mmContextGet, mmContextPut, type AsidContext } from './context.js';

/** One device and the address space it shares. */
export interface Device extends Handle {
  /** The ASID in its context descriptor; 0 while it shares nothing. */
  readonly asid: Cell<number>;
}

const DeviceStruct = struct('device', { asid: u16 });

/** Places devices that share nothing. */
export function smmuDevices(layout: Layout, count: number): readonly Device[] {
  return layout.array<typeof DeviceStruct>('device', DeviceStruct, count);
}

/**
 * What a driver does for a device, again and again: pin the ASID and hand it over; take it away and unpin.
 *
 * @returns a function of the address space and the number of the device
 */
export function smmuDriver(context: AsidContext, devices: readonly Device[]): Kfunc<[mm: Mm, device: number], void> {
  return kfunc('smmu_share', function* (mm: Mm, device: number) {
    const asid = yield* mmContextGet(context, mm);
    if (asid === 0) return;
    yield* store('cd write', 'once', devices[device].asid, asid);
    yield* store('cd clear', 'once', devices[device].asid, 0);
    yield* mmContextPut(context, mm);
  });
}
