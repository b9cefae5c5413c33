import { expect, test } from 'vitest';
import { functionName } from './frames.js';
import { lasting, lastingName, numberingKfuncs } from './identity.js';
import { kfunc } from './kfunc.js';
import { Layout } from './layout.js';
import type { Kthread } from './request.js';
import { resume } from './running.js';

const before = lasting('early', {});
const maker = (n: number) =>
  function* made(): Kthread<number> {
    return n;
  };

test('what is made before any system has no name, for its order is that of imports', () => {
  expect(lastingName(before)).toBe(undefined);
});

test('objects of one numbering have names of their own, and in every process the same', () => {
  const namesOf = (): string[] =>
    numberingKfuncs(() => [lasting('a', {}), lasting('a', {}), lasting('b', {})].map((one) => lastingName(one)!.name));
  const names = namesOf();
  expect(new Set(names).size).toBe(3);
  expect(namesOf()).toEqual(names);
});

test('each system that is begun has a numbering', () => {
  const make = (): object => {
    new Layout();
    return lastingName(lasting('a', {}))!.numbering;
  };
  const [one, other] = [make(), make()];
  expect(one).not.toBe(other);
  numberingKfuncs(() => {
    expect(make()).toBe(make());
  });
});

test('functions that are made with the system have names, by which their generators are known', () => {
  const [one, other] = numberingKfuncs(() => [maker(1), maker(2)]);
  const names = [one, other].map((f) => functionName(f())!.name);
  expect(new Set(names).size).toBe(2);
  expect([one, other].map((f) => functionName(f)!.name)).toEqual(names);
  expect(functionName(maker)).toBe(undefined);
});

test('functions that a running function makes have none', () => {
  numberingKfuncs(() => {
    const body = function* (): Kthread<unknown> {
      return maker(3);
    };
    const { value } = resume(kfunc('f', body as never).body() as Generator<unknown, () => object>, undefined);
    expect(functionName((value as () => object)())).toBe(undefined);
  });
});
