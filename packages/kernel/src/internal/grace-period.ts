/**
 * Grace periods, the common part of SRCU and RCU.
 *
 * A domain has an index, 0 or 1, and counts each thread's readers by the index they began under, as the kernel's two sets
 * of counters do. Where the kernel sums counters twice, a grace period here notes, when it begins, which (thread, index)
 * pairs have readers, and is over when each of those counts was zero once: one bit a pair, cleared by the reader that
 * leaves. So it waits for the readers that began before it and, unlike the kernel's, which may catch some of them, for none
 * that began after: new readers get the other index. Only a thread whose readers overlap without nesting can make it wait
 * longer. A grace period that finds no reader flips no index, which keeps states few.
 */
import {
  KernelBug,
  ModelError,
  bool,
  ptr,
  struct,
  threadBits,
  u8,
  type Cell,
  type Layout,
  type Memory,
  type ScalarType,
  type Struct,
  type ViewOf,
} from '@shootdown/machine';
import { RcuHead } from '../rcu-head.js';

const Readers = struct('readers', { count0: u8, count1: u8 });
const Waits = struct('grace_period', { waits0: threadBits, waits1: threadBits });

/** The part of a domain that has a name in the kernel: the index of new readers, and the callbacks, oldest first. */
export const DomainStruct: Struct<{
  readonly idx: ScalarType<number>;
  readonly head: ScalarType<RcuHead | null>;
  readonly tail: ScalarType<RcuHead | null>;
}> = struct('srcu_struct', { idx: u8, head: ptr(() => RcuHead), tail: ptr(() => RcuHead) });
/** A domain as models name it. */
export type DomainStruct = ViewOf<typeof DomainStruct>;

/** All that is kept of a domain. */
export interface Domain {
  readonly name: string;
  readonly struct: DomainStruct;
  /** By thread number. */
  readonly readers: readonly ViewOf<typeof Readers>[];
  readonly waits: readonly ViewOf<typeof Waits>[];
  readonly barriers: readonly RcuHead[];
  /** Whether each thread is running a callback. */
  readonly invoking: readonly Cell<boolean>[];
}

const DOMAINS = Symbol('grace period domains');

/** Places a domain for the threads 0 to `threads - 1`. */
export function placeDomain(layout: Layout, name: string, threads: number): Domain {
  const domain: Domain = {
    name,
    struct: layout.one(name, DomainStruct),
    readers: layout.perThread(`${name}.readers`, Readers, threads),
    waits: layout.perThread(`${name}.synchronize`, Waits, threads),
    barriers: layout.perThread(`${name}.barrier`, RcuHead, threads),
    invoking: layout.perThread(`${name}.invoking`, bool, threads),
  };
  const domains = (layout.attachment(DOMAINS) as Map<number, Domain> | undefined) ?? new Map<number, Domain>();
  layout.attach(DOMAINS, domains.set(domain.struct.$address, domain));
  return domain;
}

/** The domain that a model names by its struct, which must have been placed for the running thread too. */
export function domainOf({ layout, thread }: Pick<Memory, 'layout' | 'thread'>, { $address }: DomainStruct): Domain {
  const domain = (layout.attachment(DOMAINS) as Map<number, Domain> | undefined)?.get($address);
  if (domain === undefined) throw new ModelError(`${layout.nameOf($address)} was not placed by defineSrcu()`);
  if (domain.readers[thread] === undefined)
    throw new ModelError(
      `${domain.name} was placed for ${domain.readers.length} threads, and thread ${thread} uses it`,
    );
  return domain;
}

const countOf = (domain: Domain, thread: number, idx: number): Cell<number> =>
  idx === 0 ? domain.readers[thread].count0 : domain.readers[thread].count1;

/** How many readers of the running thread are inside. */
export function depthOf(memory: Memory, domain: Domain): number {
  const { count0, count1 } = domain.readers[memory.thread];
  return memory.get(count0) + memory.get(count1);
}

/** Address of the count of a reader of the running thread, 0 where it has none. */
export function readerWord(memory: Memory, domain: Domain): number {
  const idx = outerIdx(memory, domain);
  return idx === undefined ? 0 : countOf(domain, memory.thread, idx).address;
}

/** A reader begins; returns its index. `nested`: one that begins in another gets that one's index. */
export function enter(memory: Memory, domain: Domain, nested: boolean): number {
  const idx = (nested ? outerIdx(memory, domain) : undefined) ?? memory.get(domain.struct.idx);
  const count = countOf(domain, memory.thread, idx);
  memory.set(count, memory.get(count) + 1);
  return idx;
}

/** The index of a reader of the running thread, or `undefined` where it has none. */
export function outerIdx(memory: Memory, domain: Domain): 0 | 1 | undefined {
  const { count0, count1 } = domain.readers[memory.thread];
  if (memory.get(count0) !== 0) return 0;
  return memory.get(count1) !== 0 ? 1 : undefined;
}

/** A reader ends; returns whether the thread had one of that index. */
export function leave(memory: Memory, domain: Domain, idx: number): boolean {
  const count = countOf(domain, memory.thread, idx);
  const left = memory.get(count) - 1;
  if (left < 0) return false;
  memory.set(count, left);
  if (left === 0)
    for (const waits of eachWait(memory, domain)) clearBit(memory, idx === 0 ? waits.waits0 : waits.waits1);
  return true;
}

function clearBit(memory: Memory, cell: Cell<number>): void {
  const bits = memory.get(cell);
  if (((bits >>> memory.thread) & 1) === 1) memory.set(cell, bits - 2 ** memory.thread);
}

type WaitWords = Pick<ViewOf<typeof Waits>, 'waits0' | 'waits1'>;

function* eachWait(memory: Memory, domain: Domain): Generator<WaitWords> {
  yield* domain.waits;
  for (let head = memory.get(domain.struct.head); head !== null; head = memory.get(head.next) as RcuHead | null)
    yield head;
}

/** A grace period begins for `waits`; returns whether it is over at once. */
export function begin(memory: Memory, domain: Domain, waits: WaitWords): boolean {
  const [readers0, readers1] = [0, 1].map((idx) => readersOf(memory, domain, idx));
  memory.set(waits.waits0, readers0);
  memory.set(waits.waits1, readers1);
  const { idx } = domain.struct;
  const mine = memory.get(idx);
  const isFlipped = mine === 0 ? readers0 !== 0 && readers1 === 0 : readers1 !== 0 && readers0 === 0;
  if (isFlipped) memory.set(idx, 1 - mine);
  return readers0 === 0 && readers1 === 0;
}

function readersOf(memory: Memory, domain: Domain, idx: number): number {
  return domain.readers.reduce((bits, _, t) => (memory.get(countOf(domain, t, idx)) === 0 ? bits : bits + 2 ** t), 0);
}

/** Whether a grace period is over. */
export function isOver(memory: Memory, { waits0, waits1 }: WaitWords): boolean {
  return memory.get(waits0) === 0 && memory.get(waits1) === 0;
}

/** Queues a callback, whose grace period begins now; a barrier needs none of its own. */
export function enqueue(memory: Memory, domain: Domain, head: RcuHead, func: number, needsGracePeriod: boolean): void {
  if (memory.get(head.func) !== 0) {
    const name = memory.layout.nameOf(head.$address);
    memory.report(
      new KernelBug(
        'contract',
        'rcu-head-queued',
        `${name} is queued while its callback is still to run`,
        head.func.address,
      ),
    );
    return;
  }
  if (needsGracePeriod) begin(memory, domain, head);
  memory.set(head.func, func);
  const { head: first, tail } = domain.struct;
  const last = memory.get(tail);
  if (last === null) memory.set(first, head);
  else memory.set(last.next, head);
  memory.set(tail, head);
}

/** Whether the oldest callback may run. */
export function isDue(memory: Memory, { struct: { head } }: Domain): boolean {
  const first = memory.get(head);
  return first !== null && isOver(memory, first);
}

/** Takes the oldest callback off the queue; its head is as new, and may be freed. */
export function dequeue(memory: Memory, { struct: { head, tail } }: Domain): readonly [RcuHead, func: number] {
  const first = memory.get(head) as RcuHead;
  const func = memory.get(first.func);
  const behind = memory.get(first.next) as RcuHead | null;
  memory.set(first.func, 0);
  memory.set(first.next, null);
  memory.set(head, behind);
  if (behind === null) memory.set(tail, null);
  return [first, func];
}
