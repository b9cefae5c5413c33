export {
  IntervalNotifier,
  Notifier,
  type FirstPassResult,
  type IntervalCallbacks,
  type InvalidatedRange,
  type NotifierCallbacks,
} from './callbacks.js';
export { MmuNotifiers, type MmuNotifiersOptions, type MmuNotifiersState } from './mmu-notifiers.js';
export type { MmuNotifierVersion } from './ops.js';
