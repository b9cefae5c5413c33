export {
  IntervalNotifier,
  MmuNotifiers,
  Notifier,
  type FirstPassResult,
  type IntervalCallbacks,
  type InvalidatedRange,
  type MmuNotifiersOptions,
  type MmuNotifiersState,
  type NotifierCallbacks,
} from './mmu-notifiers.js';
export type { MmuNotifierEra } from './ops.js';
