/**
 * `refcount_t`: counters that saturate instead of wrapping. Each function is one step.
 *
 * Two generations of rules, chosen for a whole model by {@link useRefcounts}: today's (v5.4 and later) lets the arithmetic
 * happen, then pins a counter that came from or to nonsense at 0xc0000000; that of v4.11 to v5.3 with CONFIG_REFCOUNT_FULL
 * refuses the arithmetic and pins at UINT_MAX. Both warn, reported as `refcount`.
 */
import {
  KernelBug,
  defineOperation,
  i32,
  load,
  store,
  type Cell,
  type Layout,
  type Memory,
  type Request,
  type ScalarType,
} from '@shootdown/machine';

/**
 * Type of a reference count, a signed 32-bit word.
 *
 * @source include/linux/refcount.h refcount_t v6.6
 */
export const refcountT: ScalarType<number> = i32.printedBy((count) =>
  count === REFCOUNT_SATURATED ? 'REFCOUNT_SATURATED' : undefined,
);
/** A reference count in model memory. */
export type Refcount = Cell<number>;
/** Which kernels' rules: those of v5.4 and later, or those before. */
export type RefcountRules = 'v5.4' | 'v4.19';

/**
 * What a counter is pinned at: half way between the lowest number and zero, 0xc0000000.
 *
 * @source include/linux/refcount.h REFCOUNT_SATURATED v6.6
 */
export const REFCOUNT_SATURATED = -0x4000_0000;
/** What a counter was pinned at before v5.4: UINT_MAX, as the signed word reads. */
export const REFCOUNT_SATURATED_V4_19 = -1;

const RULES = Symbol('refcount rules');

/** Chooses the rules for every reference count of a layout; `v5.4` unless called. */
export function useRefcounts(layout: Layout, rules: RefcountRules): void {
  layout.attach(RULES, rules);
}

const isOld = ({ layout }: Memory): boolean => layout.attachment(RULES) === 'v4.19';

function warn(memory: Memory, r: Refcount, rule: string, text: string): void {
  memory.report(new KernelBug('refcount', rule, `refcount_t ${memory.layout.nameOf(r.address)}: ${text}`, r.address));
}

function saturate(memory: Memory, r: Refcount, rule: string, text: string): void {
  memory.set(r, REFCOUNT_SATURATED);
  warn(memory, r, rule, text);
}

/** Adds; returns whether the counter was not zero. `unlessZero`: then it stays zero without a warning. */
function add(memory: Memory, r: Refcount, i: number, unlessZero: boolean): boolean {
  const old = memory.get(r);
  if (old === 0 && unlessZero) return false;
  if (isOld(memory)) return addOld(memory, r, i, old);
  const now = (old + i) | 0;
  memory.set(r, now);
  if (old === 0) saturate(memory, r, 'add-on-zero', 'addition on 0; use-after-free');
  else if (old < 0 || now < 0) saturate(memory, r, 'saturated', 'saturated; leaking memory');
  return old !== 0;
}

function addOld(memory: Memory, r: Refcount, i: number, old: number): boolean {
  if (old === 0) {
    warn(memory, r, 'add-on-zero', 'addition on 0; use-after-free');
    return false;
  }
  if (old === REFCOUNT_SATURATED_V4_19) return true;
  const now = (old >>> 0) + i >= 0xffff_ffff ? REFCOUNT_SATURATED_V4_19 : (old + i) | 0;
  memory.set(r, now);
  if (now === REFCOUNT_SATURATED_V4_19) warn(memory, r, 'saturated', 'saturated; leaking memory');
  return true;
}

/** Subtracts; returns whether that made it zero. */
function subtract(memory: Memory, r: Refcount, i: number): boolean {
  const old = memory.get(r);
  if (isOld(memory)) return subtractOld(memory, r, i, old);
  const now = (old - i) | 0;
  memory.set(r, now);
  if (old === i) return true;
  if (old < 0 || now < 0) saturate(memory, r, 'underflow', 'underflow; use-after-free');
  return false;
}

function subtractOld(memory: Memory, r: Refcount, i: number, old: number): boolean {
  if (old === REFCOUNT_SATURATED_V4_19) return false;
  if (i > old >>> 0) {
    warn(memory, r, 'underflow', 'underflow; use-after-free');
    return false;
  }
  memory.set(r, (old - i) | 0);
  return old === i;
}

const target = (r: Refcount): Refcount => r;
const targetOfSecond = (_i: number, r: Refcount): Refcount => r;

/**
 * Sets the count. Unordered.
 *
 * @source include/linux/refcount.h refcount_set() v6.6
 */
export function refcountSet(r: Refcount, value: number): Request<void> {
  return store('refcount_set', 'once', r, value);
}

/**
 * Returns the count. Unordered.
 *
 * @source include/linux/refcount.h refcount_read() v6.6
 */
export function refcountRead(r: Refcount): Request<number> {
  return load('refcount_read', 'once', r);
}

/**
 * Adds one; warns if the count was zero. Unordered.
 *
 * @source include/linux/refcount.h refcount_inc() v6.6
 */
export const refcountInc: (r: Refcount) => Request<void> = defineOperation({
  name: 'refcount_inc',
  target,
  run: (memory: Memory, r: Refcount): void => {
    add(memory, r, 1, false);
  },
});

/**
 * Adds `i`; warns if the count was zero. Unordered.
 *
 * @source include/linux/refcount.h refcount_add() v6.6
 */
export const refcountAdd: (i: number, r: Refcount) => Request<void> = defineOperation({
  name: 'refcount_add',
  target: targetOfSecond,
  run: (memory: Memory, i: number, r: Refcount): void => {
    add(memory, r, i, false);
  },
});

/**
 * Adds one unless the count is zero; returns whether it did. No ordering but that on the answer.
 *
 * @source include/linux/refcount.h refcount_inc_not_zero() v6.6
 */
export const refcountIncNotZero: (r: Refcount) => Request<boolean> = defineOperation({
  name: 'refcount_inc_not_zero',
  target,
  run: (memory: Memory, r: Refcount): boolean => add(memory, r, 1, true),
});

/**
 * Adds `i` unless the count is zero; returns whether it did. No ordering but that on the answer.
 *
 * @source include/linux/refcount.h refcount_add_not_zero() v6.6
 */
export const refcountAddNotZero: (i: number, r: Refcount) => Request<boolean> = defineOperation({
  name: 'refcount_add_not_zero',
  target: targetOfSecond,
  run: (memory: Memory, i: number, r: Refcount): boolean => add(memory, r, i, true),
});

/**
 * Subtracts one; returns whether that made it zero. Release, and acquire where it did.
 *
 * @source include/linux/refcount.h refcount_dec_and_test() v6.6
 */
export const refcountDecAndTest: (r: Refcount) => Request<boolean> = defineOperation({
  name: 'refcount_dec_and_test',
  target,
  run: (memory: Memory, r: Refcount): boolean => subtract(memory, r, 1),
});

/**
 * Subtracts `i`; returns whether that made it zero. Release, and acquire where it did.
 *
 * @source include/linux/refcount.h refcount_sub_and_test() v6.6
 */
export const refcountSubAndTest: (i: number, r: Refcount) => Request<boolean> = defineOperation({
  name: 'refcount_sub_and_test',
  target: targetOfSecond,
  run: (memory: Memory, i: number, r: Refcount): boolean => subtract(memory, r, i),
});

/**
 * Subtracts one, which must not make it zero: warns if it does. Release.
 *
 * @source include/linux/refcount.h refcount_dec() v6.6
 */
export const refcountDec: (r: Refcount) => Request<void> = defineOperation({
  name: 'refcount_dec',
  target,
  run: (memory: Memory, r: Refcount): void => {
    const old = memory.get(r);
    if (isOld(memory)) {
      if (subtract(memory, r, 1)) warn(memory, r, 'decrement-to-zero', 'decrement hit 0; leaking memory');
    } else if (old <= 1) saturate(memory, r, 'decrement-to-zero', 'decrement hit 0; leaking memory');
    else memory.set(r, old - 1);
  },
});
