/** What an object embeds so that a callback can be run on it after a grace period. */
import {
  KernelBug,
  ModelError,
  hashText,
  ptr,
  struct,
  threadBits,
  u32,
  type Handle,
  type Kfunc,
  type Request,
  type ScalarType,
  type Struct,
  type Subsystem,
  type ViewOf,
} from '@shootdown/machine';

/** {@link RcuHead} `func` of a barrier, which runs nothing. */
export const BARRIER = 1;

/** {@link RcuHead} `func` as traces print it: the function's name. */
function callbackText(number: number): string | undefined {
  if (number === 0) return 'NULL';
  return number === BARRIER ? 'barrier' : callbacks.get(number)?.kname;
}

/**
 * One callback to be run: the next in the queue, which function (0 where none is queued), and the readers it still waits
 * for, by the index they hold.
 *
 * @source include/linux/types.h struct rcu_head v4.19
 */
export const RcuHead: Struct<{
  readonly next: ScalarType<Handle | null>;
  readonly func: ScalarType<number>;
  readonly waits0: ScalarType<number>;
  readonly waits1: ScalarType<number>;
}> = struct('rcu_head', {
  next: ptr((): { at(address: number): Handle } => RcuHead),
  func: u32.printedBy(callbackText),
  waits0: threadBits,
  waits1: threadBits,
});
/** An rcu_head in model memory. */
export type RcuHead = ViewOf<typeof RcuHead>;
/** What runs after a grace period: a function of the head or, before it, of the subsystem whose function it is. */
export type RcuCallback<S extends readonly Subsystem[] = []> = Kfunc<[...of: S, head: RcuHead], void>;

/** A callback with its subsystem. */
interface Callback {
  readonly kname: string;
  readonly identity: string;
  readonly run: (head: RcuHead) => Request<void>;
}

const callbacks = new Map<number, Callback>();
const FIRST = 2;

/**
 * The number of a callback, for {@link RcuHead} `func`: the same in every process, since it is kept in model memory. Of two
 * systems built alike the one that asked last is meant, so their runs must not take turns.
 *
 * @param of - the subsystem that it takes first, if it takes one
 */
export function numberOf<S extends [] | [Subsystem]>(callback: RcuCallback<S>, ...of: S): number {
  const { kname } = callback;
  const identity = [callback.identity, ...of.map(({ $subsystem }) => $subsystem)].join(' of ');
  const number = FIRST + (hashText(identity)[0] >>> 1);
  const known = callbacks.get(number);
  if (known !== undefined && known.identity !== identity)
    throw new ModelError(`the callbacks ${known.kname} and ${kname} have one number; rename one of them`);
  callbacks.set(number, { kname, identity, run: (head) => callback(...of, head) });
  return number;
}

/** What runs the callback of a number. */
export function callbackOf(number: number): (head: RcuHead) => Request<void> {
  const callback = callbacks.get(number);
  if (callback === undefined)
    throw new KernelBug('assertion', 'BUG', `expected the number of an RCU callback, got ${number}`);
  return callback.run;
}
