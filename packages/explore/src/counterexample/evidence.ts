/**
 * Evidence: for a violation, the steps that a reader asks for next. Who freed the object and who allocated it, who holds
 * the lock and where it was taken, the two accesses of a race. Found by running the counterexample once more with an eye on
 * the words it is about, so that a search pays nothing for it.
 */
import { KernelBug, SLOT_FREED, SLOT_FRESH, SLOT_LIVE, type ViolationKind } from '@shootdown/machine';
import { racingPair } from '../verdict/data-race.js';
import type { ReplayedSystem } from '../view/running-system.js';
import { Run, type Change, type Moment } from './evidence-run.js';
import { LockInversion } from '../verdict/lock-order.js';
import type { Decision } from '../base/schedule.js';
import { lowest } from '../base/thread-set.js';
import { probing, waitingThreads } from '../verdict/deadlock.js';

/** A step and the part it plays in a violation; without a thread, what the initial state did. */
export interface Evidence extends Omit<Moment, 'index'> {
  /** What it was to the violation, such as `freed`. */
  readonly role: string;
  /** Its number in the run, from 1; 0 for what the initial state did, one more than the last for what is still to come. */
  readonly step: number;
}

/** Gathers evidence from a run and the state it ended in. */
type Gather = (run: Run, bug: KernelBug) => readonly (Evidence | undefined)[];

/**
 * The evidence for a violation, most telling first.
 *
 * @param engine - one whose every access is a step, with sites captured; is left in some other state
 * @param schedule - ends where the rule is broken
 */
export function evidenceOf(engine: ReplayedSystem, schedule: readonly Decision[], bug: KernelBug): Evidence[] {
  const run = new Run(engine, schedule, bug);
  return GATHER[bug.kind](run, bug).filter((evidence) => evidence !== undefined);
}

/**
 * The violation with the word that it is about, where that is known only of a run: the cell that a NULL pointer was read
 * from, if the function that followed it has it from another one.
 */
export function located(engine: ReplayedSystem, schedule: readonly Decision[], bug: KernelBug): KernelBug {
  if (bug.kind !== 'null-dereference' || bug.subject !== 0) return bug;
  const run = new Run(engine, schedule, bug);
  const read = run.breaking === undefined ? undefined : run.lastNull(run.breaking, 0);
  if (read === undefined || read.address === 0) return bug;
  const from = engine.memory.layout.nameOf(read.address);
  return new KernelBug(bug.kind, bug.rule, `${bug.message}; NULL was read from ${from}`, read.address);
}

const GATHER: Readonly<Record<ViolationKind, Gather>> = {
  invariant: ofInvariant,
  deadlock: ofDeadlock,
  livelock: ofLivelock,
  assertion: (run, { rule }) => [as('failed check', run.breaking, rule)],
  'use-after-free': ofUse,
  'double-free': (run, { subject }) => [as('second free', run.breaking), ...lifeOf(run, subject, 'first free')],
  leak: (run, { subject }) => lifeOf(run, subject, 'freed'),
  'data-race': ofDataRace,
  guard: (run, { subject }) => [as('access', run.breaking), lockState(run, subject)],
  'lock-order': ofLockOrder,
  'lock-misuse': (run, { subject }) => [as('misuse', run.breaking), lockState(run, subject)],
  'sleep-in-atomic': (run, { subject }) => [as('sleep', run.breaking), as('made atomic', since(run, subject)?.moment)],
  refcount: (run, { subject, rule }) => [
    as('operation', run.breaking, rule),
    as('previous operation', before(run, ({ address }) => address === subject)?.moment),
  ],
  'null-dereference': ofNullDereference,
  exception: (run, { rule }) => [as('thrown', run.breaking, rule)],
  contract: (run, { subject, rule }) => [
    as('call', run.breaking, rule),
    as('before that', since(run, subject)?.moment),
  ],
};

/** Who spins in vain, then the hardware and the daemons that go round beside them. */
function ofLivelock(run: Run): (Evidence | undefined)[] {
  const { threads } = run.engine.system;
  const spins = ({ thread }: Moment): boolean =>
    threads.some(({ name, kind = 'kernel' }) => name === thread && kind === 'kernel');
  const moments = run.circling();
  return [
    ...moments.filter(spins).map((moment) => as('spin', moment)),
    ...moments.filter((moment) => !spins(moment)).map((moment) => as('meanwhile', moment)),
  ];
}

/** Stands for what the initial state did. */
const FROM_THE_START: Evidence = {
  role: 'allocated',
  step: 0,
  thread: '',
  func: '',
  op: 'in the initial state',
  target: '',
  before: '',
  after: '',
  result: '',
  changes: [],
  frames: [],
  holding: [],
};

/** A moment in its part. A `report` step is called by its rule, for the kernel knows no such function. */
function as(role: string, moment: Moment | undefined, rule = 'report'): Evidence | undefined {
  if (moment === undefined) return undefined;
  const { index, ...rest } = moment;
  return { role, step: index + 1, ...rest, op: rest.op === 'report' ? rule : rest.op };
}

/** The latest change before the step that broke the rule. */
function before(run: Run, meets: (change: Change) => boolean): Change | undefined {
  return run.lastChange((change) => change.moment !== run.breaking && meets(change), run.breaking);
}

/** Since when a word is not zero. */
function since(run: Run, word: number): Change | undefined {
  return before(run, ({ address, old }) => address === word && old === 0);
}

/** Where the NULL pointer was followed, where it was read, and who wrote NULL there. */
function ofNullDereference(run: Run, { subject, rule }: KernelBug): (Evidence | undefined)[] {
  const { breaking } = run;
  const followed = as('dereference', breaking);
  const isThrown = followed?.op === rule;
  const read = breaking === undefined ? undefined : run.lastNull(breaking, subject);
  const cleared = run.lastChange(({ address, value }) => address === read?.address && value === 0, read?.moment);
  return [
    followed === undefined || !isThrown ? followed : { ...followed, op: 'NULL' },
    as('NULL read', read?.moment),
    read === undefined || read.address === 0
      ? undefined
      : (as('cleared', cleared?.moment) ?? { ...FROM_THE_START, role: 'NULL' }),
  ];
}
/** Pieces of evidence besides the last change of an invariant's words, at most. */
const MOST_CAUSES = 2;

function ofInvariant(run: Run, bug: KernelBug): (Evidence | undefined)[] {
  const words = run.engine.concerns(bug);
  const last = run.lastChange(({ address }) => words.has(address))?.moment;
  const other = run.lastChange(({ address, moment }) => words.has(address) && moment.thread !== last?.thread)?.moment;
  const guilty = [...guiltyChanges(run, bug, words)].filter((moment) => moment !== last).slice(0, MOST_CAUSES);
  const causes = guilty.length > 0 ? guilty : other === undefined ? [] : [other];
  return [as('last change', last ?? run.breaking), ...causes.map((moment) => as('previous change', moment))];
}

/** The latest changes without one of which the condition would hold, each for itself, the latest first. */
function guiltyChanges(run: Run, bug: KernelBug, words: ReadonlySet<number>): Set<Moment> {
  const { engine } = run;
  const { memory } = engine;
  const changes = new Map<Moment, Change[]>();
  for (const word of words) {
    const change = run.lastChange(({ address }) => address === word);
    if (change !== undefined) changes.set(change.moment, [...(changes.get(change.moment) ?? []), change]);
  }
  const isBroken = (): boolean => {
    const now = engine.broken(engine.enabled());
    return now?.kind === bug.kind && now.rule === bug.rule;
  };
  const guilty = [...changes].filter(([, undone]) => {
    const { undoTop, h0, h1 } = memory;
    for (const { address, old } of undone) memory.store(address, old);
    const isGuilty = probing(engine, () => !isBroken());
    memory.undoTo(undoTop, h0, h1);
    return isGuilty;
  });
  return new Set(guilty.map(([moment]) => moment).toSorted((a, b) => b.index - a.index));
}

function ofUse(run: Run, { subject, object }: KernelBug): (Evidence | undefined)[] {
  const access = as('access', run.breaking);
  if (object === 0) return [access, ...lifeOf(run, subject, 'freed')];
  const loaded = run.lastChange(({ address }) => address === subject, run.breaking);
  return [access, ...lifeOf(run, object, 'freed', true), as('translation loaded', loaded?.moment)];
}

function ofDeadlock(run: Run): (Evidence | undefined)[] {
  const { engine } = run;
  const evidence: (Evidence | undefined)[] = [];
  for (let bits = waitingThreads(engine, engine.enabled()); bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const { address } = engine.request(thread);
    if (engine.isStopped(thread)) {
      const stops = engine.stopsOf(thread);
      const entered = run.lastChange((one) => stops.includes(one.address) && one.value !== 0);
      evidence.push(as('interrupted step', run.stuck(thread).moment), as('interrupt', entered?.moment));
      continue;
    }
    const lock = engine.memory.image.locks.find((one) => one.address === address);
    const change =
      address === 0
        ? undefined
        : run.lastChange((one) => (lock === undefined ? one.address === address : isTaking(run, address, one)));
    evidence.push(
      as('wait', run.stuck(thread).moment),
      as(lock === undefined ? 'last change' : 'lock held', change?.moment),
    );
  }
  return evidence;
}

function ofDataRace(run: Run): (Evidence | undefined)[] {
  const { engine } = run;
  const enabled = engine.enabled() | engine.stopped();
  const pair = racingPair(engine, engine.plainAccesses() & enabled, enabled) ?? [];
  return pair.map((thread, i) => as(i === 0 ? 'plain access' : 'other access', run.next(thread)));
}

function ofLockOrder(run: Run, bug: KernelBug): (Evidence | undefined)[] {
  if (!(bug instanceof LockInversion)) return [as('inner lock', run.breaking)];
  return bug.circle.flatMap(([from, to]) => {
    const nesting = run.nesting(from, to);
    return [as('outer lock', nesting?.held), as('inner lock', nesting?.taken)];
  });
}

/**
 * Who freed the object around a word last, and who allocated it.
 *
 * @param isReused - whether it may have been allocated anew since, and that it was freed counts all the same
 */
function lifeOf(run: Run, word: number, freeing: string, isReused = false): (Evidence | undefined)[] {
  const state = run.engine.memory.image.slot[word];
  const became = (value: number) => (change: Change) => change.address === state && change.value === value;
  const now = run.engine.memory.words[state];
  const freed = now === SLOT_LIVE && !isReused ? undefined : run.lastChange(became(SLOT_FREED));
  const allocated = run.lastChange(became(SLOT_LIVE));
  return [
    as(freeing, freed?.moment),
    now === SLOT_FRESH ? undefined : (as('allocated', allocated?.moment) ?? FROM_THE_START),
  ];
}

/** Who took a lock that is held, for reading too, or let it go last. */
function lockState(run: Run, lock: number): Evidence | undefined {
  const change = run.lastChange(
    (one) => isOfLock(run, lock, one) && (isTaking(run, lock, one) || one.moment !== run.breaking),
  );
  const isHeld = change !== undefined && isTaking(run, lock, change);
  return as(isHeld ? 'lock held' : 'lock released', change?.moment);
}

/** Whether a change is of the holder word of a lock, or of its readers. */
function isOfLock({ engine }: Run, lock: number, { address }: Change): boolean {
  const isShared = engine.memory.image.locks.some((one) => one.address === lock && one.shared);
  return address === lock || (isShared && address === lock + 1);
}

/** Whether a change takes a lock: somebody holds it, or one more reads under it. */
function isTaking(run: Run, lock: number, change: Change): boolean {
  const { address, old, value } = change;
  return isOfLock(run, lock, change) && (address === lock ? value !== 0 : (value & ~old) !== 0);
}
