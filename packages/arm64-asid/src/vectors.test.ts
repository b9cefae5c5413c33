/** Replays `asid.jsonl.gz`: what the kernel's allocator answered and left behind, through the direct facade. */
import { KernelBug } from '@shootdown/machine';
import { expect, test } from 'vitest';
import { readCases } from '@shootdown/tooling-vectors';
import { AsidAllocator, AsidMm, type AsidAllocatorState, type AsidVersion } from './index.js';

interface State {
  gen: string;
  cur_idx: number;
  active: string[];
  reserved: string[];
  pending: number[];
  map?: string;
  pinned_map?: string;
  map_weight?: number;
  pinned_map_weight?: number;
  nr_pinned: number;
}

interface Op {
  op: 'new_mm' | 'switch' | 'get' | 'put' | 'mass_new_switch';
  mm: number;
  cpu: number;
  ret?: number;
  id?: string;
  pinned?: number;
  slow: number;
  flush?: number[];
  exhausted?: boolean;
  count: number;
  last_id?: string;
  fold?: string;
  st: Partial<State>;
}

interface Case {
  id: number;
  variant: AsidVersion;
  name: string;
  asid_bits: number;
  cpus: number;
  kpti_config: boolean;
  kpti_cap: boolean;
  num_user_asids: number;
  max_pinned: string;
  warn: boolean;
  init: { st: State };
  ops: Op[];
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const weight = (value: bigint): number => value.toString(2).replaceAll('0', '').length;

/** The state as a case writes it. */
function written({ map, pinnedMap, ...state }: AsidAllocatorState, isLarge: boolean): State {
  return {
    gen: hex(state.generation),
    cur_idx: state.curIdx,
    active: state.active.map(hex),
    reserved: state.reserved.map(hex),
    pending: [...state.flushPending],
    ...(isLarge
      ? { map_weight: weight(map), pinned_map_weight: weight(pinnedMap) }
      : { map: hex(map), pinned_map: hex(pinnedMap) }),
    nr_pinned: state.nrPinned,
  };
}

/** Replays one operation; answers what a case says of it, without the state. */
function replay(allocator: AsidAllocator, mms: Map<number, AsidMm>, op: Op): Partial<Op> {
  const mmOf = (number: number): AsidMm => mms.get(number) ?? new AsidMm();
  const mm = mmOf(op.mm);
  const said = (slow: number, more: Partial<Op> = {}): Partial<Op> => ({
    id: hex(mm.contextId),
    pinned: mm.pinned,
    slow,
    ...more,
  });
  switch (op.op) {
    case 'new_mm':
      mms.set(op.mm, mm);
      return said(0);
    case 'switch': {
      const { isSlow, flushes } = allocator.checkAndSwitchContext(mm, op.cpu);
      return said(isSlow ? 1 : 0, flushes ? { flush: [op.cpu] } : {});
    }
    case 'get':
      return said(1, { ret: allocator.mmContextGet(mm) });
    case 'put':
      allocator.mmContextPut(mm);
      return said(1);
    case 'mass_new_switch':
      return massSwitch(allocator, op);
    default:
      throw new Error(
        `expected the op new_mm, switch, get, put or mass_new_switch, got ${JSON.stringify(op.op satisfies never)}`,
      );
  }
}

function massSwitch(allocator: AsidAllocator, { count, cpu }: Op): Partial<Op> {
  let [fold, last, slow] = [0n, 0n, 0];
  const flush: number[] = [];
  for (let i = 0; i < count; i++) {
    const mm = new AsidMm();
    const { isSlow, flushes } = allocator.checkAndSwitchContext(mm, cpu);
    fold = BigInt.asUintN(64, fold * 1_000_003n + mm.contextId);
    last = mm.contextId;
    if (isSlow) slow++;
    if (flushes) flush.push(cpu);
  }
  return { last_id: hex(last), fold: hex(fold), slow, ...(flush.length === 0 ? {} : { flush }) };
}

function replayCase(one: Case): void {
  const allocator = new AsidAllocator({
    cpus: one.cpus,
    asidBits: one.asid_bits,
    version: one.variant,
    kptiConfig: one.kpti_config,
    kptiCap: one.kpti_cap,
  });
  expect({
    num_user_asids: allocator.numUserAsids,
    max_pinned: hex(allocator.maxPinned),
    warn: allocator.warned,
  }).toEqual({ num_user_asids: one.num_user_asids, max_pinned: one.max_pinned, warn: one.warn });
  const isLarge = one.num_user_asids > 64;
  const mms = new Map<number, AsidMm>();
  let state = one.init.st;
  expect(written(allocator.state, isLarge)).toEqual(state);
  for (const [i, op] of one.ops.entries()) {
    if (op.exhausted === true) {
      expect(() => replay(allocator, mms, op)).toThrow(KernelBug);
      break;
    }
    const { op: name, mm: _mm, cpu: _cpu, count: _count, st, ...expected } = op;
    expect(replay(allocator, mms, op), `operation ${i} ${name}`).toEqual(expected);
    state = { ...state, ...st };
    expect(written(allocator.state, isLarge), `state after operation ${i} ${name}`).toEqual(state);
  }
}

test('vectors of the kernel', { timeout: 600_000 }, ({ skip }) => {
  const cases = readCases<Case>(new URL('../vectors/asid.jsonl.gz', import.meta.url), skip);
  let operations = 0;
  for (const one of cases) {
    try {
      replayCase(one);
    } catch (error) {
      throw new Error(`case ${one.id} (${one.variant}, ${one.name})`, { cause: error });
    }
    operations += one.ops.length;
  }
  expect(cases.length).toBeGreaterThan(0);
  console.log(`vectors asid: ${cases.length} cases, ${operations} operations`);
});
