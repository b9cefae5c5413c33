/** Where control may go from a statement, other than to the next one, and what is live there. */
import { NOTHING, union, type LiveSet } from './live-set.js';

/** The kinds of jumps that name a target. */
export type Jump = 'break' | 'continue';

/** What is live at the targets of all jumps out of a piece of code. */
export class Exits {
  private constructor(
    /** Live where an exception goes; to be live anywhere before it, for any expression may throw. */
    readonly onThrow: LiveSet,
    readonly onReturn: LiveSet,
    readonly onJump: ReadonlyMap<string, LiveSet>,
  ) {}

  /** The exits of a function. */
  static ofFunction(): Exits {
    return new Exits(NOTHING, NOTHING, new Map());
  }

  /** The same, where a jump with one of the labels (`''` for none) has a target of its own. */
  withTarget(jump: Jump, labels: readonly string[], live: LiveSet): Exits {
    return new Exits(
      this.onThrow,
      this.onReturn,
      new Map([...this.onJump, ...labels.map((label) => [`${jump} ${label}`, live] as const)]),
    );
  }

  /** The same, where exceptions are caught. */
  withHandler(live: LiveSet): Exits {
    return new Exits(union(live, this.onThrow), this.onReturn, this.onJump);
  }

  /** The same, where a `finally` block comes before any target. */
  withFinally(live: LiveSet): Exits {
    return new Exits(live, live, new Map([...this.onJump.keys()].map((key) => [key, live])));
  }

  /** What is live at the target of a jump. */
  target(jump: Jump, label: string): LiveSet {
    return union(this.onJump.get(`${jump} ${label}`) ?? NOTHING, this.onThrow);
  }

  /** What is live at any target. */
  get anywhere(): LiveSet {
    return union(this.onThrow, this.onReturn, ...this.onJump.values());
  }
}
