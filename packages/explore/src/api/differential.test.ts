/**
 * Random programs, explored by the engine in every mode and by a naive reference that shares no code with it: verdicts,
 * numbers of states, final memories and lengths of counterexamples must agree. SHOOTDOWN_PROGRAMS=5000 runs more of them,
 * SHOOTDOWN_SEED another sequence.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../../test-models/arbitrary.js';
import { disagreements } from '../../test-models/disagreements.js';
import { LOCKS, type Program, type Statement } from '../../test-models/program.js';

const PROGRAMS = Number(process.env['SHOOTDOWN_PROGRAMS'] ?? 20);
const SEED = Number(process.env['SHOOTDOWN_SEED'] ?? 1);

// Stacks of the errors that violations are cost more than all the rest.
const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

describe('engine and reference agree', () => {
  it(`on ${PROGRAMS} random programs`, () => {
    fc.assert(
      fc.property(program, (model) => {
        expect(disagreements(model)).toEqual([]);
      }),
      { numRuns: PROGRAMS, seed: SEED, endOnFailure: PROGRAMS <= 200 },
    );
  }, 3_600_000);
});

const thread = (...body: Statement[]): Program['threads'][number] => ({ body, isDevice: false, repeat: false });
const device = (...body: Statement[]): Program['threads'][number] => ({ body, isDevice: true, repeat: false });
const forEver = (...body: Statement[]): Program['threads'][number] => ({ body, isDevice: true, repeat: true });
const value = (v: number) => ({ k: 'const', v }) as const;
const put = (cell: number, v: number): Statement => ({ s: 'write', cell, plain: false, e: value(v) });
const get = (cell: number, dst = 0): Statement => ({ s: 'read', cell, plain: false, dst });
const is = (v: number, r = 0) => ({ r, negated: false, v }) as const;
const isNot = (v: number, r = 0) => ({ r, negated: true, v }) as const;
const [x, y, z, g, h, ghost] = [0, 1, 2, 3, 4, 6];
const never = { a: x, va: 9, b: x, vb: 9 };
const wait = (cell: number, v: number): Statement => ({ s: 'wait', cell, negated: false, mask: -1, v, dst: 1 });
const spin = (c: { r: number; negated: boolean; v: number }, ...body: Statement[]): Statement => ({
  s: 'spin',
  body,
  c,
  e: value(0),
  dst: 1,
});
const op = (from: number, to: number, add: number, dst = 0): Statement => ({
  s: 'op',
  when: -1,
  v: 0,
  from,
  to,
  add,
  dst,
});
const locked = (lock: number, ...body: Statement[]): Statement => ({ s: 'locked', lock, body });
const rare = (...then: Statement[]): Statement[] => [
  { s: 'choose', ways: 250, dst: 0 },
  { s: 'if', c: is(249), then, else: [] },
];

/** Small programs that each need one care that an engine could forget. */
const CARES: Readonly<Record<string, Omit<Program, 'invariants' | 'final' | 'within'> & Partial<Program>>> = {
  'a word written twice while another thread waits for what it holds in between': {
    threads: [thread(put(x, 1), put(x, 0)), thread(wait(x, 1), { s: 'assert', c: is(9), rule: 'one' })],
  },
  'a word read only by the condition of an operation': {
    threads: [
      thread(put(x, 1), put(y, 1)),
      thread({ s: 'op', when: y, v: 0, from: x, to: x, add: 0, dst: 0 }, { s: 'assert', c: is(0), rule: 'one' }),
    ],
  },
  'a bug that does not count, behind steps that others cannot see': {
    threads: [
      thread(put(x, 1), get(z), { s: 'assert', c: is(9), rule: 'one' }),
      thread(get(x), { s: 'assert', c: isNot(1), rule: 'two' }),
    ],
  },
  'a bug that does not count, before the first step': {
    threads: [thread({ s: 'assert', c: is(9), rule: 'one' }), thread(put(x, 1))],
    invariants: [{ a: x, va: 1, b: x, vb: 1 }],
  },
  'a variable of the specification, written after a step that others cannot see': {
    threads: [thread(put(x, 1), get(z), put(ghost, 1))],
    invariants: [{ a: x, va: 1, b: ghost, vb: 0 }],
  },
  'a variable of the specification that is judged late and never written': {
    threads: [
      thread(
        { s: 'choose', ways: 40, dst: 0 },
        { s: 'if', c: is(39), then: [{ s: 'assert', c: is(0), rule: 'one' }], else: [] },
      ),
      forEver({ s: 'cmpxchg', cell: z, expected: 0, e: value(0), dst: 0 }, get(ghost)),
    ],
    final: { a: ghost, va: 0, b: ghost, vb: 0 },
  },
  'a spin loop that begins with a step that others cannot see': {
    threads: [thread(spin(is(1), get(z), get(x))), thread(put(x, 2), get(x))],
  },
  'a spin loop that changes only a word of its own': {
    threads: [thread(spin(is(1, 1), { s: 'rmw', rmw: 'xor', cell: z, e: value(1), dst: 0 }, get(x, 1)))],
  },
  'a spin loop of seventeen steps that others cannot see': {
    threads: [thread(spin(is(1), ...Array.from({ length: 17 }, () => get(z))))],
  },
  'a loop in a spin loop: the inner one ends, the outer one never': {
    threads: [thread(spin(is(1), get(x, 1), spin(is(0), get(y)), get(z)))],
  },
  'a device that helps only between two looks of a spinning thread': {
    threads: [
      thread(spin(is(1, 1), get(x), { s: 'if', c: is(1), then: [get(y, 1)], else: [] })),
      forEver(
        { s: 'choose', ways: 2, dst: 0 },
        { s: 'op', when: -1, v: 0, from: ghost, to: ghost, add: 0, dst: 1 },
        { s: 'if', c: is(1), then: [put(y, 0), put(x, 1)], else: [put(x, 0), put(y, 1)] },
      ),
    ],
  },
  'a device that counts and never helps': {
    threads: [
      thread(wait(y, 1)),
      forEver(
        { s: 'rmw', rmw: 'add', cell: x, e: value(1), dst: -1 },
        { s: 'rmw', rmw: 'and', cell: x, e: value(2), dst: -1 },
      ),
    ],
  },
  'a device that helps after several steps': {
    threads: [thread(wait(y, 1)), device(put(x, 1), put(x, 2), put(z, 1), put(y, 1))],
  },
  'a device that wakes an attempt which then fails': {
    threads: [thread(spin(is(1), get(x), wait(y, 1), get(z))), forEver(put(y, 1), put(y, 0))],
  },
  'two words of one thread each that an invariant reads together': {
    threads: [thread(put(x, 1), put(x, 0)), thread(put(y, 1), put(y, 0))],
    invariants: [{ a: x, va: 1, b: y, vb: 1 }],
  },
  'what a lock guards, wrong for a moment': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(put(x, 1), locked(0, put(g, 2)))],
    invariants: [{ a: g, va: 1, b: g, vb: 1 }],
  },
  'what a lock guards, wrong when it is let go': {
    threads: [thread(locked(0, put(g, 1)), locked(0, put(g, 0))), thread(get(x, 0), locked(0, get(g, 0)))],
    invariants: [{ a: g, va: 1, b: LOCKS, vb: 0 }],
  },
  'what a lock guards, right when it is let go': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(locked(0, put(g, 1), put(g, 0)))],
    invariants: [{ a: g, va: 1, b: LOCKS, vb: 0 }],
  },
  'what two locks guard, wrong together': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(locked(1, put(h, 1), put(h, 0)))],
    invariants: [{ a: g, va: 1, b: h, vb: 1 }],
  },
  'what a lock guards and what it does not, wrong together': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(put(x, 1), put(x, 0))],
    invariants: [{ a: g, va: 1, b: x, vb: 1 }],
  },
  'the same, the second met late': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(...rare(put(x, 1), put(x, 0)))],
    invariants: [{ a: g, va: 1, b: x, vb: 1 }],
  },
  'what a lock guards and a variable of the specification, wrong together': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(put(x, 1), put(ghost, 1), put(x, 0), put(ghost, 0))],
    invariants: [{ a: g, va: 1, b: ghost, vb: 1 }],
  },
  'what a lock guards, written by one who does not hold it': {
    threads: [thread(locked(0, put(g, 1), put(g, 0))), thread(put(x, 1), put(g, 2), put(g, 1))],
    invariants: [{ a: g, va: 2, b: g, vb: 2 }],
  },
  'a lock let go by another, under which somebody works': {
    threads: [thread({ s: 'locked', lock: 0, body: [put(g, 1)] }), thread({ s: 'unlock', lock: 0 })],
  },
  'a guarded word that somebody waits for without its lock': {
    threads: [
      thread({ s: 'wait', cell: g, negated: false, mask: 1, v: 1, dst: 0 }),
      thread({ s: 'locked', lock: 0, body: [put(g, 1), { s: 'guarded', add: 1, dst: 0 }] }),
    ],
  },
  'the same, met late in the search': {
    threads: [thread({ s: 'locked', lock: 0, body: [put(g, 1)] }), thread(...rare({ s: 'unlock', lock: 0 }))],
  },
  'sharing met late in the search': {
    threads: [
      thread(put(x, 1), put(y, 1)),
      thread(
        ...rare(get(y, 1), get(x, 0), {
          s: 'if',
          c: is(1, 1),
          then: [],
          else: [{ s: 'assert', c: is(0), rule: 'two' }],
        }),
      ),
    ],
  },
  'a choice before a lock is let go': {
    threads: [
      thread(locked(0, put(g, 1), { s: 'choose', ways: 2, dst: 0 }), put(x, 1)),
      thread(locked(0, get(g, 1), get(x, 0)), {
        s: 'if',
        c: is(1, 1),
        then: [{ s: 'assert', c: is(1), rule: 'one' }],
        else: [],
      }),
    ],
  },
  'a choice with a variable of the specification': {
    threads: [thread({ s: 'choose', ways: 2, dst: 0 }, put(ghost, 1), put(x, 1)), thread(put(y, 1))],
    invariants: [{ a: ghost, va: 1, b: x, vb: 0 }],
  },
  'a choice before what another waits for': {
    threads: [
      thread({ s: 'choose', ways: 2, dst: 0 }, { s: 'lock', lock: 0 }, put(x, 1)),
      thread({ s: 'lock', lock: 0 }, { s: 'choose', ways: 2, dst: 1 }, wait(x, 1)),
    ],
  },
  'a choice before an access that races': {
    threads: [
      thread({ s: 'choose', ways: 2, dst: 0 }, get(x)),
      thread({ s: 'choose', ways: 2, dst: 0 }, { s: 'write', cell: x, plain: true, e: value(1) }),
    ],
  },
  'an operation that reads what is written under a lock, without the lock': {
    threads: [
      thread(locked(1, put(h, 1), put(h, 0))),
      thread(put(x, 1), op(h, z, 0), { s: 'assert', c: is(0), rule: 'one' }),
    ],
  },
  'an operation that writes under a lock what others read without': {
    threads: [
      thread(locked(1, op(z, h, 1), op(z, h, 0))),
      thread(put(x, 1), get(h), { s: 'assert', c: is(0), rule: 'one' }),
    ],
  },
  'an operation met late in the search': {
    threads: [
      thread(
        get(x),
        ...rare(
          ...rare(get(y, 1), op(x, z, 0), {
            s: 'if',
            c: is(0, 1),
            then: [{ s: 'assert', c: is(0), rule: 'two' }],
            else: [],
          }),
        ),
      ),
      thread(put(y, 1), put(x, 1)),
    ],
  },
  'an operation on what is written late in the search': {
    threads: [
      thread(op(x, z, 0), op(y, z, 0, 1), {
        s: 'if',
        c: is(1, 0),
        then: [{ s: 'assert', c: is(9), rule: 'one' }],
        else: [],
      }),
      thread(...rare(put(y, 1), put(x, 1))),
    ],
  },
  'an operation whose effect an invariant sees': {
    threads: [thread(op(z, x, 1), op(z, x, 0)), thread(op(z, y, 1), op(z, y, 0))],
    invariants: [{ a: x, va: 1, b: y, vb: 1 }],
  },
  'an operation that says its guard beside an access without': {
    threads: [
      thread({
        s: 'locked',
        lock: 0,
        body: [
          { s: 'guarded', add: 1, dst: 0 },
          { s: 'guarded', add: 1, dst: 0 },
        ],
      }),
      thread(get(g), { s: 'assert', c: isNot(1), rule: 'one' }),
    ],
  },
  'a step out of the stated size, and what would follow it': {
    threads: [thread({ s: 'locked', lock: 2, body: [put(x, 2), put(g, 1)] })],
    within: { cell: x, max: 1 },
  },
  'a step out of the stated size by a variable of the specification': {
    threads: [thread({ s: 'locked', lock: 1, body: [put(ghost, 2), put(g, 1)] }), thread(get(x))],
    within: { cell: ghost, max: 1 },
  },
  'a stated size that no step is needed to leave': {
    threads: [thread(put(x, 3)), thread(wait(5, 1))],
    within: { cell: x, max: 1 },
  },
  'a thread that tries a lock of its own again': {
    threads: [thread({ s: 'trylock', lock: 0, dst: 0 }, { s: 'locked', lock: 0, body: [get(x)] }), thread(put(x, 1))],
  },
  'a circular order of locks without a deadlock': {
    threads: [
      thread({
        s: 'locked',
        lock: 2,
        body: [{ s: 'locked', lock: 0, body: [{ s: 'locked', lock: 1, body: [get(x)] }] }],
      }),
      thread({
        s: 'locked',
        lock: 2,
        body: [{ s: 'locked', lock: 1, body: [{ s: 'locked', lock: 0, body: [get(x)] }] }],
      }),
    ],
  },
  'a word of 64 bits of which only one half is waited for': {
    threads: [thread(put(5, 1), put(5, 0)), thread(wait(5, 1), get(5), { s: 'assert', c: is(1), rule: 'one' })],
  },
};

describe('engine and reference agree on programs that need', () => {
  it.each(Object.entries(CARES))('%s', (_, model) => {
    expect(disagreements({ invariants: [], final: never, within: undefined, ...model })).toEqual([]);
  });
});
