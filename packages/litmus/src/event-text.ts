/**
 * Events in the kernel's words.
 */
import type { AccessTag, FenceTag, LkmmEvent } from '@shootdown/lkmm';

const FENCES: Readonly<Record<FenceTag, string>> = {
  mb: 'smp_mb()',
  rmb: 'smp_rmb()',
  wmb: 'smp_wmb()',
  barrier: 'barrier()',
  'rcu-lock': 'rcu_read_lock()',
  'rcu-unlock': 'rcu_read_unlock()',
  'sync-rcu': 'synchronize_rcu()',
  'before-atomic': 'smp_mb__before_atomic()',
  'after-atomic': 'smp_mb__after_atomic()',
  'after-spinlock': 'smp_mb__after_spinlock()',
  'after-unlock-lock': 'smp_mb__after_unlock_lock()',
  'after-srcu-read-unlock': 'smp_mb__after_srcu_read_unlock()',
};

const READS: Readonly<Partial<Record<AccessTag, string>>> = { once: 'READ_ONCE', acquire: 'smp_load_acquire' };
const WRITES: Readonly<Partial<Record<AccessTag, string>>> = { once: 'WRITE_ONCE', release: 'smp_store_release' };

/** What an event does. @param location - its variable @param value - what it reads or writes */
export function eventText(event: LkmmEvent, location: string, value: string): string {
  const { kind, tag = 'plain', rmw, fence } = event;
  switch (kind) {
    case 'F':
      return FENCES[fence ?? 'barrier'];
    case 'SRCU':
      return `synchronize_srcu(${location})`;
    case 'LKR':
    case 'LKW':
      return `spin_lock(${location})`;
    case 'UL':
      return `spin_unlock(${location})`;
    case 'LF':
      return `${location} is seen locked`;
    case 'RU':
      return `${location} is seen unlocked`;
    case 'R':
      if (tag === 'srcu-lock') return `srcu_read_lock(${location}) = ${value}`;
      if (rmw === true) return `atomic read[${tag}] ${location} = ${value}`;
      return tag === 'plain' ? `read ${location} = ${value}` : `${READS[tag] ?? tag}(${location}) = ${value}`;
    case 'W':
      if (tag === 'srcu-unlock') return `srcu_read_unlock(${location}, ${value})`;
      if (rmw === true) return `atomic write[${tag}] ${location} <- ${value}`;
      return tag === 'plain' ? `${location} <- ${value}` : `${WRITES[tag] ?? tag}(${location}, ${value})`;
  }
}
