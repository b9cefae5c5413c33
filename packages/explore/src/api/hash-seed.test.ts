import { Layout, Memory, defineOperation, kfunc, u32, type System } from '@shootdown/machine';
import { expect, test } from 'vitest';
import { checkSync } from '../index.js';

/** Contents of words 1 and 3 that have the hash of two zeros under seed 0, found by trying 2^33 pairs. */
const PLANTED = [979309708, 2487456982] as const;

function planted(): System {
  const layout = new Layout();
  const [a, between, b] = ['a', 'between', 'b'].map((name) => layout.one(name, u32));
  const set = defineOperation({
    name: 'set',
    run: (memory) => {
      memory.set(a, memory.get(a) === 0 ? PLANTED[0] : 0);
      memory.set(b, memory.get(b) === 0 ? PLANTED[1] : 0);
    },
  });
  const thread = kfunc('thread', function* () {
    yield* set();
  });
  return {
    layout,
    threads: [{ name: 'T', run: () => thread(), repeat: true }],
    invariants: { zero: (memory) => memory.get(a) === 0 && memory.get(between) === 0 },
  };
}

test('two states with one fingerprint are told apart under another seed', () => {
  const { layout } = planted();
  const hashes = [0, 1].map((seed) => {
    const memory = new Memory(layout, 0, seed);
    memory.store(1, PLANTED[0] | 0);
    memory.store(3, PLANTED[1] | 0);
    return [memory.h0, memory.h1];
  });
  expect(hashes[0]).toEqual([0, 0]);
  expect(hashes[1]).not.toEqual([0, 0]);
});

test.each([{}, { strategy: 'bfs' }, { reduction: false }] as const)(
  'what a planted collision hides is found under another seed, %j',
  (options) => {
    expect(checkSync(planted(), options)).toMatchObject({ verdict: 'holds', states: 1, hashSeed: 0 });
    for (const hashSeed of [1, 2, 0xffff_ffff])
      expect(checkSync(planted(), { ...options, hashSeed })).toMatchObject({ verdict: 'violated', hashSeed });
  },
);

test('the chance of a collision grows with the square of the states', () => {
  const { collision, states } = checkSync(planted(), { hashSeed: 1, only: ['deadlock'], reduction: false });
  expect(states).toBe(2);
  expect(collision).toBeCloseTo(2 ** -64, 25);
});
