/**
 * What is wrong with a program, told by an allowed execution of it.
 */
import type { Checker } from './checker.js';
import type { Coherence } from './coherence.js';

/**
 * The flags of the kernel's model, by its own names.
 *
 * @source tools/memory-model/linux-kernel.bell unmatched-rcu-lock v6.18
 * @source tools/memory-model/linux-kernel.cat data-race v6.18
 * @source tools/memory-model/lock.cat mixed-lock-accesses v6.18
 */
export type Flag =
  | 'data-race'
  | 'invalid-sleep'
  | 'lock-final'
  | 'mixed-accesses'
  | 'mixed-lock-accesses'
  | 'multiple-srcu-matches'
  | 'srcu-bad-value-match'
  | 'unmatched-rcu-lock'
  | 'unmatched-rcu-unlock'
  | 'unmatched-srcu-lock'
  | 'unmatched-srcu-unlock'
  | 'unmatched-unlock';

/** The flags of the execution that `checker` just allowed, in alphabetical order. Those of values are not among them. */
export function flagsOf(checker: Checker, coherence: Coherence): Flag[] {
  const { skeleton } = checker;
  const flags = new Set<Flag>();
  if (skeleton.unmatchedRcuLock) flags.add('unmatched-rcu-lock');
  if (skeleton.unmatchedRcuUnlock) flags.add('unmatched-rcu-unlock');
  flagSrcu(checker, flags);
  flagLocks(checker, coherence, flags);
  if (skeleton.hasPlain) {
    if (hasMixedAccesses(checker, coherence)) flags.add('mixed-accesses');
    if (checker.hasDataRace()) flags.add('data-race');
  }
  return [...flags].sort();
}

function flagSrcu({ skeleton, srcuSections }: Checker, flags: Set<Flag>): void {
  const { events, space, po, synchronizeSrcu, rcuSections } = skeleton;
  events.forEach(({ tag }, e) => {
    if (tag === 'srcu-lock' && !srcuSections.some(([lock]) => lock === e)) flags.add('unmatched-srcu-lock');
    if (tag === 'srcu-unlock' && !srcuSections.some(([, unlock]) => unlock === e)) flags.add('unmatched-srcu-unlock');
  });
  const isShared = srcuSections.some(([lock, unlock]) =>
    srcuSections.some(([other, end]) => other === lock && end !== unlock),
  );
  if (isShared) flags.add('multiple-srcu-matches');
  for (const [lock, unlock] of rcuSections)
    if (synchronizeSrcu.some((g) => space.has(po, lock, g) && space.has(po, g, unlock))) flags.add('invalid-sleep');
}

function flagLocks({ skeleton }: Checker, { location }: Coherence, flags: Set<Flag>): void {
  const { events, space, po } = skeleton;
  const isLock = ({ kind }: { kind: string }): boolean =>
    kind === 'LKR' || kind === 'LKW' || kind === 'UL' || kind === 'LF';
  const locks = new Set(events.flatMap((event, e) => (isLock(event) ? [location[e]] : [])));
  if (locks.size === 0) return;
  events.forEach(({ kind }, e) => {
    if ((kind === 'R' || kind === 'W') && locks.has(location[e])) flags.add('mixed-lock-accesses');
    if (kind !== 'UL') return;
    let last = -1;
    for (let p = 0; p < e; p++)
      if (space.has(po, p, e) && location[p] === location[e] && (events[p].kind === 'LKW' || events[p].kind === 'UL'))
        last = p;
    if (last < 0 || events[last].kind === 'UL') flags.add('unmatched-unlock');
  });
}

/** A plain write and a marked access of one thread to one location, with nothing for the compiler between them. */
function hasMixedAccesses({ skeleton }: Checker, { location }: Coherence): boolean {
  const { events, space, po, barrier, plain, writes } = skeleton;
  const isPlainWrite = (e: number): boolean => space.includes(plain, e) && space.includes(writes, e);
  const isMarked = (e: number): boolean => location[e] >= 0 && !space.includes(plain, e);
  for (let a = 0; a < events.length; a++)
    for (let b = a + 1; b < events.length; b++)
      if (
        space.has(po, a, b) &&
        location[a] === location[b] &&
        !space.has(barrier, a, b) &&
        ((isPlainWrite(a) && isMarked(b)) || (isMarked(a) && isPlainWrite(b)))
      )
        return true;
  return false;
}
