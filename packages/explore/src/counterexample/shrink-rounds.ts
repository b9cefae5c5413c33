/** Ways in which a run of threads that repeat becomes shorter: without rounds, or with other choices in them. */
import type { Choice, Stretch } from './rounds.js';

/** Runs a candidate; returns whether it is kept as the best so far. */
export type Consider = (candidate: readonly Stretch[]) => boolean;

/** Tries to leave out a round, and then each two. */
export function withoutRounds(stretches: readonly Stretch[], consider: Consider): boolean {
  const rounds = roundsOf(stretches);
  const without = (...gone: number[]): boolean =>
    consider(stretches.filter(({ iteration }) => !gone.includes(iteration)));
  return (
    rounds.some((one) => without(one)) ||
    rounds.some((one, i) => rounds.slice(i + 1).some((other) => without(one, other)))
  );
}

/** Tries other alternatives, by themselves and with one round left out. */
export function withOtherChoices(stretches: readonly Stretch[], consider: Consider): boolean {
  const rounds = roundsOf(stretches);
  const others = otherChoices(stretches);
  return (
    others.some((candidate) => consider(candidate)) ||
    others.some((candidate) => rounds.some((gone) => consider(candidate.filter(({ iteration }) => iteration !== gone))))
  );
}

/** Tries to exchange two alternatives wherever one is taken, so that those come first that have low numbers. */
export function withLowChoicesFirst(stretches: readonly Stretch[], consider: Consider): boolean {
  const most = Math.max(0, ...stretches.flatMap(({ choices }) => choices.map(({ ways }) => ways)));
  for (let a = 0; a < most; a++)
    for (let b = a + 1; b < most; b++)
      if (consider(stretches.map((one) => ({ ...one, choices: one.choices.map((choice) => exchanged(choice, a, b)) }))))
        return true;
  return false;
}

/** Tries to move what a thread does next to what it does before or after. */
export function withTurnsMoved(stretches: readonly Stretch[], consider: Consider): boolean {
  return stretches.some((one, i) => {
    const others = stretches.filter((_, j) => j !== i);
    return others.some(
      ({ thread }, j) =>
        thread === one.thread &&
        [j, j + 1].some((at) => at !== i && consider([...others.slice(0, at), one, ...others.slice(at)])),
    );
  });
}

function roundsOf(stretches: readonly Stretch[]): number[] {
  return [...new Set(stretches.map(({ iteration }) => iteration))].reverse();
}

function otherChoices(stretches: readonly Stretch[]): Stretch[][] {
  return stretches.flatMap((one, i) =>
    one.choices.flatMap(({ taken, ways }, j) =>
      Array.from({ length: ways }, (_, other) => other)
        .filter((other) => other !== taken)
        .map((other) => stretches.with(i, { ...one, choices: one.choices.with(j, { taken: other, ways }) })),
    ),
  );
}

function exchanged({ taken, ways }: Choice, a: number, b: number): Choice {
  const other = taken === a ? b : taken === b ? a : taken;
  return { taken: other < ways ? other : taken, ways };
}
