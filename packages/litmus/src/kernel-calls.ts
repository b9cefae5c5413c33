/**
 * What the kernel's primitives are in a litmus test: the names of `linux-kernel.def`, with what each does.
 *
 * @source tools/memory-model/linux-kernel.def READ_ONCE v6.18
 */
import type { AccessTag, FenceTag } from '@shootdown/lkmm';
import type { Expression, Operator, Position, Statement } from './ast.js';

/** What a call turned into: something with a value, or a statement. */
export type Called = { readonly expression: Expression } | { readonly statement: Statement };

/** How one primitive is called and what it makes. */
export interface KernelCall {
  readonly parameters: number;
  /** The parameter that has to be written `*x`, as READ_ONCE() and WRITE_ONCE() take theirs. */
  readonly dereferenced?: number;
  readonly make: (args: readonly Expression[], at: Position) => Called;
}

const FENCES: Readonly<Record<string, FenceTag>> = {
  smp_mb: 'mb',
  smp_rmb: 'rmb',
  smp_wmb: 'wmb',
  smp_mb__before_atomic: 'before-atomic',
  smp_mb__after_atomic: 'after-atomic',
  smp_mb__after_spinlock: 'after-spinlock',
  smp_mb__after_unlock_lock: 'after-unlock-lock',
  smp_mb__after_srcu_read_unlock: 'after-srcu-read-unlock',
  barrier: 'barrier',
  rcu_read_lock: 'rcu-lock',
  rcu_read_unlock: 'rcu-unlock',
  synchronize_rcu: 'sync-rcu',
  synchronize_rcu_expedited: 'sync-rcu',
};

/** Endings of the names of atomics, with the order each stands for. */
const ORDERS: readonly (readonly [string, AccessTag])[] = [
  ['', 'mb'],
  ['_relaxed', 'once'],
  ['_acquire', 'acquire'],
  ['_release', 'release'],
];

const ONE: Expression = { kind: 'number', value: 1 };
const ZERO: Expression = { kind: 'number', value: 0 };

function load(parameters: number, tag: AccessTag, dereferenced?: number): KernelCall {
  return {
    parameters,
    ...(dereferenced !== undefined && { dereferenced }),
    make: ([address], at) => ({ expression: { kind: 'load', address, tag, at } }),
  };
}

function store(tag: AccessTag, dereferenced?: number): KernelCall {
  return {
    parameters: 2,
    ...(dereferenced !== undefined && { dereferenced }),
    make: ([address, value], at) => ({ statement: { kind: 'store', address, value, tag, at } }),
  };
}

function onAddress(kind: 'lock' | 'unlock' | 'sync-srcu'): KernelCall {
  return { parameters: 1, make: ([address], at) => ({ statement: { kind, address, at } }) };
}

function question(kind: 'trylock' | 'is-locked'): KernelCall {
  return { parameters: 1, make: ([address], at) => ({ expression: { kind, address, at } }) };
}

function atomic(
  operator: Operator,
  returns: 'new' | 'old',
  tag: AccessTag,
  constant: Expression | undefined,
): KernelCall {
  return {
    parameters: constant === undefined ? 2 : 1,
    make: (args, at) => ({
      expression: {
        kind: 'atomic',
        address: args[args.length - 1],
        operator,
        value: constant ?? args[0],
        returns,
        tag,
        at,
      },
    }),
  };
}

/** An atomic whose new value is compared with 0. */
function tested(call: KernelCall, operator: '==' | '<'): KernelCall {
  return {
    ...call,
    make: (args, at) => {
      const called = call.make(args, at);
      if (!('expression' in called)) return called;
      return { expression: { kind: 'binary', operator, left: called.expression, right: ZERO } };
    },
  };
}

/** An atomic that returns nothing. */
function silent(call: KernelCall): KernelCall {
  return {
    ...call,
    make: (args, at) => {
      const called = call.make(args, at);
      return 'expression' in called ? { statement: { kind: 'evaluate', value: called.expression } } : called;
    },
  };
}

function* atomics(): Generator<[string, KernelCall]> {
  const operators: readonly (readonly [string, Operator])[] = [
    ['add', '+'],
    ['sub', '-'],
    ['and', '&'],
    ['or', '|'],
    ['xor', '^'],
    ['andnot', '&~'],
  ];
  for (const [name, operator] of operators) {
    yield [`atomic_${name}`, silent(atomic(operator, 'new', 'noreturn', undefined))];
    for (const [ending, tag] of ORDERS) {
      yield [`atomic_fetch_${name}${ending}`, atomic(operator, 'old', tag, undefined)];
      if (operator === '+' || operator === '-')
        yield [`atomic_${name}_return${ending}`, atomic(operator, 'new', tag, undefined)];
    }
  }
  for (const [name, operator] of [
    ['inc', '+'],
    ['dec', '-'],
  ] as const) {
    yield [`atomic_${name}`, silent(atomic(operator, 'new', 'noreturn', ONE))];
    yield [`atomic_${name}_and_test`, tested(atomic(operator, 'new', 'mb', ONE), '==')];
    for (const [ending, tag] of ORDERS) {
      yield [`atomic_${name}_return${ending}`, atomic(operator, 'new', tag, ONE)];
      yield [`atomic_fetch_${name}${ending}`, atomic(operator, 'old', tag, ONE)];
    }
  }
  yield ['atomic_sub_and_test', tested(atomic('-', 'new', 'mb', undefined), '==')];
  for (const [ending, tag] of ORDERS) {
    yield [`atomic_add_negative${ending}`, tested(atomic('+', 'new', tag, undefined), '<')];
    for (const prefix of ['', 'atomic_']) {
      yield [
        `${prefix}xchg${ending}`,
        { parameters: 2, make: ([address, value], at) => ({ expression: { kind: 'xchg', address, value, tag, at } }) },
      ];
      yield [
        `${prefix}cmpxchg${ending}`,
        {
          parameters: 3,
          make: ([address, old, value], at) => ({
            expression: { kind: 'cmpxchg', address, old, value, tag, at },
          }),
        },
      ];
    }
  }
}

/** Every primitive, by its name. */
export const KERNEL_CALLS: ReadonlyMap<string, KernelCall> = new Map<string, KernelCall>([
  ['READ_ONCE', load(1, 'once', 0)],
  ['rcu_dereference', load(1, 'once', 0)],
  ['smp_load_acquire', load(1, 'acquire')],
  ['atomic_read', load(1, 'once')],
  ['atomic_read_acquire', load(1, 'acquire')],
  ['srcu_read_lock', load(1, 'srcu-lock')],
  ['srcu_down_read', load(1, 'srcu-lock')],
  ['WRITE_ONCE', store('once', 0)],
  ['rcu_assign_pointer', store('release', 0)],
  ['smp_store_release', store('release')],
  ['atomic_set', store('once')],
  ['atomic_set_release', store('release')],
  ['srcu_read_unlock', store('srcu-unlock')],
  ['srcu_up_read', store('srcu-unlock')],
  [
    'smp_store_mb',
    {
      parameters: 2,
      dereferenced: 0,
      make: ([address, value], at) => ({
        statement: {
          kind: 'block',
          body: [
            { kind: 'store', address, value, tag: 'once', at },
            { kind: 'fence', fence: 'mb', at },
          ],
        },
      }),
    },
  ],
  ['spin_lock', onAddress('lock')],
  ['spin_unlock', onAddress('unlock')],
  ['spin_trylock', question('trylock')],
  ['spin_is_locked', question('is-locked')],
  ['synchronize_srcu', onAddress('sync-srcu')],
  ['synchronize_srcu_expedited', onAddress('sync-srcu')],
  [
    'atomic_add_unless',
    {
      parameters: 3,
      make: ([address, value, unless], at) => ({
        expression: { kind: 'add-unless', address, value, unless, at },
      }),
    },
  ],
  ...Object.entries(FENCES).map(([name, fence]): [string, KernelCall] => [
    name,
    { parameters: 0, make: (_args, at) => ({ statement: { kind: 'fence', fence, at } }) },
  ]),
  ...atomics(),
]);
