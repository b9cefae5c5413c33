/**
 * Replays `mmu_interval.jsonl.gz` and `mmu_legacy.jsonl.gz`: what the kernel's notifiers called, answered and left behind,
 * through the direct facade.
 */
import { readCases } from '@shootdown/tooling-vectors';
import { EAGAIN } from '@shootdown/kernel/model';
import { WouldBlock } from '@shootdown/machine';
import { expect, test } from 'vitest';
import {
  IntervalNotifier,
  MmuNotifiers,
  Notifier,
  type FirstPassResult,
  type InvalidatedRange,
  type MmuNotifierVersion,
  type NotifierCallbacks,
} from './index.js';

const KIND = { invalidate: 0, withFinish: 1, withoutFinish: 2, finishWhateverComes: 3 } as const;
/** The versions in which each variant must come out so; what was merged differs from what was first sent in nothing that shows. */
const VERSIONS: Readonly<Record<string, readonly MmuNotifierVersion[]>> = {
  twopass_fceadcd8ca24: ['seed-002', 'merged'],
  base_8e0125dc0522: ['single-pass'],
  'v4.19.89': ['v4.19'],
};
const NOT_SAID = ['op', 'st', 'sub', 'n', 'cls', 'start', 'end', 'length', 'kind', 'nbfail', 'badfail'].concat(
  'range event blockable caps young does_not_block addr pte'.split(' '),
);

type Callback = Readonly<Record<string, unknown>>;

interface State {
  mm_count?: number;
  seq?: string;
  active?: number;
  has_itree?: boolean;
  itree?: number[];
  deferred?: number[];
  hlist?: number[];
  sub_seq?: Record<string, string>;
}

interface Op {
  op: string;
  sub: number;
  n: number;
  cls: number;
  range?: number;
  start: string;
  end: string;
  length: string;
  addr: string;
  pte: string;
  seq: string;
  kind: number;
  event: NonNullable<InvalidatedRange['event']>;
  blockable: boolean;
  nbfail: boolean;
  badfail: boolean;
  caps: string[];
  young: number;
  does_not_block: boolean;
  warns?: number;
  st: State;
}

interface Case {
  id: number;
  variant: string;
  name?: string;
  ops: Op[];
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** One case: the facade, who the numbers are, and what was called since the operation began. */
class Replay {
  readonly mm: MmuNotifiers;
  readonly isLegacy: boolean;
  readonly subs = new Map<number, IntervalNotifier>();
  readonly notifiers = new Map<number, Notifier>();
  readonly classes = new Map<number, NotifierCallbacks>();
  readonly open = new Map<number, InvalidatedRange>();
  /** By the order of the kernel's files: the number that the next allocated notifier has. */
  allocates = 0;
  calls: Callback[] = [];

  constructor(version: MmuNotifierVersion) {
    this.mm = new MmuNotifiers({ version });
    this.isLegacy = version === 'v4.19';
  }

  /** Runs an operation; answers what a case says of it, but for the state. */
  run(op: Op): Callback {
    this.calls = [];
    const warned = this.mm.warnings;
    const said = this.#do(op);
    const warns = this.mm.warnings - warned;
    return { ...said, ...(warns === 0 ? {} : { warns }) };
  }

  #do(op: Op): Callback {
    const [start, end] = [BigInt(op.start ?? 0), BigInt(op.end ?? 0)];
    const address = BigInt(op.addr ?? 0);
    const { mm } = this;
    const sub = (): IntervalNotifier => this.subs.get(op.sub) as IntervalNotifier;
    const notifier = (): Notifier => this.notifiers.get(op.n) as Notifier;
    const cbs = this.calls;
    switch (op.op) {
      case 'insert':
        this.subs.set(op.sub, this.#intervalNotifier(op));
        return { ret: mm.intervalInsert(sub(), start, BigInt(op.length)) };
      case 'remove':
        return { would_block: wouldBlock(() => mm.intervalRemove(sub())) };
      case 'read_begin': {
        const blocks = wouldBlock(() => expect(hex(mm.readBegin(sub()))).toBe(op.seq));
        return { seq: hex(mm.seqOf(sub())), would_block: blocks };
      }
      case 'read_retry': {
        const retry = mm.readRetry(sub(), BigInt(op.seq));
        expect(mm.checkRetry(sub(), BigInt(op.seq))).toBe(retry);
        return { seq: op.seq, retry };
      }
      case 'range_start': {
        const range = { start, end, event: op.event ?? 0, blockable: op.blockable };
        if (op.range !== undefined) this.open.set(op.range, range);
        return { ret: mm.rangeStart(range), cbs };
      }
      case 'range_end':
        mm.rangeEnd((op.range === undefined ? undefined : this.open.get(op.range)) ?? { start, end });
        return { cbs };
      case 'range_only_end':
        mm.rangeOnlyEnd({ start, end });
        return { cbs };
      case 'register':
        this.notifiers.set(op.n, new Notifier(this.#callbacks(op.n, op)));
        return { ret: mm.register(notifier()) };
      case 'unregister':
        mm.unregister(notifier());
        return { cbs };
      case 'get':
        return this.#get(op);
      case 'put': {
        const users = mm.usersOf(notifier()) - 1;
        mm.put(notifier());
        return { cbs, users };
      }
      case 'srcu_run':
        mm.runCallbacks();
        return { cbs };
      case 'release':
        mm.release();
        return { cbs };
      case 'invalidate_range':
        mm.invalidateRange(start, end);
        return { cbs };
      case 'clear_flush_young':
        return { ret: Number(mm.clearFlushYoung(start, end)), cbs };
      case 'clear_young':
        return { ret: Number(mm.clearYoung(start, end)), cbs };
      case 'test_young':
        return { ret: Number(mm.testYoung(address)), cbs };
      case 'change_pte':
        mm.changePte(address, BigInt(op.pte));
        return { cbs };
      case 'has_blockable':
        return { ret: mm.hasBlockable() };
      default:
        throw new Error(`expected an operation of the schema, got ${op.op}`);
    }
  }

  #get({ cls, n }: Op): Callback {
    this.allocates = n;
    const callbacks = this.classes.get(cls) ?? this.#classCallbacks(cls);
    this.classes.set(cls, callbacks);
    const got = this.mm.get(callbacks);
    if (typeof got === 'number') throw new Error(`get of class ${cls}: ${got}`);
    return { users: this.mm.usersOf(got), cbs: this.calls, n: this.numberOf(got) };
  }

  /** The two kinds of notifiers that are got: one is told of ranges and of the release, the other of flushes. */
  #classCallbacks(cls: number): NotifierCallbacks {
    const numbered = (notifier: Notifier): NotifierCallbacks =>
      this.#callbacks(this.numberOf(notifier), {
        caps: cls === 0 ? ['release', 'range_start'] : ['invalidate_range'],
        nbfail: false,
        young: 0,
        does_not_block: false,
      });
    const callbacks: NotifierCallbacks = {
      allocNotifier: () => {
        const made = new Notifier(callbacks);
        this.notifiers.set(this.allocates, made);
        this.calls.push({ cb: 'alloc', n: this.allocates });
        return made;
      },
      freeNotifier: (notifier) => {
        this.calls.push({ cb: 'free', n: this.numberOf(notifier) });
      },
      ...(cls === 0
        ? {
            release: (notifier) => numbered(notifier).release?.(notifier),
            invalidateRangeStart: (notifier, range) => numbered(notifier).invalidateRangeStart?.(notifier, range) ?? 0,
          }
        : {
            invalidateRange: (notifier, start, end) => numbered(notifier).invalidateRange?.(notifier, start, end),
          }),
    };
    return callbacks;
  }

  numberOf(notifier: Notifier): number {
    return [...this.notifiers].reverse().find(([, other]) => other === notifier)?.[0] ?? -1;
  }

  /** A call of an interval notifier as a case writes it. */
  #note(cb: string, sub: number, range: Required<InvalidatedRange>, curSeq: bigint, more: Callback): void {
    this.calls.push({ cb, sub, ...this.#said(range), cur_seq: hex(curSeq), ...more });
  }

  #said({ start, end, event, blockable }: Required<InvalidatedRange>): Callback {
    return { start: hex(start), end: hex(end), event, blockable };
  }

  #intervalNotifier({ sub, kind, nbfail, badfail }: Op): IntervalNotifier {
    const succeeds = ({ blockable }: Required<InvalidatedRange>): boolean => !badfail && (blockable || !nbfail);
    if (kind === KIND.invalidate)
      return new IntervalNotifier({
        invalidate: (range, curSeq) => {
          const ret = succeeds(range);
          this.#note('invalidate', sub, range, curSeq, { ret });
          return ret;
        },
      });
    return new IntervalNotifier({
      invalidateStart: (range, curSeq): FirstPassResult => {
        const ret = succeeds(range);
        const final = kind === KIND.finishWhateverComes || (kind === KIND.withFinish && ret);
        this.#note('invalidate_start', sub, range, curSeq, { ret, final });
        if (!final) return { success: ret };
        return {
          success: ret,
          finish: (later, seq) => {
            this.#note('finish', sub, later, seq, {});
          },
        };
      },
    });
  }

  /** Whether a range says its event, which only the later files do. */
  #saidOf(range: Required<InvalidatedRange>, isStart: boolean): Callback {
    const { event, blockable, ...bounds } = this.#said(range);
    if (!this.isLegacy) return { ...bounds, event, blockable };
    return isStart ? { ...bounds, blockable } : bounds;
  }

  #callbacks(
    n: number,
    { caps, nbfail, young, does_not_block }: Pick<Op, 'caps' | 'nbfail' | 'young' | 'does_not_block'>,
  ): NotifierCallbacks {
    const isYoung = young === 1;
    const note = (cb: string, said: Callback): void => {
      this.calls.push({ cb, n, ...said });
    };
    const ranged =
      (cb: string) =>
      (_notifier: Notifier, start: bigint, end: bigint): boolean => {
        note(cb, { start: hex(start), end: hex(end), ret: young });
        return isYoung;
      };
    const all: Record<string, NotifierCallbacks> = {
      release: { release: () => note('release', {}) },
      range_start: {
        invalidateRangeStart: (_notifier, range) => {
          const ret = nbfail && !range.blockable ? -EAGAIN : 0;
          note('range_start', { ...this.#saidOf(range, true), ret });
          return ret;
        },
      },
      range_end: { invalidateRangeEnd: (_notifier, range) => note('range_end', this.#saidOf(range, false)) },
      invalidate_range: {
        invalidateRange: (_notifier, start, end) => note('invalidate_range', { start: hex(start), end: hex(end) }),
      },
      clear_flush_young: { clearFlushYoung: ranged('clear_flush_young') },
      clear_young: { clearYoung: ranged('clear_young') },
      test_young: {
        testYoung: (_notifier, address) => {
          note('test_young', { addr: hex(address), ret: young });
          return isYoung;
        },
      },
      change_pte: { changePte: (_notifier, address, pte) => note('change_pte', { addr: hex(address), pte: hex(pte) }) },
    };
    const has = caps.map((cap) => {
      const callbacks = all[cap];
      if (callbacks === undefined) throw new Error(`expected a capability of the schema, got ${cap}`);
      return callbacks;
    });
    return Object.assign({ doesNotBlock: does_not_block }, ...has) as NotifierCallbacks;
  }

  /** The state as a case writes it; a file says only some of it. */
  state(keys: readonly string[]): State {
    const { state } = this.mm;
    const subNumber = (one: IntervalNotifier): number => [...this.subs].find(([, sub]) => sub === one)?.[0] ?? -1;
    const all: State = {
      mm_count: state.mmCount,
      seq: hex(state.invalidateSeq),
      active: state.activeInvalidateRanges,
      has_itree: state.hasItree,
      itree: state.itree.map(subNumber),
      deferred: state.deferred.map(subNumber),
      hlist: state.list.map((one) => this.numberOf(one)),
    };
    return Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key)));
  }
}

function wouldBlock(call: () => void): boolean {
  try {
    call();
  } catch (error) {
    if (error instanceof WouldBlock) return true;
    throw error;
  }
  return false;
}

function replayCase(one: Case, version: MmuNotifierVersion): void {
  const replay = new Replay(version);
  let state: State = {};
  for (const [i, op] of one.ops.entries()) {
    const { st, ...said } = op;
    const expected = Object.fromEntries(
      Object.entries(said).filter(([key]) => !NOT_SAID.includes(key) || (key === 'n' && op.op === 'get')),
    );
    expect(replay.run(op), `operation ${i} ${op.op}`).toEqual(expected);
    const { sub_seq, ...rest } = st;
    state = { ...state, ...rest };
    expect(replay.state(Object.keys(state)), `state after operation ${i} ${op.op}`).toEqual(state);
    for (const [sub, seq] of Object.entries(sub_seq ?? {}))
      expect(hex(replay.mm.seqOf(replay.subs.get(Number(sub)) as IntervalNotifier)), `sub_seq of ${sub}`).toBe(seq);
  }
}

test.for(['mmu_interval', 'mmu_legacy'])('vectors of the kernel: %s', { timeout: 600_000 }, (name, { skip }) => {
  const cases = readCases<Case>(new URL(`../vectors/${name}.jsonl.gz`, import.meta.url), skip);
  let operations = 0;
  let replays = 0;
  for (const one of cases) {
    const versions = VERSIONS[one.variant];
    if (versions === undefined)
      throw new Error(`expected a variant of ${Object.keys(VERSIONS).join(', ')}, got ${one.variant}`);
    for (const version of versions)
      try {
        replayCase(one, version);
      } catch (error) {
        throw new Error(`case ${one.id} (${one.variant}, ${one.name ?? 'random'}), version ${version}`, {
          cause: error,
        });
      }
    replays += versions.length;
    operations += one.ops.length;
  }
  expect(cases.length).toBeGreaterThan(0);
  console.log(
    `vectors ${name}: ${cases.length} cases, ${operations} operations; ${replays} replays, for one variant is that of two versions`,
  );
});
