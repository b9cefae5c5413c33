/** What a mutation run found, as text and as JSON. */
import { seconds, wrap } from '@shootdown/explore/report';
import path from 'node:path';
import type { Output } from '../io.js';
import { mutantText, type Mutant } from '../mutate/mutants.js';
import type { Score } from '../mutate/score.js';
import { styleFor, widthOf } from './style.js';

/** One package: its score, who survived, and what is explained. */
export function scoreText(score: Score, output: Output, cwd: string): string {
  const style = styleFor(output);
  const { killed, explained, survived, wrong } = score;
  const isGood = survived.length === 0 && wrong.length === 0;
  const lines = [
    style(
      isGood ? 'green' : 'red',
      `${score.package}: ${countsText(score)}, ${score.searches} searches in ${seconds(score.seconds)}`,
    ),
  ];
  for (const one of killed)
    lines.push(`  killed    ${placeText(one, cwd)}`, `            by ${one.by}: ${one.kind} (${one.rule})`);
  for (const one of explained)
    lines.push(`  explained ${placeText(one, cwd)}`, ...wrap(one.reason, widthOf(output), '            '));
  for (const one of survived) {
    lines.push(style('red', `  survived  ${placeText(one, cwd)}`));
    if (one.bounds.length > 0) lines.push(`            stopped at the bound of ${one.bounds.join(', ')}`);
    for (const error of one.errors) lines.push(`            ${error}`);
  }
  for (const one of wrong) lines.push(style('red', `  wrong     ${one}`));
  return `${lines.join('\n')}\n`;
}

/** `12 mutants, 10 killed, 2 explained, 0 survived`. */
export function countsText({ killed, explained, survived }: Pick<Score, 'killed' | 'explained' | 'survived'>): string {
  const all = killed.length + explained.length + survived.length;
  return `${all} mutants, ${killed.length} killed, ${explained.length} explained, ${survived.length} survived`;
}

function placeText(mutant: Mutant, cwd: string): string {
  return `${mutantText(mutant)} in ${mutant.in.join(', ')} [${mutant.class}] ${siteText(mutant, cwd)}`;
}

function siteText({ file, line }: Mutant, cwd: string): string {
  return `${path.relative(cwd, file)}:${line}`;
}

/** One package, for `--json`: counts, with the lists beside them. */
export function scoreJson(score: Score, cwd: string): object {
  const { killed, explained, survived } = score;
  const of = (mutant: Mutant): object => ({
    class: mutant.class,
    mutant: mutantText(mutant),
    in: mutant.in,
    step: mutant.step,
    nth: mutant.nth,
    site: siteText(mutant, cwd),
  });
  return {
    package: score.package,
    mutants: killed.length + explained.length + survived.length,
    killed: killed.length,
    explained: explained.length,
    survived: survived.length,
    seconds: score.seconds,
    searches: score.searches,
    isComplete: score.isComplete,
    wrong: score.wrong,
    killedBy: killed.map((one) => ({ ...of(one), by: one.by, kind: one.kind, rule: one.rule })),
    explanations: explained.map((one) => ({ ...of(one), reason: one.reason })),
    survivors: survived.map((one) => ({ ...of(one), bounds: one.bounds, errors: one.errors })),
  };
}
