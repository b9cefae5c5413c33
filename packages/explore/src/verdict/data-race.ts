/**
 * Data races: two threads could each take their next step, the steps touch the same word, one writes, and one is plain.
 * Exact under sequential consistency, and needs no clocks: the state in which both are next is one of those explored.
 */
import { KIND, KernelBug, type Request } from '@shootdown/machine';
import type { RunningSystem } from '../view/running-system.js';
import { lowest } from '../base/thread-set.js';

/** Whether a request is a plain access, as a compiler may tear, fuse or repeat. */
export function isPlain(request: Request<unknown>): boolean {
  return request.order === 'plain' && (request.kind === KIND.READ || request.kind === KIND.WRITE);
}

/**
 * The race between a thread in `plain`, whose next requests are plain accesses, and another of those enabled.
 */
export function dataRaceOf(engine: RunningSystem, plain: number, enabled: number): KernelBug | undefined {
  const pair = racingPair(engine, plain, enabled);
  return pair === undefined ? undefined : raceBetween(engine, ...pair);
}

/** The two threads that {@link dataRaceOf} reports. */
export function racingPair(
  engine: RunningSystem,
  plain: number,
  enabled: number,
): readonly [plain: number, other: number] | undefined {
  for (let bits = plain; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const request = engine.request(thread);
    for (let others = enabled & ~(1 << thread); others !== 0; others &= others - 1) {
      const other = lowest(others);
      if (conflict(request, engine.request(other))) return [thread, other];
    }
  }
  return undefined;
}

function conflict(a: Request<unknown>, b: Request<unknown>): boolean {
  const isWait = b.kind === KIND.AWAIT;
  if (!isWait && (b.kind < KIND.READ || b.kind > KIND.XOR)) return false;
  if (a.kind === KIND.READ && (isWait || b.kind === KIND.READ)) return false;
  return a.address <= b.address + (b.wide ? 1 : 0) && b.address <= a.address + (a.wide ? 1 : 0);
}

function raceBetween(engine: RunningSystem, a: number, b: number): KernelBug {
  const { address } = engine.request(a);
  const where = engine.memory.layout.nameOf(address);
  return new KernelBug(
    'data-race',
    'data-race',
    `data race on ${where}: ${describe(engine, a)}; ${describe(engine, b)}`,
    address,
  );
}

function describe(engine: RunningSystem, thread: number): string {
  const request = engine.request(thread);
  const stack = engine.automaton.stackOf(engine.control(thread)).join(' < ');
  const value =
    request.kind === KIND.WRITE
      ? ` of ${request.type === undefined ? request.lo : String(request.type.decode(request.lo, request.hi))}`
      : '';
  const how = isPlain(request) ? 'plain ' : '';
  return `${how}${request.label}${value} by ${engine.system.threads[thread].name} in ${stack}`;
}
