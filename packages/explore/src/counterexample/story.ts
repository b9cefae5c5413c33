/**
 * What a reader misses in a table of only the steps that decided it: who wrote what is read, what a change took away, what came
 * too early to have an effect, and the other half of a lock. Data flow alone says so, without experiments.
 */
import { KIND, type LayoutImage, type Layout } from '@shootdown/machine';
import type { Touching } from './slice.js';
import { RESTART } from '../base/schedule.js';

/** The steps of a run as a story: who touched which cell, and how. */
interface Story {
  readonly steps: readonly Touching[];
  readonly cells: Cells;
  /** Where the run of each step begins: a counterexample may need several. */
  readonly begins: readonly number[];
}

/** What the end of a run is about. */
export interface Ends {
  /** Words that stuck threads wait for. */
  readonly stuckOn: ReadonlySet<number>;
  /** Words that hold copies of others that have changed since, such as translations. */
  readonly copies: ReadonlySet<number>;
}

/** Marks steps until nothing that is shown hangs in the air. */
export function withWhatIsMissing(
  steps: readonly Touching[],
  matters: readonly boolean[],
  { stuckOn, copies }: Ends,
  layout: Layout,
): boolean[] {
  const story = { steps, cells: new Cells(layout), begins: beginningsOf(steps) };
  const shown = [...matters];
  for (let isNew = true; isNew;) {
    isNew = false;
    const missing = shown.flatMap((isShown, step) => (isShown ? missingFor(story, shown, step) : []));
    for (const step of [
      ...missing,
      ...tooEarlyForTheEnd(story, stuckOn),
      ...outdated(story, copies),
      ...otherHalves(story, shown),
    ]) {
      isNew ||= !shown[step];
      shown[step] = true;
    }
  }
  return shown;
}

function missingFor(story: Story, shown: readonly boolean[], step: number): number[] {
  return [
    ...writerOf(story, step),
    ...onlyGapBefore(story, shown, step),
    ...lostBy(story, step),
    ...storedAgain(story, step),
    ...tooEarlyFor(story, step),
  ];
}

/** Where the words of which cell are, and what is none that a row is about. */
class Cells {
  readonly #layout: Layout;
  readonly #unnamed: ReadonlySet<number>;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#unnamed = new Set([...lockWords(layout.image), ...layout.image.slot]);
  }

  /** The cell around a word; 0 for locks and for whether an object is allocated, which rows tell in their own way. */
  at(address: number): number {
    const start = this.#layout.typeAt(address)?.start ?? address;
    return this.#unnamed.has(start) ? 0 : start;
  }

  /** The cell that the row of a step names. */
  named({ request }: Touching): number {
    return request === undefined || request.address === 0 ? 0 : this.at(request.address);
  }

  changedBy({ changes }: Touching, cell: number): boolean {
    return changes.some(({ address }) => this.at(address) === cell);
  }

  /** Whether a step wrote a cell, be it what was there already. */
  writtenBy({ touched }: Touching, cell: number): boolean {
    return touched.some(({ address, isWrite }) => isWrite && this.at(address) === cell);
  }

  touchedBy({ touched }: Touching, cell: number): boolean {
    return touched.some(({ address }) => this.at(address) === cell);
  }

  /** The cells whose values the row of a step prints: the one it names, else what an operation that says what it does changes. */
  printed(one: Touching): number[] {
    const named = this.named(one);
    if (named !== 0) return [named];
    return one.request?.op?.says === undefined ? [] : this.changes(one);
  }

  changes({ changes }: Touching): number[] {
    return [...new Set(changes.map(({ address }) => this.at(address)))].filter((cell) => cell !== 0);
  }
}

function lockWords({ locks }: LayoutImage): number[] {
  return locks.flatMap(({ address, lock, shared }) =>
    lock === 'token' ? [] : shared ? [address, address + 1] : [address],
  );
}

function beginningsOf(steps: readonly Touching[]): number[] {
  let begin = 0;
  return steps.map(({ thread }, step) => (thread === RESTART ? (begin = step) : begin));
}

/** The last step before `step`, of the same run, that meets a condition. */
function lastBefore({ steps, begins }: Story, step: number, meets: (one: Touching) => boolean): number {
  for (let i = step - 1; i >= (begins[step] ?? 0); i--) if (meets(steps[i])) return i;
  return -1;
}

/** Who wrote what is read and left as it is. */
function writerOf(story: Story, step: number): number[] {
  const { steps, cells } = story;
  const one = steps[step];
  const cell = cells.named(one);
  const isRead = one.touched.some(({ address, isWrite }) => !isWrite && cells.at(address) === cell);
  if (cell === 0 || !isRead || cells.changedBy(one, cell)) return [];
  return found(lastBefore(story, step, (other) => cells.changedBy(other, cell)));
}

/** The one change between the value that a row begins with and what the row before it left; more are told by a mark. */
function onlyGapBefore(story: Story, shown: readonly boolean[], step: number): number[] {
  return story.cells.printed(story.steps[step]).flatMap((cell) => gapIn(story, shown, step, cell));
}

function gapIn(story: Story, shown: readonly boolean[], step: number, cell: number): number[] {
  const { cells } = story;
  const isChange = (one: Touching): boolean => cells.changedBy(one, cell);
  const last = lastBefore(story, step, isChange);
  if (last < 0 || shown[last]) return [];
  const earlier = lastBefore(story, last, isChange);
  return earlier < 0 || shown[earlier] ? [last] : [];
}

/** A store of what was there already, by another thread, that a change then takes away unseen. */
function lostBy(story: Story, step: number): number[] {
  const { steps, cells } = story;
  const one = steps[step];
  const cell = cells.named(one);
  if (cell === 0 || !cells.changedBy(one, cell)) return [];
  const last = lastBefore(story, step, (other) => other.thread === one.thread || cells.touchedBy(other, cell));
  const isStore = last >= 0 && cells.writtenBy(steps[last], cell) && steps[last].thread !== one.thread;
  return isStore ? [last] : [];
}

/** A store by another thread of what the change at `step` had just stored: that it was set already, nobody noticed. */
function storedAgain(story: Story, step: number): number[] {
  const { steps, cells, begins } = story;
  const one = steps[step];
  const cell = cells.named(one);
  if (cell === 0 || !cells.changedBy(one, cell)) return [];
  const next = steps.findIndex((other, i) => i > step && begins[i] === begins[step] && cells.writtenBy(other, cell));
  if (next < 0 || steps[next].thread === one.thread || steps[next].changes.length > 0) return [];
  const { request } = steps[next];
  return request?.kind === KIND.WRITE || request?.isVoid === true ? [next] : [];
}

/** A step that changed nothing, for the change at `step` had not been made yet. */
function tooEarlyFor(story: Story, step: number): number[] {
  const { steps, cells } = story;
  const { thread } = steps[step];
  return cells.changes(steps[step]).flatMap((cell) => lookingIn(story, step, cell, thread));
}

/** Who changed what a copy was made of, after it was made. */
function outdated({ steps, cells }: Story, copies: ReadonlySet<number>): number[] {
  return [...copies].flatMap((copy) => {
    const made = steps.findLastIndex((one) => cells.changedBy(one, copy));
    if (made < 0) return [];
    const sources = new Set(steps[made].touched.map(({ address }) => cells.at(address)));
    sources.delete(copy);
    sources.delete(0);
    return [...sources].flatMap((source) =>
      found(steps.findIndex((one, i) => i > made && one.thread !== steps[made].thread && cells.changedBy(one, source))),
    );
  });
}

/** What changed nothing in the words that the last state is wrong by. */
function tooEarlyForTheEnd(story: Story, about: ReadonlySet<number>): number[] {
  const cells = new Set([...about].map((address) => story.cells.at(address)).filter((cell) => cell !== 0));
  return [...cells].flatMap((cell) => lookingIn(story, story.steps.length, cell, RESTART));
}

/** The last step that would have acted on a cell and found nothing to do, since the cell changed last before `step`. */
function lookingIn(story: Story, step: number, cell: number, except: number): number[] {
  const { steps, cells } = story;
  const isIt = (one: Touching): boolean => one.thread !== except && isWithoutEffect(one) && cells.touchedBy(one, cell);
  const last = lastBefore(story, step, (one) => isIt(one) || cells.changedBy(one, cell));
  return last >= 0 && isIt(steps[last]) ? [last] : [];
}

/** Whether a step acts where it finds something to act on, and found nothing. */
function isWithoutEffect({ request, changes, touched, hasAnswered }: Touching): boolean {
  if (request === undefined || changes.length > 0) return false;
  const isMeant = touched.some(({ isWrite }) => isWrite) || hasAnswered !== true;
  return request.kind === KIND.AWAIT || (isMeant && request.kind !== KIND.READ);
}

/** Where a lock is shown to be taken or let go, the other end of that. */
function otherHalves({ steps }: Story, shown: readonly boolean[]): number[] {
  const open = new Map<string, number>();
  return steps.flatMap(({ thread, lock, changes }, step) => {
    if (lock === 0 || changes.length === 0) return [];
    const key = `${thread},${lock}`;
    const taken = open.get(key);
    if (taken === undefined) {
      open.set(key, step);
      return [];
    }
    open.delete(key);
    return shown[taken] === shown[step] ? [] : [taken, step];
  });
}

function found(step: number): number[] {
  return step < 0 ? [] : [step];
}
