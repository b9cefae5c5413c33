import { expect, test } from 'vitest';
import { ImpureModel } from './kernel-bug.js';
import { asModelCode, assertNotRunning, capturingSites, resume, withSites } from './running.js';

const touch = (): void => {
  assertNotRunning('model memory');
};

test('touching something is noticed exactly while a generator runs', () => {
  const generator = (function* () {
    expect(touch).toThrow(ImpureModel);
    const answer: unknown = yield 1;
    expect(touch).toThrow('model memory was touched from inside a running thread');
    return answer;
  })();
  expect(resume(generator, 'ignored')).toEqual({ done: false, value: 1 });
  expect(touch).not.toThrow();
  expect(resume(generator, 2)).toEqual({ done: true, value: 2 });
});

test('a generator that throws, or resumes another, leaves nothing behind', () => {
  const inner = (function* () {
    yield 1;
  })();
  const outer = (function* () {
    resume(inner, undefined);
    expect(touch).toThrow(ImpureModel);
    yield 1;
    throw new Error('oops');
  })();
  resume(outer, undefined);
  expect(touch).not.toThrow();
  expect(() => resume(outer, undefined)).toThrow('oops');
  expect(touch).not.toThrow();
});

test('asModelCode is like a running thread', () => {
  expect(() => {
    asModelCode(touch);
  }).toThrow(ImpureModel);
  expect(asModelCode(() => 5)).toBe(5);
  expect(touch).not.toThrow();
});

test('withSites lasts as long as its body, also when it throws', () => {
  expect(withSites(() => withSites(capturingSites) && capturingSites())).toBe(true);
  expect(() =>
    withSites(() => {
      throw new Error('oops');
    }),
  ).toThrow('oops');
  expect(capturingSites()).toBe(false);
});
