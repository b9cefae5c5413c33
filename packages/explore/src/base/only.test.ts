import { expect, test } from 'vitest';
import { counter, mayCount, namesIn, without } from './only.js';

const sum = { kind: 'invariant', rule: 'sum' };
const deadlock = { kind: 'deadlock', rule: 'deadlock' };

test.each([
  [undefined, true, true],
  [['sum'], true, false],
  [['invariant'], true, false],
  [['-sum'], false, true],
  [['-invariant'], false, true],
  [['-deadlock'], true, false],
  [['invariant', '-sum'], false, false],
  [['sum', 'deadlock', '-deadlock'], true, false],
])('%j counts sum: %j, a deadlock: %j', (only, countsSum, countsDeadlock) => {
  const counts = counter(only);
  expect([counts(sum), counts(deadlock)]).toEqual([countsSum, countsDeadlock]);
  // What counts may count.
  for (const bug of [sum, deadlock])
    if (counts(bug)) expect([mayCount(only, bug.kind), mayCount(only, bug.rule)]).toEqual([true, true]);
});

test('what cannot count is left out of a model', () => {
  expect(mayCount(['-sum'], 'sum')).toBe(false);
  expect(mayCount(['-sum'], 'leak')).toBe(true);
  expect(mayCount(['-deadlock', 'sum'], 'deadlock')).toBe(false);
});

test('names are told without what is in front of them', () => {
  expect(without(without(undefined, 'sum'), 'leak')).toEqual(['-sum', '-leak']);
  expect(namesIn(['sum', '-leak'])).toEqual(['sum', 'leak']);
});
