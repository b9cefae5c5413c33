/**
 * Evidence: for a violation, the steps that a reader asks for next. Who freed the object and who allocated it, who holds
 * the lock and where it was taken, the two accesses of a race. Found by running the counterexample once more with an eye on
 * the words it is about, so that a search pays nothing for it.
 */
import { SLOT_FREED, SLOT_FRESH, SLOT_LIVE, type KernelBug, type ViolationKind } from '@shootdown/machine';
import { racingPair } from './data-race.js';
import type { Engine } from './engine.js';
import { Run, type Change, type Moment } from './evidence-run.js';
import { LockInversion } from './lock-order.js';
import type { Action } from './search.js';
import { lowest } from './stuck.js';

/** A step and the part it plays in a violation; without a thread, what the initial state did. */
export interface Evidence extends Omit<Moment, 'index'> {
  /** What it was to the violation, such as `freed`. */
  readonly role: string;
}

/** Gathers evidence from a run and the state it ended in. */
type Gather = (run: Run, bug: KernelBug) => readonly (Evidence | undefined)[];

/**
 * The evidence for a violation, most telling first.
 *
 * @param engine - one whose every access is a step, with sites captured; is left in some other state
 * @param schedule - ends where the rule is broken
 */
export function evidenceOf(engine: Engine, schedule: readonly Action[], bug: KernelBug): Evidence[] {
  const run = new Run(engine, schedule, bug);
  return GATHER[bug.kind](run, bug).filter((evidence) => evidence !== undefined);
}

const GATHER: Readonly<Record<ViolationKind, Gather>> = {
  invariant: ofInvariant,
  deadlock: ofDeadlock,
  livelock: (run) => run.circling().map((moment) => as('spin', moment)),
  assertion: (run, { rule }) => [as('failed check', run.breaking, rule)],
  'use-after-free': (run, { subject }) => [as('access', run.breaking), ...lifeOf(run, subject, 'freed')],
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
  contract: (run, { subject, rule }) => [
    as('call', run.breaking, rule),
    as('before that', since(run, subject)?.moment),
  ],
};

/** Stands for what the initial state did. */
const FROM_THE_START: Evidence = {
  role: 'allocated',
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
  const { index: _, ...rest } = moment;
  return { role, ...rest, op: rest.op === 'report' ? rule : rest.op };
}

/** The latest change before the step that broke the rule. */
function before(run: Run, meets: (change: Change) => boolean): Change | undefined {
  return run.lastChange((change) => change.moment !== run.breaking && meets(change), run.breaking);
}

/** Since when a word is not zero. */
function since(run: Run, word: number): Change | undefined {
  return before(run, ({ address, old }) => address === word && old === 0);
}

function ofInvariant(run: Run, bug: KernelBug): (Evidence | undefined)[] {
  const words = run.engine.concerns(bug);
  const last = run.lastChange(({ address }) => words.has(address))?.moment;
  const other = run.lastChange(({ address, moment }) => words.has(address) && moment.thread !== last?.thread)?.moment;
  return [as('last change', last ?? run.breaking), as('previous change', other)];
}

function ofDeadlock(run: Run): (Evidence | undefined)[] {
  const { engine } = run;
  const evidence: (Evidence | undefined)[] = [];
  for (let bits = engine.kernelThreads & ~engine.finished(); bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const { address } = engine.request(thread);
    const change = address === 0 ? undefined : run.lastChange((one) => one.address === address);
    const isLock = engine.memory.image.locks.some((lock) => lock.address === address);
    evidence.push(as('wait', run.stuck(thread).moment), as(isLock ? 'lock held' : 'last change', change?.moment));
  }
  return evidence;
}

function ofDataRace(run: Run): (Evidence | undefined)[] {
  const { engine } = run;
  const enabled = engine.enabled();
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

/** Who freed the object around a word last, and who allocated it. */
function lifeOf(run: Run, word: number, freeing: string): (Evidence | undefined)[] {
  const state = run.engine.memory.image.slot[word];
  const became = (value: number) => (change: Change) => change.address === state && change.value === value;
  const now = run.engine.memory.words[state];
  const freed = now === SLOT_LIVE ? undefined : run.lastChange(became(SLOT_FREED));
  const allocated = run.lastChange(became(SLOT_LIVE));
  return [
    as(freeing, freed?.moment),
    now === SLOT_FRESH ? undefined : (as('allocated', allocated?.moment) ?? FROM_THE_START),
  ];
}

/** Who took a lock that is held, or let it go last. */
function lockState(run: Run, lock: number): Evidence | undefined {
  const change = run.lastChange(
    ({ address, value, moment }) => address === lock && (value !== 0 || moment !== run.breaking),
  );
  return as(change?.value === 0 ? 'lock released' : 'lock held', change?.moment);
}
