/** One execution for each axiom, each step of its cycle, and what is refused as no execution. */
import { describe, expect, test } from 'vitest';
import { INITIAL, judge, type Execution, type LkmmEvent } from './index.js';

const read = (thread: number, location: number, more: Partial<LkmmEvent> = {}): LkmmEvent => ({
  thread,
  kind: 'R',
  tag: 'once',
  location,
  ...more,
});
const write = (thread: number, location: number, more: Partial<LkmmEvent> = {}): LkmmEvent => ({
  thread,
  kind: 'W',
  tag: 'once',
  location,
  ...more,
});
const fence = (thread: number, tag: NonNullable<LkmmEvent['fence']>): LkmmEvent => ({ thread, kind: 'F', fence: tag });

function told(execution: Execution): string {
  const answer = judge(execution);
  if (answer.allowed) return ['allowed', ...answer.flags].join(' ');
  const steps = answer.cycle.map(
    ({ from, kind, to, over }) => `${from} ${kind}${over === undefined ? '' : `(${over})`} ${to}`,
  );
  return [answer.axiom, ...steps].join(', ');
}

describe('each axiom', () => {
  test('coherence: two reads of one location that go back', () => {
    const events = [read(0, 0), read(0, 0), write(1, 0)];
    const readsFrom = new Map([
      [0, 2],
      [1, INITIAL],
    ]);
    expect(told({ events, readsFrom, coherenceOrder: [[2]] })).toBe('coherence, 0 po-loc 1, 1 fr 2, 2 rf 0');
  });

  test('atomic: a write between the halves of a read-modify-write', () => {
    const events = [read(0, 0, { rmw: true }), write(0, 0, { rmw: true }), write(1, 0)];
    const execution = { events, readsFrom: new Map([[0, INITIAL]]), coherenceOrder: [[2, 1]], rmw: [[0, 1]] as const };
    expect(told(execution)).toBe('atomic, 0 fr 2, 2 co 1, 1 rmw 0');
    expect(told({ ...execution, coherenceOrder: [[1, 2]] })).toBe('allowed');
  });

  test('happens-before: message passing with a release and an acquire', () => {
    const events = [write(0, 0), write(0, 1, { tag: 'release' }), read(1, 1, { tag: 'acquire' }), read(1, 0)];
    const readsFrom = new Map([
      [2, 1],
      [3, INITIAL],
    ]);
    expect(told({ events, readsFrom, coherenceOrder: [[0], [1]] })).toBe(
      'happens-before, 2 acquire 3, 3 fr 0, 0 release 1, 1 rf 2',
    );
    const relaxed = events.map((event) => ({ ...event, tag: 'once' as const }));
    expect(told({ events: relaxed, readsFrom, coherenceOrder: [[0], [1]] })).toBe('allowed');
  });

  test('propagation: store buffering with full fences', () => {
    const events = [write(0, 0), fence(0, 'mb'), read(0, 1), write(1, 1), fence(1, 'mb'), read(1, 0)];
    const readsFrom = new Map([
      [2, INITIAL],
      [5, INITIAL],
    ]);
    expect(told({ events, readsFrom, coherenceOrder: [[0], [3]] })).toBe(
      'propagation, 2 fr 3, 3 full-fence(4) 5, 5 fr 0, 0 full-fence(1) 2',
    );
  });

  test('rcu: a section that sees the time before and after a grace period', () => {
    const events = [
      fence(0, 'rcu-lock'),
      read(0, 0),
      read(0, 1),
      fence(0, 'rcu-unlock'),
      write(1, 1),
      fence(1, 'sync-rcu'),
      write(1, 0),
    ];
    const readsFrom = new Map([
      [1, 6],
      [2, INITIAL],
    ]);
    const answer = judge({ events, readsFrom, coherenceOrder: [[6], [4]] });
    expect(answer).toMatchObject({ allowed: false, axiom: 'rcu' });
    if (!answer.allowed)
      expect(answer.cycle.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['grace-period', 'rcu-section', 'rf', 'fr']),
      );
    // The other way round nothing is wrong.
    const late = new Map([
      [1, INITIAL],
      [2, 4],
    ]);
    expect(told({ events, readsFrom: late, coherenceOrder: [[6], [4]] })).toBe('allowed');
  });

  test('plain-coherence: a plain read that goes against a release and an acquire', () => {
    const events = [
      write(0, 0, { tag: 'plain' }),
      write(0, 1, { tag: 'release' }),
      read(1, 1, { tag: 'acquire' }),
      read(1, 0, { tag: 'plain' }),
    ];
    const readsFrom = new Map([
      [2, 1],
      [3, INITIAL],
    ]);
    expect(told({ events, readsFrom, coherenceOrder: [[0], [1]] })).toBe('plain-coherence, 3 fr 0, 0 ordered 3');
  });
});

test('a plain read beside a write of another thread is a data race', () => {
  const events = [write(0, 0), read(1, 0, { tag: 'plain' })];
  expect(told({ events, readsFrom: new Map([[1, 0]]), coherenceOrder: [[0]] })).toBe('allowed data-race');
});

test.each([
  [
    'a read without a write',
    { events: [read(0, 0)], readsFrom: new Map<number, number>(), coherenceOrder: [] },
    'event 0: a R reads from a write',
  ],
  [
    'a write that is in no order',
    { events: [write(0, 0)], readsFrom: new Map<number, number>(), coherenceOrder: [] },
    'event 0 is missing',
  ],
  [
    'an access to nowhere',
    { events: [{ thread: 0, kind: 'W' as const }], readsFrom: new Map<number, number>(), coherenceOrder: [[0]] },
    'event 0: a W has a location',
  ],
  [
    'a read of another location',
    { events: [write(0, 0), read(1, 1)], readsFrom: new Map([[1, 0]]), coherenceOrder: [[0]] },
    'expected to read from its own location',
  ],
])('%s is refused', (_title, execution, message) => {
  expect(() => judge(execution)).toThrow(message);
});
