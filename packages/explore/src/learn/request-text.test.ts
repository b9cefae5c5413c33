/** Requests and operations are told apart by what they are, whatever they are called. */
import {
  Layout,
  choose,
  defineOperation,
  kfunc,
  load,
  modify,
  readOnce,
  report,
  rmw,
  u8,
  writeOnce,
  type Kthread,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync, replay, type SearchOptions } from '../index.js';

const MODES: readonly SearchOptions[] = [
  {},
  { partialOrder: false },
  { strategy: 'bfs' },
  { deadAnswers: true },
  { reduction: false },
];

type Claimer = 'chosen' | 'read' | 'made in the run';

function claims(how: Claimer): System {
  const layout = new Layout();
  const which = layout.one('which', u8);
  const slots = layout.array<typeof u8>('slot', u8, 2);
  const claimOf = (i: number) => defineOperation({ name: 'claim', run: (memory) => memory.set(slots[i], 1) });
  const claim = [0, 1].map(claimOf);
  const claimer = kfunc('claimer', function* () {
    const i = how === 'read' ? yield* readOnce(which) : yield* choose(2);
    yield* (how === 'made in the run' ? claimOf(i) : claim[i])();
  });
  const other = kfunc('other', function* () {
    yield* writeOnce(which, 1);
  });
  return {
    layout,
    threads: [
      { name: 'claimer', run: () => claimer() },
      { name: 'other', run: () => other() },
    ],
    invariants: { 'slot 1 is free': (memory) => memory.get(slots[1]) === 0 },
  };
}

function sameLabel(body: (x: ReturnType<Layout['one']>) => Kthread<void>): System {
  const layout = new Layout();
  const x = layout.one('x', u8);
  const thread = kfunc('thread', () => body(x as never));
  const writer = kfunc('writer', function* () {
    yield* writeOnce(x, 1);
  });
  return {
    layout,
    threads: [
      { name: 'A', run: () => thread() },
      { name: 'B', run: () => writer() },
    ],
  };
}

describe.each(MODES)('%j', (options) => {
  test.each(['chosen', 'read', 'made in the run'] as const)('operations of one name, %s', (how) => {
    expect(checkSync(claims(how), options)).toMatchObject({ verdict: 'violated', violation: { kind: 'invariant' } });
  });

  test('loads of one label and another order', () => {
    const model = sameLabel(function* (x) {
      yield* load('get', (yield* choose(2)) === 0 ? 'once' : 'plain', x as never);
    });
    expect(checkSync(model, options)).toMatchObject({ verdict: 'violated', violation: { kind: 'data-race' } });
  });

  test('additions of one label, with and without their old value', () => {
    const model = sameLabel(function* (x) {
      let old = 0;
      if ((yield* choose(2)) === 0) yield* modify('add', 'add', 'full', x as never, 1 as never);
      else old = yield* rmw<number>('add', 'add', 'full', x as never, 1);
      if (old === 1) yield* report('assertion', 'old', 'the old value was 1');
    });
    expect(checkSync(model, options)).toMatchObject({ verdict: 'violated', violation: { name: 'old' } });
  });
});

test('a system that is built again is the same system, whatever was defined before', () => {
  const { schedule = '' } = checkSync(claims('chosen'));
  kfunc('claimer', function* () {});
  expect(replay(claims('chosen'), schedule).violation).toMatchObject({ kind: 'invariant' });
});
