import { expect, test } from 'vitest';
import { numberingKfuncs } from './identity.js';
import { kfunc, spinUntil } from './kfunc.js';
import { Layout } from './layout.js';
import { KIND, readOnce, type Kthread } from './request.js';
import { withSites } from './running.js';
import { u32 } from './types.js';

const cell = new Layout().one('cell', u32);
const get = kfunc('get', function* (by: number): Kthread<number | undefined> {
  const value = yield* readOnce(cell);
  return value === 0 ? undefined : value + by;
});

test('a kfunc makes calls that name it', () => {
  const call = get(3);
  expect(call).toMatchObject({ kind: KIND.CALL, label: 'get', args: [3] });
  expect(call.fn).toMatchObject({ kname: 'get', serial: get.serial });
  expect(get.kname).toBe('get');
});

test('a call made again with the same arguments is the same request, one with others is not', () => {
  const both = kfunc('both', function* (a: number, b: bigint) {
    return BigInt(a) + b;
  });
  const call = both(1, 2n);
  expect(both(1, 2n)).toBe(call);
  const others = [both(2, 2n), both(1, 3n), (both as (...args: unknown[]) => unknown)(1)];
  expect(others.map((other) => (other as typeof call).args)).toEqual([[2, 2n], [1, 3n], [1]]);
  expect(call.args).toEqual([1, 2n]);
  expect(withSites(() => both(1, 3n)).site).toContain('kfunc.test.ts');
  expect(both(1, 3n).site).toBe(undefined);
});

test('a tuple that has changed makes another call', () => {
  const take = kfunc('take', function* (tuple: readonly number[]) {
    return tuple.length;
  });
  const tuple = [1];
  const calls = [take(tuple)];
  tuple.push(2);
  calls.push(take(tuple));
  expect(calls.map(({ args }) => args)).toEqual([[[1]], [[1, 2]]]);
});

test('kfuncs of one name are told apart', () => {
  const other = kfunc('get', function* () {});
  expect(other.serial).not.toBe(get.serial);
});

test('what a function is called does not depend on what was defined before, where kfuncs are numbered apart', () => {
  const make = (): readonly string[] =>
    [1, 2].map((n) => kfunc('made', function* () { return n; }).identity); // prettier-ignore
  const outside = make();
  const inside = numberingKfuncs(make);
  expect(numberingKfuncs(make)).toEqual(inside);
  expect(new Set([...outside, ...inside, ...make()]).size).toBe(6);
});

test('a function made for another is called after it', () => {
  const make = (what: string): string => kfunc('put', function* () {}, what).identity;
  expect(make('a')).toBe(make('a'));
  expect(make('a')).not.toBe(make('b'));
});

test('a call copies and freezes tuples, and refuses what is no value', () => {
  const take = kfunc('take', function* (tuple: readonly number[]) {
    return tuple.length;
  });
  const tuple = [1, 2];
  const call = take(tuple);
  tuple.push(3);
  expect(call.args).toEqual([[1, 2]]);
  expect(Object.isFrozen(call.args[0])).toBe(true);
  expect(() => take({} as unknown as number[])).toThrow('got [object Object]; put shared data into a struct');
});

test('spinUntil makes a loop around a call', () => {
  expect(spinUntil(() => get(1))).toMatchObject({ kind: KIND.SPIN, label: 'get', args: [1], fn: { kname: 'get' } });
});

test('spinUntil refuses what is no call', () => {
  expect(() => spinUntil(() => readOnce(cell))).toThrow(
    'spinUntil: expected a call of a kfunc, got READ_ONCE; use waitFor for one cell',
  );
});
