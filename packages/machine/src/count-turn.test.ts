import { expect, test } from 'vitest';
import { LoopsForEver, asModelCode, choose, countTurn, kfunc, resume } from './index.js';

const MILLION = 1_000_000;
const turn = (times: number): void => {
  for (let i = 0; i < times; i++) countTurn('a.ts:1');
};

test('the millionth turn of a thread without a request is refused, with its place', () => {
  asModelCode(() => turn(MILLION - 1));
  expect(() => asModelCode(() => turn(MILLION))).toThrow(LoopsForEver);
  expect(() => asModelCode(() => turn(MILLION))).toThrow('a.ts:1: a loop made 1,000,000 turns without a request');
});

test('a request begins the count again', () => {
  const loops = kfunc('loops', function* () {
    for (let i = 0; i < 4; i++) {
      turn(MILLION / 2);
      yield* choose(1);
    }
  });
  const generator = (loops.body as () => Generator<never, void>)();
  for (let i = 0; i < 5; i++) resume(generator, 0);
  expect(resume(generator, 0).done).toBe(true);
});

test('code outside threads may loop as it likes', () => {
  turn(2 * MILLION);
});
