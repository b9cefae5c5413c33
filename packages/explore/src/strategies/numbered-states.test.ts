import { expect, test } from 'vitest';
import { NumberedStates } from './numbered-states.js';
import { TableFull } from '../base/resources.js';

test('states are numbered in the order in which they are met, however many', () => {
  const states = new NumberedStates(2 ** 30);
  const hash = (i: number): [number, number] => [Math.imul(i, 0x9e3779b1), Math.imul(i, 0x85ebca6b) ^ (i >>> 3)];
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 50_000; i++) expect(states.numberOf(...hash(i)) === i).toBe(true);
  expect(states.size).toBe(50_000);
  expect(states.numberOf(0, 1)).toBe(50_000);
  expect(states.bytes).toBeGreaterThan(50_000 * 12);
});

test('a table that would outgrow its bound says so', () => {
  const states = new NumberedStates(2 ** 20);
  expect(() => {
    for (let i = 0; i < 2 ** 20; i++) states.numberOf(i, i);
  }).toThrow(TableFull);
  expect(states.bytes).toBeLessThanOrEqual(2 ** 20);
});
