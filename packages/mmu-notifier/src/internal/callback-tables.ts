/** Which callbacks stand behind which notifier in memory, for a single caller: methods that call JavaScript functions. */
import { containerOf } from '@shootdown/kernel/model';
import { defineOperation, kfunc, write, type Handle, type Layout, type Memory, type Request } from '@shootdown/machine';
import { mmuNotifierRangeBlockable, rangeFields, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import { mmuIntervalSetSeq } from '../inlines.js';
import type { IntervalNotifier, InvalidatedRange, Notifier, NotifierCallbacks } from '../callbacks.js';
import type { FinishFunction, FirstPass, MmuIntervalNotifierOps, MmuNotifierVersion, MmuNotifierOps } from '../ops.js';
import { MmuIntervalNotifier, MmuIntervalNotifierFinish, MmuNotifier } from '../subscriptions.js';

type Method<R> = (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) => Request<R>;
type Finish = (range: Required<InvalidatedRange>, curSeq: bigint) => void;

function invalidated(range: MmuNotifierRange): Required<InvalidatedRange> {
  const { start, end, event } = rangeFields(range);
  return { start, end, event, blockable: mmuNotifierRangeBlockable(range) };
}

/** What a callback said of whether it did its part: of one that says nothing it must not be taken for granted. */
function isDone(what: string, success: boolean | undefined): boolean {
  if (typeof success !== 'boolean') throw new TypeError(`${what}: expected true or false, got ${String(success)}`);
  return success;
}

/** Objects in use, each with a place in memory. */
class Places<T extends object, H extends Handle> {
  readonly #handles: readonly H[];
  readonly #what: string;
  readonly #objects = new Map<number, T>();
  readonly #handleOf = new Map<T, H>();

  constructor(what: string, handles: readonly H[]) {
    this.#what = what;
    this.#handles = handles;
  }

  take(object: T): H {
    const known = this.#handleOf.get(object);
    if (known !== undefined) return known;
    const free = this.#handles.find(({ $address }) => !this.#objects.has($address));
    if (free === undefined) throw new RangeError(`expected at most ${this.#handles.length} ${this.#what} at once`);
    this.#objects.set(free.$address, object);
    this.#handleOf.set(object, free);
    return free;
  }

  give(object: T): void {
    this.#objects.delete(this.handle(object).$address);
    this.#handleOf.delete(object);
  }

  has(object: T): boolean {
    return this.#handleOf.has(object);
  }

  handle(object: T): H {
    const handle = this.#handleOf.get(object);
    if (handle === undefined) throw new RangeError(`expected one of the ${this.#what} in use here`);
    return handle;
  }

  object({ $address }: Handle): T {
    return this.#objects.get($address) as T;
  }
}

/** Interval notifiers. Each has a place, and a finish object, for a single caller needs no more. */
export class IntervalCallbackTable {
  readonly subs: readonly MmuIntervalNotifier[];
  readonly ops: readonly MmuIntervalNotifierOps[];
  readonly finishFunctions: readonly FinishFunction[];
  readonly #finishes: readonly MmuIntervalNotifierFinish[];
  readonly #places: Places<IntervalNotifier, MmuIntervalNotifier>;
  readonly #isTwoPass: boolean;
  readonly #waiting = new Set<IntervalNotifier>();
  /** Second passes to be run, by the address of the finish object. */
  readonly #queued = new Map<number, { finish: Finish; range: MmuNotifierRange; curSeq: bigint }>();

  constructor(layout: Layout, count: number, version: MmuNotifierVersion) {
    this.subs = layout.array<typeof MmuIntervalNotifier>('interval_sub', MmuIntervalNotifier, count);
    this.#finishes = layout.array<typeof MmuIntervalNotifierFinish>('finish', MmuIntervalNotifierFinish, count);
    this.#places = new Places('interval notifiers', this.subs);
    this.#isTwoPass = version === 'seed-002' || version === 'merged';
    const invalidateFinish = this.#secondPass();
    this.finishFunctions = [(finish) => invalidateFinish(finish)];
    this.ops = [{ invalidate: this.#onePass() }, { invalidateStart: this.#firstPass(), invalidateFinish }];
  }

  /** A place for a notifier, and the number of its methods. */
  take(notifier: IntervalNotifier): { readonly sub: MmuIntervalNotifier; readonly ops: number } {
    const isTwoPass = notifier.callbacks.invalidateStart !== undefined;
    if (isTwoPass && !this.#isTwoPass)
      throw new TypeError('intervalInsert: expected invalidate, for invalidateStart is not of this version');
    this.#waiting.delete(notifier);
    return { sub: this.#places.take(notifier), ops: isTwoPass ? 2 : 1 };
  }

  /** Whether a notifier has a place. */
  has(notifier: IntervalNotifier): boolean {
    return this.#places.has(notifier);
  }

  give(notifier: IntervalNotifier): void {
    this.#places.give(notifier);
  }

  /** It keeps its place until {@link IntervalCallbackTable.giveWaiting} finds it gone. */
  giveLater(notifier: IntervalNotifier): void {
    this.#waiting.add(notifier);
  }

  /** Gives away the places of those whose removal waited and is done. */
  giveWaiting<S>(inUse: (state: S) => readonly IntervalNotifier[], state: S): void {
    if (this.#waiting.size === 0) return;
    const kept = new Set(inUse(state));
    for (const notifier of this.#waiting)
      if (!kept.has(notifier)) {
        this.#waiting.delete(notifier);
        this.give(notifier);
      }
  }

  subOf(notifier: IntervalNotifier): MmuIntervalNotifier {
    return this.#places.handle(notifier);
  }

  notifierOf(sub: MmuIntervalNotifier): IntervalNotifier {
    return this.#places.object(sub);
  }

  /** The one that is on the deferred list by `node`. */
  notifierAt(node: Handle): IntervalNotifier {
    return this.notifierOf(containerOf(node, MmuIntervalNotifier, 'deferredItem'));
  }

  #onePass(): Method<boolean> {
    const call = defineOperation({
      name: 'invalidate',
      run: (_memory: Memory, sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint): boolean =>
        isDone('invalidate', this.notifierOf(sub).callbacks.invalidate?.(invalidated(range), curSeq)),
    });
    return kfunc('invalidate', function* (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) {
      const success = yield* call(sub, range, curSeq);
      if (success) yield* mmuIntervalSetSeq(sub, curSeq);
      return success;
    });
  }

  #firstPass(): Method<FirstPass> {
    const call = defineOperation({
      name: 'invalidate_start',
      run: (
        _memory: Memory,
        sub: MmuIntervalNotifier,
        range: MmuNotifierRange,
        curSeq: bigint,
      ): readonly [boolean, MmuIntervalNotifierFinish | null] => {
        const result = this.notifierOf(sub).callbacks.invalidateStart?.(invalidated(range), curSeq);
        const success = isDone('invalidateStart: success', result?.success);
        if (result?.finish === undefined) return [success, null];
        const object = this.#finishes[this.subs.indexOf(sub)];
        this.#queued.set(object.$address, { finish: result.finish, range, curSeq });
        return [success, object];
      },
    });
    return kfunc('invalidate_start', function* (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) {
      const [success, finish] = yield* call(sub, range, curSeq);
      if (success) yield* mmuIntervalSetSeq(sub, curSeq);
      if (finish !== null) yield* write(finish.finish, 1);
      return [success, finish] as const;
    });
  }

  #secondPass(): (finish: MmuIntervalNotifierFinish) => Request<void> {
    return defineOperation({
      name: 'invalidate_finish',
      run: (_memory: Memory, { $address }: MmuIntervalNotifierFinish): void => {
        const queued = this.#queued.get($address);
        this.#queued.delete($address);
        queued?.finish(invalidated(queued.range), queued.curSeq);
      },
    });
  }
}

/** Classic notifiers. The methods of a callbacks object have one number, however many notifiers share them. */
export class NotifierCallbackTable {
  /** Grows with the callbacks objects met. */
  readonly ops: MmuNotifierOps[] = [];
  readonly #places: Places<Notifier, MmuNotifier>;
  readonly #numbers = new Map<NotifierCallbacks, number>();

  constructor(layout: Layout, count: number) {
    const subs = layout.array<typeof MmuNotifier>('notifier', MmuNotifier, count);
    this.#places = new Places('notifiers', subs);
  }

  /** A place for a notifier that is to be registered. */
  take(notifier: Notifier, memory: Memory): MmuNotifier {
    const sub = this.#places.take(notifier);
    memory.set(sub.ops, this.opsOf(notifier.callbacks));
    return sub;
  }

  give(notifier: Notifier): void {
    this.#places.give(notifier);
  }

  subOf(notifier: Notifier): MmuNotifier {
    return this.#places.handle(notifier);
  }

  notifierOf(sub: MmuNotifier): Notifier {
    return this.#places.object(sub);
  }

  /** The one that is on the list by `node`. */
  notifierAt(node: Handle): Notifier {
    return this.notifierOf(containerOf(node, MmuNotifier, 'hlist'));
  }

  /** The number of a callbacks object. */
  opsOf(callbacks: NotifierCallbacks): number {
    let number = this.#numbers.get(callbacks);
    if (number === undefined) {
      number = this.ops.push(this.#methodsOf(callbacks));
      this.#numbers.set(callbacks, number);
    }
    return number;
  }

  #methodsOf(callbacks: NotifierCallbacks): MmuNotifierOps {
    const { release, invalidateRange, changePte, testYoung, doesNotBlock } = callbacks;
    return {
      ...this.#rangeMethodsOf(callbacks),
      ...this.#youngMethodsOf(callbacks),
      ...this.#lifeOf(callbacks),
      ...(release && { release: this.#method('release', (notifier) => release(notifier)) }),
      ...(invalidateRange && {
        invalidateRange: this.#method('invalidate_range', (notifier, _mm: Mm, start: bigint, end: bigint) =>
          invalidateRange(notifier, start, end),
        ),
      }),
      ...(changePte && {
        changePte: this.#method('change_pte', (notifier, _mm: Mm, address: bigint, pte: number | bigint) =>
          changePte(notifier, address, BigInt(pte)),
        ),
      }),
      ...(testYoung && {
        testYoung: this.#method('test_young', (notifier, _mm: Mm, address: bigint) => testYoung(notifier, address)),
      }),
      ...(doesNotBlock !== undefined && { doesNotBlock }),
    };
  }

  #rangeMethodsOf({ invalidateRangeStart, invalidateRangeEnd }: NotifierCallbacks): MmuNotifierOps {
    return {
      ...(invalidateRangeStart && {
        invalidateRangeStart: this.#method('invalidate_range_start', (notifier, range: MmuNotifierRange) =>
          invalidateRangeStart(notifier, invalidated(range)),
        ),
      }),
      ...(invalidateRangeEnd && {
        invalidateRangeEnd: this.#method('invalidate_range_end', (notifier, range: MmuNotifierRange) =>
          invalidateRangeEnd(notifier, invalidated(range)),
        ),
      }),
    };
  }

  #youngMethodsOf({ clearFlushYoung, clearYoung }: NotifierCallbacks): MmuNotifierOps {
    return {
      ...(clearFlushYoung && {
        clearFlushYoung: this.#method('clear_flush_young', (notifier, _mm: Mm, start: bigint, end: bigint) =>
          clearFlushYoung(notifier, start, end),
        ),
      }),
      ...(clearYoung && {
        clearYoung: this.#method('clear_young', (notifier, _mm: Mm, start: bigint, end: bigint) =>
          clearYoung(notifier, start, end),
        ),
      }),
    };
  }

  #lifeOf({ allocNotifier, freeNotifier }: NotifierCallbacks): MmuNotifierOps {
    if (allocNotifier === undefined) return {};
    return {
      allocNotifier: defineOperation({
        name: 'alloc_notifier',
        run: (_memory: Memory, _mm: Mm): MmuNotifier | null => this.#places.take(allocNotifier()),
      }),
      freeNotifier: this.#method('free_notifier', (notifier) => {
        freeNotifier?.(notifier);
        this.give(notifier);
      }),
    };
  }

  /** A method that calls a function with the notifier in place of its struct, as one step. */
  #method<A extends unknown[], R>(
    name: string,
    body: (notifier: Notifier, ...args: A) => R,
  ): (sub: MmuNotifier, ...args: A) => Request<R> {
    return defineOperation({
      name,
      run: (_memory: Memory, sub: MmuNotifier, ...args: A): R => body(this.notifierOf(sub), ...args),
    });
  }
}
