/** Random {@link Program}s. */
import fc from 'fast-check';
import {
  G,
  GHOST,
  H,
  LOCKS,
  Q,
  type Condition,
  type Expression,
  type Program,
  type ProgramThread,
  type Statement,
} from './program.js';

const register = fc.constantFrom(0, 1);
const small = fc.integer({ min: 0, max: 2 });
const cell = fc.constantFrom(0, 0, 0, 1, 1, 2, G, H, Q, GHOST, GHOST);
const visible = fc.constantFrom(0, 0, 1, 1, 2, H);
const lock = fc.constantFrom(0, 0, 1, 1, 2);
const expression: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ k: fc.constant('const' as const), v: small }),
  fc.record({ k: fc.constant('reg' as const), r: register }),
  fc.record({ k: fc.constant('plus' as const), r: register, v: fc.constantFrom(1, 3) }),
);
const condition: fc.Arbitrary<Condition> = fc.record({ r: register, negated: fc.boolean(), v: small });
const rule = fc.constantFrom('one', 'two');

function step(of: fc.Arbitrary<number>): fc.Arbitrary<Statement>[] {
  return [
    fc.record({ s: fc.constant('read' as const), cell: of, plain: fc.boolean(), dst: register }),
    fc.record({ s: fc.constant('write' as const), cell: of, plain: fc.boolean(), e: expression }),
    fc.record({
      s: fc.constant('rmw' as const),
      rmw: fc.constantFrom('xchg', 'add', 'or', 'and', 'xor'),
      cell: of,
      e: expression,
      dst: fc.constantFrom(-1, 0, 1),
    }),
    fc.record({ s: fc.constant('cmpxchg' as const), cell: of, expected: small, e: expression, dst: register }),
  ];
}

const access = fc.oneof(...step(cell));
const visibleAccess = fc.oneof(...step(visible));
const simple: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 8, arbitrary: access },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('lock' as const), lock }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('unlock' as const), lock }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('trylock' as const), lock, dst: register }) },
  {
    weight: 2,
    arbitrary: fc.record({
      s: fc.constant('wait' as const),
      cell: fc.constantFrom(0, 1, 2, G, H, Q),
      negated: fc.boolean(),
      mask: fc.constantFrom(-1, -1, 1),
      v: fc.constantFrom(0, 1),
      dst: register,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ s: fc.constant('choose' as const), ways: fc.constantFrom(2, 3), dst: register }),
  },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('fence' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      s: fc.constant('op' as const),
      when: fc.constantFrom(-1, 0, 1, 2),
      v: fc.constantFrom(0, 1),
      from: fc.constantFrom(0, 1, 2, G, H, GHOST),
      to: fc.constantFrom(0, 1, 2, G, H, GHOST),
      add: small,
      dst: register,
    }),
  },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('guarded' as const), add: small, dst: register }) },
  { weight: 2, arbitrary: fc.record({ s: fc.constant('assert' as const), c: condition, rule }) },
  { weight: 1, arbitrary: fc.record({ s: fc.constant('warn' as const), c: condition, rule }) },
);

/** Guards a body by an answer that few alternatives give, so that what it touches is met late in a search. */
const RARE_WAYS = 40;
const rare = (body: readonly Statement[], dst: number): Statement[] => [
  {
    s: 'call',
    e: { k: 'const', v: 0 },
    dst,
    body: [
      { s: 'choose', ways: RARE_WAYS, dst: 0 },
      { s: 'if', c: { r: 0, negated: false, v: RARE_WAYS - 1 }, then: [], else: zero(0) },
    ],
  },
  { s: 'if', c: { r: dst, negated: false, v: RARE_WAYS - 1 }, then: body, else: [] },
];
/** Makes a register zero without a step. */
const zero = (dst: number): Statement[] => [{ s: 'call', e: { k: 'const', v: 0 }, dst, body: [] }];

function attempt(depth: number): fc.Arbitrary<readonly Statement[]> {
  return fc.tuple(visibleAccess, fc.array(statement(depth), { maxLength: 2 })).map(([first, rest]) => [first, ...rest]);
}

function statement(depth: number): fc.Arbitrary<Statement> {
  if (depth === 0) return simple;
  const body = fc.array(fc.oneof({ weight: 4, arbitrary: simple }, { weight: 1, arbitrary: statement(depth - 1) }), {
    minLength: 1,
    maxLength: 3,
  });
  const lockedBody = fc.array(fc.oneof(...step(fc.constantFrom(0, 1, G, G, H, GHOST)), simple), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.oneof(
    { weight: 8, arbitrary: simple },
    { weight: 2, arbitrary: fc.record({ s: fc.constant('locked' as const), lock, body: lockedBody }) },
    { weight: 1, arbitrary: fc.record({ s: fc.constant('locked' as const), lock, body }) },
    {
      weight: 1,
      arbitrary: fc.record({
        s: fc.constant('if' as const),
        c: condition,
        then: body,
        else: fc.array(simple, { maxLength: 1 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ s: fc.constant('call' as const), body, e: expression, dst: register }) },
    {
      weight: 1,
      arbitrary: fc.record({
        s: fc.constant('spin' as const),
        body: attempt(depth - 1),
        c: condition,
        e: expression,
        dst: register,
      }),
    },
  );
}

const kernelThread: fc.Arbitrary<ProgramThread> = fc.record({
  body: fc.oneof(
    { weight: 5, arbitrary: fc.array(statement(2), { minLength: 1, maxLength: 4 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(statement(1), { minLength: 1, maxLength: 3 }), register)
        .map(([body, dst]) => rare(body, dst)),
    },
  ),
  isDevice: fc.constant(false),
  repeat: fc.constant(false),
});
const repeating: fc.Arbitrary<ProgramThread> = fc.record({
  body: fc.tuple(visibleAccess, fc.array(simple, { maxLength: 2 })).map(([first, rest]) => [first, ...rest]),
  isDevice: fc.boolean(),
  repeat: fc.constant(true),
});
const device: fc.Arbitrary<ProgramThread> = fc.record({
  body: fc.array(statement(1), { minLength: 1, maxLength: 3 }),
  isDevice: fc.constant(true),
  repeat: fc.constant(false),
});
/** A worker that may rest for ever, mostly where its round begins with a wait. */
const daemon: fc.Arbitrary<ProgramThread> = fc.record({
  body: fc
    .tuple(
      fc.array(fc.oneof(simple, statement(1)), { maxLength: 1 }),
      visibleAccess,
      fc.array(statement(1), { maxLength: 2 }),
    )
    .map(([first, access, rest]) => [...first, access, ...rest]),
  isDevice: fc.constant(false),
  isDaemon: fc.constant(true),
  repeat: fc.constantFrom(true, true, false),
});
const forbidden = fc.record({
  a: fc.oneof(cell, fc.constant(GHOST)),
  va: fc.constantFrom(0, 1, 1, 2),
  b: cell,
  vb: small,
});

/** What one lock guards, and the word of a lock: an invariant may be confined to it. */
const guarded = fc
  .tuple(fc.constantFrom(G, G, H), fc.constantFrom(0, 1, 1, 2, 3), fc.option(lock, { nil: undefined }))
  .map(([a, va, free]) => (free === undefined ? { a, va, b: a, vb: va } : { a, va, b: LOCKS + free, vb: 0 }));

const different: fc.Arbitrary<Program> = fc.record({
  threads: fc
    .tuple(
      fc.array(kernelThread, { minLength: 1, maxLength: 2 }),
      fc.option(fc.oneof(kernelThread, kernelThread, repeating, device, daemon, daemon), { freq: 3, nil: undefined }),
    )
    .map(([threads, last]) => (last === undefined ? threads : [...threads, last])),
  invariants: fc.array(fc.oneof(forbidden, guarded), { maxLength: 2 }),
  final: forbidden,
  within: fc.option(fc.record({ cell, max: fc.constantFrom(1, 2) }), { freq: 7, nil: undefined }),
});

/** Two or three threads that run the same code. */
const alike: fc.Arbitrary<Program> = fc
  .tuple(different, kernelThread, fc.constantFrom(2, 3))
  .map(([program, thread, count]) => ({
    ...program,
    isSymmetric: true,
    threads: Array.from({ length: count }, () => thread),
  }));

/** A program of one to three threads. */
export const program: fc.Arbitrary<Program> = fc.oneof(
  { weight: 4, arbitrary: different },
  { weight: 1, arbitrary: alike },
);
