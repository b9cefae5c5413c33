/* eslint-disable no-restricted-globals -- these are what is trapped here */
/** Traps for what makes code of a model something other than a function of what it is given. */
import { ImpureModel } from '@shootdown/machine';

/** A call of what answers something else each time. */
export class ForbiddenCall extends ImpureModel {
  /**
   * @param who - the code that made it
   * @param what - what was called
   */
  constructor(
    who: string,
    readonly what: string,
  ) {
    super(
      `${who} called ${what}; a thread must be a pure function of its answers, and an operation or a condition of memory: use choose() in a thread for nondeterminism`,
    );
  }
}

/** A property to be replaced. */
interface Trap {
  readonly holder: object;
  readonly key: string;
  readonly real: PropertyDescriptor | undefined;
  readonly trap: unknown;
}

let armed = 0;
let running = '';

/**
 * Runs code of a model; the clocks and what draws random numbers throw meanwhile.
 *
 * @param who - blamed for it, such as `kfunc f`
 * @throws {@link ForbiddenCall}
 */
export function trapping<T>(who: string, body: () => T): T {
  const outer = running;
  running = who;
  if (armed++ === 0) for (const { holder, key, trap } of TRAPS) define(holder, key, { value: trap, enumerable: true });
  try {
    return body();
  } finally {
    running = outer;
    if (--armed === 0)
      for (const { holder, key, real } of TRAPS) {
        if (real === undefined) Reflect.deleteProperty(holder, key);
        else define(holder, key, real);
      }
  }
}

function define(holder: object, key: string, property: PropertyDescriptor): void {
  Object.defineProperty(holder, key, { writable: true, configurable: true, ...property });
}

function throwing(what: string): () => never {
  return () => {
    throw new ForbiddenCall(running, what);
  };
}

const RealDate = Date;
const TrappedDate = new Proxy(RealDate, {
  apply: throwing('Date()'),
  construct: (date, args: unknown[], target) =>
    args.length === 0 ? throwing('new Date()')() : (Reflect.construct(date, args, target) as Date),
  get: (date, key, receiver) =>
    key === 'now' ? throwing('Date.now()') : (Reflect.get(date, key, receiver) as unknown),
});

function trapsOf(holder: object | undefined, name: string, keys: readonly string[]): Trap[] {
  if (holder === undefined) return [];
  return keys.map((key) => ({
    holder,
    key,
    real: Object.getOwnPropertyDescriptor(holder, key),
    trap: throwing(`${name}${key}()`),
  }));
}

const { crypto, process } = globalThis as { crypto?: object; process?: object };
const TRAPS: readonly Trap[] = [
  ...trapsOf(Math, 'Math.', ['random']),
  ...trapsOf(performance, 'performance.', ['now']),
  ...trapsOf(crypto, 'crypto.', ['randomUUID', 'getRandomValues']),
  ...trapsOf(process, 'process.', ['hrtime']).map((one) => ({
    ...one,
    trap: Object.assign(one.trap as object, { bigint: throwing('process.hrtime.bigint()') }),
  })),
  {
    holder: globalThis,
    key: 'Date',
    real: Object.getOwnPropertyDescriptor(globalThis, 'Date'),
    trap: TrappedDate,
  },
];
