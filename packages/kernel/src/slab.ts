/**
 * kzalloc and kfree over slabs. Allocation is deterministic, so that equal histories have equal addresses: the lowest slot
 * never used, else the lowest freed one. A freed object is all zeros, so that what it held does not tell states apart;
 * touching it is reported whatever it holds.
 */
import {
  KernelBug,
  ModelError,
  SLOT_FREED,
  SLOT_FRESH,
  SLOT_LIVE,
  WORD_GHOST,
  choose,
  defineOperation,
  kfunc,
  type Fields,
  type Handle,
  type Memory,
  type Request,
  type Slab,
  type View,
} from '@shootdown/machine';
import { sleepsIn } from './might-sleep.js';

/** May sleep. */
export const GFP_KERNEL = 'GFP_KERNEL';
/** Must not sleep. */
export const GFP_ATOMIC = 'GFP_ATOMIC';
/** Must not sleep, and takes no reserves. */
export const GFP_NOWAIT = 'GFP_NOWAIT';
/** How an allocation may get memory: {@link GFP_KERNEL}, {@link GFP_ATOMIC} or {@link GFP_NOWAIT}. */
export type Gfp = typeof GFP_KERNEL | typeof GFP_ATOMIC | typeof GFP_NOWAIT;

/** Whether an allocation may fail although the slab has room. */
export interface Allocation {
  /** A search then takes both ways. Default false. */
  readonly mayFail?: boolean;
}

const allocate = defineOperation({
  name: 'kzalloc',
  run: (memory: Memory, states: number): Handle | null => take(memory, slabOf(memory, states)),
});

/** Takes a slot of a slab, or `null` when it is full. */
function take(memory: Memory, slab: Slab): Handle | null {
  const slot = lowest(memory, slab, SLOT_FRESH) ?? lowest(memory, slab, SLOT_FREED);
  if (slot === undefined) return null;
  memory.set(slab.states[slot], SLOT_LIVE);
  const object = slab.slots[slot];
  clear(memory, object, { ghosts: true });
  return object;
}

/**
 * Allocates an object for an initial state.
 *
 * @throws RangeError when the slab is full
 */
export function setKzalloc<F extends Fields>(memory: Memory, slab: Slab<F>): View<F> {
  const object = take(memory, slab);
  if (object === null) throw new RangeError(`slab ${slab.name}: expected room for one more than ${slab.capacity}`);
  return object as View<F>;
}

function slabOf({ layout }: Memory, states: number): Slab {
  const slab = layout.slabs.find((s) => s.states[0].address === states);
  if (slab === undefined) throw new ModelError('kzalloc: expected a slab of the layout that is running');
  return slab;
}

function lowest(memory: Memory, slab: Slab, state: number): number | undefined {
  const slot = slab.states.findIndex((cell) => memory.get(cell) === state);
  return slot < 0 ? undefined : slot;
}

/** Zeroes an object. Bypasses the checks of an access, for this is none of the model's, but is seen as a write. */
function clear(memory: Memory, object: Handle, { ghosts }: { ghosts: boolean }): void {
  for (let address = object.$address; address < object.$address + object.$struct.size; address++) {
    if (!ghosts && (memory.image.flags[address] & WORD_GHOST) !== 0) continue;
    memory.watch?.(address, true);
    memory.looked?.(address);
    memory.store(address, 0);
  }
}

const allocateChecked = kfunc('kzalloc', function* (states: number, gfp: Gfp, mayFail: boolean) {
  if (gfp === GFP_KERNEL) yield* sleepsIn('kzalloc(GFP_KERNEL)');
  if (mayFail && (yield* choose(2, 'kzalloc fails')) === 1) return null;
  return yield* allocate(states);
});

/**
 * Allocates an object of zeros; returns `null` when there is no memory, which is when the slab is full, or when the
 * allocation may fail and does.
 *
 * @param gfp - with {@link GFP_KERNEL} the caller must be able to sleep
 * @source include/linux/slab.h kzalloc() v4.19
 */
export function kzalloc<F extends Fields>(
  slab: Slab<F>,
  gfp: Gfp = GFP_KERNEL,
  { mayFail = false }: Allocation = {},
): Request<View<F> | null> {
  return allocateChecked(slab.states[0].address, gfp, mayFail) as Request<View<F> | null>;
}

/** Frees an object, or reports why not. */
function free(memory: Memory, object: Handle): void {
  const place = placeOf(memory, object);
  if (place === undefined) return;
  const { state, name } = place;
  if (memory.get(state) !== SLOT_LIVE) {
    const was = memory.get(state) === SLOT_FREED ? 'was freed already' : 'was never allocated';
    memory.report(new KernelBug('double-free', 'double-free', `kfree of ${name}, which ${was}`, object.$address));
    return;
  }
  reportHeldLocks(memory, object);
  clear(memory, object, { ghosts: false });
  memory.set(state, SLOT_FREED);
}

/**
 * Frees an object of a slab; `null` is nothing to free. Reports `double-free` for one that is not allocated, `bad-free` for
 * a pointer to no object, and `freed-lock` for an object with a lock that is held.
 *
 * @source mm/slub.c kfree() v4.19
 */
export const kfree: (object: Handle | null) => Request<void> = defineOperation({
  name: 'kfree',
  run: (memory: Memory, object: Handle | null): void => {
    if (object !== null) free(memory, object);
  },
});

/** As {@link kfree}, of the object that `part` is embedded in. */
export const kfreeAround: (part: Handle) => Request<void> = defineOperation({
  name: 'kfree',
  run: (memory: Memory, part: Handle): void => {
    free(memory, objectAround(memory, part));
  },
});

function objectAround({ layout }: Memory, part: Handle): Handle {
  const around = (object: Handle): boolean =>
    part.$address >= object.$address && part.$address < object.$address + object.$struct.size;
  return layout.slabs.flatMap((slab) => slab.slots.filter(around))[0] ?? part;
}

interface Place {
  readonly state: Slab['states'][number];
  /** As traces print it. */
  readonly name: string;
}

function placeOf(memory: Memory, object: Handle): Place | undefined {
  for (const slab of memory.layout.slabs) {
    const slot = slab.slots.findIndex(({ $address }) => $address === object.$address);
    if (slot >= 0) return { state: slab.states[slot], name: `${slab.name}#${slot}` };
  }
  const name = memory.layout.nameOf(object.$address);
  memory.report(new KernelBug('double-free', 'bad-free', `kfree of ${name}, which is no object of a slab`));
  return undefined;
}

function reportHeldLocks(memory: Memory, object: Handle): void {
  const end = object.$address + object.$struct.size;
  for (const { address, shared } of memory.image.locks) {
    if (address < object.$address || address >= end) continue;
    if (memory.peek(address) !== 0 || (shared && memory.peek(address + 1) !== 0))
      memory.report(
        new KernelBug(
          'lock-misuse',
          'freed-lock',
          `kfree of ${memory.layout.nameOf(address)}, a lock that is held`,
          address,
        ),
      );
  }
}
