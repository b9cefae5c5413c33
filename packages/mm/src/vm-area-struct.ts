/** An area of an address space, as it is in memory. */
import { struct, u8 } from '@shootdown/machine';

/** Most areas an address space has. */
export const MAX_VMAS = 4;

/**
 * An area: pages `vmStart` to `vmEnd - 1`, with flags such as `VM_READ`; flags 0 mark a slot that is not in use.
 *
 * @source include/linux/mm_types.h struct vm_area_struct v5.10
 */
export const VmArea = struct('vm_area_struct', {
  vmStart: u8.guardedBy('mmapLock'),
  vmEnd: u8.guardedBy('mmapLock'),
  vmFlags: u8.guardedBy('mmapLock'),
});
