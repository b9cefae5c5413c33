/**
 * Whether threads can run in a circle for ever, fairly, on which no kernel thread gets anywhere and one changes memory. Fair is a
 * circle on which each thread that stands still cannot move somewhere, and cannot move anywhere where it waits for a lock.
 */

/** A step by which no kernel thread leaves its outermost loop. */
export interface Move {
  readonly thread: number;
  readonly to: number;
  /** Whether it is a kernel thread's, and changes memory. */
  readonly stores: boolean;
}

/** A state. */
export interface Stand {
  readonly moves: readonly Move[];
  /** The threads that can move. */
  readonly enabled: readonly number[];
  /** Those of them that take a lock. */
  readonly granted: readonly number[];
}

/** Whether there is such a circle. */
export function hasLivelock(stands: readonly Stand[]): boolean {
  const groups: (readonly number[])[] = [[...stands.keys()]];
  for (let group = groups.pop(); group !== undefined; group = groups.pop())
    for (const circle of circlesIn(stands, group)) {
      const inside = new Set(circle);
      const moves = circle.flatMap((at) => stands[at].moves.filter(({ to }) => inside.has(to)));
      const movers = new Set(moves.map(({ thread }) => thread));
      const standing = stands[circle[0]].enabled.filter((thread) => !movers.has(thread));
      const isWrong = standing.some((thread) => circle.every((at) => stands[at].enabled.includes(thread)));
      if (isWrong || !moves.some(({ stores }) => stores)) continue;
      const rest = circle.filter((at) => stands[at].granted.every((thread) => movers.has(thread)));
      if (rest.length === circle.length) return true;
      groups.push(rest);
    }
  return false;
}

/** The strongly connected parts of a group that have an edge inside (Kosaraju). */
function circlesIn(stands: readonly Stand[], group: readonly number[]): number[][] {
  const inside = new Set(group);
  const to = (at: number): number[] => stands[at].moves.flatMap((move) => (inside.has(move.to) ? [move.to] : []));
  const from = new Map<number, number[]>(group.map((at) => [at, []]));
  for (const at of group) for (const next of to(at)) from.get(next)?.push(at);
  const seen = new Set<number>();
  const order = group.flatMap((at) => reached(at, to, seen)).reverse();
  seen.clear();
  // Each in the order in which they are left, the last first.
  return order
    .map((at) => reached(at, (one) => from.get(one) ?? [], seen))
    .filter((part) => part.length > 1 || part.some((at) => to(at).includes(at)));
}

/** What can be reached and was not seen, in the order in which a search in depth leaves it. */
function reached(start: number, to: (at: number) => readonly number[], seen: Set<number>): number[] {
  if (seen.has(start)) return [];
  seen.add(start);
  const left: number[] = [];
  const path = [{ at: start, next: to(start).values() }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const { value } = top.next.next();
    if (value === undefined) left.push((path.pop() as { at: number }).at);
    else if (!seen.has(value)) {
      seen.add(value);
      path.push({ at: value, next: to(value).values() });
    }
  }
  return left;
}
