import { expect, test } from 'vitest';
import { strictGiven } from './given.js';
import { ModelError } from './kernel-bug.js';

const given = strictGiven({ threads: 2, mode: 'fast', cnp: false });

test('what there is can be had in every way', () => {
  const { threads, ...rest } = given;
  expect([threads, rest]).toEqual([2, { mode: 'fast', cnp: false }]);
  expect({ ...given }).toEqual({ threads: 2, mode: 'fast', cnp: false });
  expect(JSON.stringify(given)).toBe('{"threads":2,"mode":"fast","cnp":false}');
  expect(Object.entries(given)).toHaveLength(3);
  expect(['threads' in given, 'cpus' in given]).toEqual([true, false]);
  expect(given).toEqual({ threads: 2, mode: 'fast', cnp: false });
});

test('a name that is not there throws', () => {
  expect(() => given['thraeds']).toThrow(new ModelError('given has no "thraeds"; did you mean threads?'));
  expect(() => {
    const { cpu = 1 } = given;
    return cpu;
  }).toThrow(new ModelError('given has no "cpu"; did you mean cnp?'));
  expect(() => strictGiven({})['threads']).toThrow(
    new ModelError('given has no "threads"; the scenario declares none'),
  );
});

test('it cannot be changed', () => {
  expect(() => {
    (given as Record<string, unknown>)['threads'] = 3;
  }).toThrow(TypeError);
});
