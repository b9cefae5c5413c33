import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AcyclicOrder } from './acyclic-order.js';

const NODES = 9;

/** Whether `to` leads to `from`, by all edges there are. */
function leadsBack(edges: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const reached = new Set([to]);
  for (const node of reached) for (const [a, b] of edges) if (a === node) reached.add(b);
  return reached.has(from);
}

it('leaves out the edges that close a circle with those before, and no others', () => {
  const node = fc.nat({ max: NODES - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { maxLength: 60 }), (edges) => {
      const order = new AcyclicOrder();
      const kept: (readonly [number, number])[] = [];
      for (const [from, to] of edges) {
        const closes = leadsBack(kept, from, to);
        expect(order.add(from, to)).toBe(!closes);
        if (!closes) kept.push([from, to]);
      }
    }),
    { numRuns: 500 },
  );
});
