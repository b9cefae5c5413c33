/**
 * The order in which each spinlock is taken.
 *
 * @source tools/memory-model/lock.cat critical v6.18
 */
import { INITIAL, UNCHOSEN, type Coherence, type Skeleton } from '@shootdown/lkmm';

/** One time that a lock is held. */
interface Section {
  readonly thread: number;
  readonly read: number;
  readonly write: number;
  /** Without it the lock is never given back. */
  readonly unlock: number | undefined;
}

/** The sections of all locks, and who takes which next. */
export class LockOrder {
  readonly #skeleton: Skeleton;
  readonly #hasLocks: boolean;
  readonly #lockEvents: readonly number[];

  constructor(skeleton: Skeleton) {
    this.#skeleton = skeleton;
    this.#lockEvents = skeleton.events.flatMap(({ kind }, e) =>
      kind === 'LKR' || kind === 'LKW' || kind === 'UL' ? [e] : [],
    );
    this.#hasLocks = skeleton.events.some(({ kind }) => kind === 'LKR');
  }

  /**
   * What the next taker of a lock may read: pairs of its LKR and of the unlock before it, or `INITIAL`.
   *
   * @returns undefined if every lock is ordered, or where it is not known which lock is meant; `impossible` if a thread
   * waits for ever
   */
  next(coherence: Coherence): [number, number][] | 'impossible' | undefined {
    if (!this.#hasLocks) return undefined;
    const { location, readsFrom } = coherence;
    if (this.#lockEvents.some((e) => location[e] === -1)) return undefined;
    const locks = new Set(this.#lockEvents.map((e) => location[e]));
    for (const lock of locks) {
      const sections = this.#sections(lock, location);
      if (sections === 'impossible') return 'impossible';
      const waiting = sections.filter(({ read }) => readsFrom[read] === UNCHOSEN);
      if (waiting.length === 0) continue;
      const taken = sections.filter(({ read }) => readsFrom[read] !== UNCHOSEN);
      const last = taken.find(
        ({ unlock }) => !taken.some(({ read }) => unlock !== undefined && readsFrom[read] === unlock),
      );
      if (last !== undefined && last.unlock === undefined) return 'impossible';
      const firsts = waiting.filter(
        (section) => !waiting.some((other) => other.thread === section.thread && other.read < section.read),
      );
      return firsts
        .filter(({ unlock }) => unlock !== undefined || waiting.length === 1)
        .map(({ read }): [number, number] => [read, last?.unlock ?? INITIAL]);
    }
    return undefined;
  }

  /** What a failed trylock or a look at a lock reads from. */
  sources(read: number, coherence: Coherence): number[] {
    const { events, space } = this.#skeleton;
    const { location } = coherence;
    const { kind, thread } = events[read];
    const of = (wanted: string): number[] =>
      events.flatMap((event, e) => (event.kind === wanted && location[e] === location[read] ? [e] : []));
    const external = of(kind === 'LF' ? 'LKW' : 'UL').filter((e) => events[e].thread !== thread);
    const before = this.#lockEvents.filter(
      (e) => location[e] === location[read] && space.has(this.#skeleton.po, e, read),
    );
    const last = before.filter((e) => events[e].kind !== 'LKR').at(-1);
    if (kind === 'LF') return last !== undefined && events[last].kind === 'LKW' ? [last] : external;
    const ownUnlock = before.filter((e) => events[e].kind === 'UL').at(-1);
    return [INITIAL, ...external, ...(ownUnlock === undefined ? [] : [ownUnlock])];
  }

  #sections(lock: number, location: Int32Array): Section[] | 'impossible' {
    const { events } = this.#skeleton;
    const sections: Section[] = [];
    const open = new Map<number, { read: number; write: number }>();
    const here = this.#lockEvents.filter((e) => location[e] === lock);
    for (const e of here) {
      const { kind, thread } = events[e];
      if (kind === 'LKR') {
        // A thread that takes a lock twice waits for itself.
        if (open.has(thread)) return 'impossible';
        open.set(thread, { read: e, write: e + 1 });
      }
      const held = open.get(thread);
      if (kind === 'UL' && held !== undefined) {
        sections.push({ thread, ...held, unlock: e });
        open.delete(thread);
      }
    }
    for (const [thread, held] of open) sections.push({ thread, ...held, unlock: undefined });
    return open.size > 1 ? 'impossible' : sections;
  }
}
