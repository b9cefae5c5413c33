/** What the keys and buttons do to what is looked at. */
import type { Command } from './keyboard.js';
import type { Run } from './run.js';
import { listed, type Selection } from './selection.js';

/** Where a reader is. */
export interface Stand extends Selection {
  readonly isPlaying: boolean;
}

/** A change of it. */
export type Change = Partial<Stand> | Exclude<Command, 'search'> | 'play on';

const PAGE = 10;

/** The steps of a run that are listed, remembered until something else is asked. */
export class Listing {
  readonly #run: Run;
  #key = '';
  #positions: readonly number[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** The positions of the steps that are listed. */
  of({ all, text, thread, func, field }: Selection): readonly number[] {
    const key = JSON.stringify([all, text, thread, func, field]);
    if (key !== this.#key) this.#positions = listed(this.#run, { all, text, thread, func, field });
    this.#key = key;
    return this.#positions;
  }

  /** Where a reader is after a change. */
  after(stand: Stand, change: Change): Stand {
    if (typeof change === 'object') return { ...stand, ...change };
    if (change === 'play') return { ...stand, isPlaying: !stand.isPlaying };
    if (change === 'all') return { ...stand, all: !stand.all };
    const position = moved(change, this.of(stand), stand.position, this.#run);
    return { ...stand, position, isPlaying: change === 'play on' && position !== stand.position };
  }
}

/** The position that a move leads to, among those that are listed. */
function moved(
  move: Exclude<Change, object | 'play' | 'all'>,
  positions: readonly number[],
  position: number,
  { trace }: Run,
): number {
  const at = positions.findIndex((one) => one >= position);
  const here = at < 0 ? positions.length : at;
  const pick = (index: number): number => (index < 0 ? 0 : (positions[Math.min(index, positions.length - 1)] ?? 0));
  const own = trace[position - 1]?.thread;
  const isOwn = (one: number): boolean => trace[one - 1].thread === own;
  switch (move) {
    case 'next':
    case 'play on':
      return positions.find((one) => one > position) ?? position;
    case 'previous':
      return pick(here - 1);
    case 'first':
      return 0;
    case 'last':
      return pick(positions.length - 1);
    case 'page down':
      return pick(here + PAGE);
    case 'page up':
      return pick(here - PAGE);
    case 'next of thread':
      return positions.find((one) => one > position && isOwn(one)) ?? position;
    case 'previous of thread':
      return positions.findLast((one) => one < position && isOwn(one)) ?? position;
  }
}
