/** The evidence for a violation, as the kernel's own reports print it: who did what, then the stack. */
import path from 'node:path';
import type { Evidence } from '../counterexample/evidence.js';
import type { Frame } from '../counterexample/evidence-run.js';
import type { Layout } from '@shootdown/machine';
import { evidenceTexts, lockName } from './trace-rows.js';
import { wrap } from './wrap.js';

/**
 * The lines of the evidence, the stacks innermost first.
 *
 * @param cwd - folder that source positions are told from
 */
export function evidenceText(evidence: readonly Evidence[], layout: Layout, width: number, cwd: string): string[] {
  const texts = evidenceTexts(evidence, layout);
  return evidence.flatMap(({ role, thread, frames, holding }, i) => {
    const locks = holding.length === 0 ? '' : `, holding ${holding.map(lockName).join(', ')}`;
    const who = thread === '' ? role : `${role} by ${thread}:`;
    return [...wrap(`${who} ${texts[i]}${locks}`, width, '  '), ...stackText(frames, cwd)];
  });
}

function stackText(frames: readonly Frame[], cwd: string): string[] {
  const widest = Math.max(...frames.map(({ func }) => func.length));
  return frames.map(({ func, site }) => `    ${func.padEnd(widest)}  ${placeOf(site, cwd)}`.trimEnd());
}

/** A source position without its column, from `cwd` where it lies below. */
export function placeOf(site: string, cwd: string): string {
  const place = site.replace(/:\d+$/, '');
  const near = path.relative(cwd, place);
  return place === '' || near.startsWith('..') ? place : near;
}
