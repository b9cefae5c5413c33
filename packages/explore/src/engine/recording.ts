/** What a recorder is told of a request: the words that it reads and writes. */
import { KIND, isEnabled, type Memory, type Request } from '@shootdown/machine';
import type { Touch } from '../base/performed.js';
import type { SchedulePoints } from '../reduce/schedule-points.js';

/** What a request reads before anything else: the condition of an operation. */
export function conditionReads(memory: Memory, points: SchedulePoints, request: Request<unknown>): Touch[] {
  const touched: Touch[] = [];
  if (request.op?.when === undefined) return touched;
  memory.watch = (address, isWrite) => touched.push({ address, isWrite });
  isEnabled(memory, request);
  points.unwatch();
  return touched;
}

/** Collects what a request touches that is about to be performed. */
export function watchTouched(memory: Memory, { kind, address, isVoid }: Request<unknown>, touched: Touch[]): void {
  if (kind === KIND.OP) {
    const noted = memory.watch;
    memory.watch = (at, isWrite) => {
      noted?.(at, isWrite);
      touched.push({ address: at, isWrite });
    };
  } else if (address !== 0) {
    if (kind !== KIND.WRITE && !isVoid) touched.push({ address, isWrite: false });
    if (kind !== KIND.READ && kind !== KIND.AWAIT) touched.push({ address, isWrite: true });
  }
}

/** The words at a request's address. */
export function wordsAt({ words }: Memory, request: Request<unknown>): readonly [number, number] {
  return [words[request.address], request.wide ? words[request.address + 1] : 0];
}
