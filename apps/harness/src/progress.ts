/** How far a search is, on stderr: one line redrawn on a terminal, a plain line every few seconds elsewhere. */
import type { Progress } from '@shootdown/explore';
import { bytesText, count, rate, seconds } from '@shootdown/explore/report';
import type { Output } from './io.js';

const REDRAW_MS = 100;
const PLAIN_MS = 5000;

/** The line. */
export interface ProgressLine {
  show(progress: Progress): void;
  /** Takes the line away, before something else is printed. */
  clear(): void;
}

/**
 * A progress line.
 *
 * @param what - what is being searched
 */
export function progressLine(output: Output, what: string): ProgressLine {
  const line = textLine(output);
  return {
    show(progress) {
      line.show(() => `${what}: ${progressText(progress)}`);
    },
    clear() {
      line.clear();
    },
  };
}

function progressText({ states, transitions, depth, frontier, bytes, seconds: elapsed, phase }: Progress): string {
  return [
    ...(phase === undefined ? [] : [`everything else holds, looking for a ${phase}`]),
    `${count(states)} states`,
    rate(transitions, elapsed),
    `depth ${count(depth)}`,
    `frontier ${count(frontier)}`,
    bytesText(bytes),
    seconds(elapsed),
  ].join(', ');
}

/** One line about what is under way, drawn anew again and again. */
export function textLine(output: Output): { show(text: () => string): void; clear(): void } {
  const { live } = output;
  const every = live === undefined ? PLAIN_MS : REDRAW_MS;
  let next = performance.now() + every;
  return {
    show(text) {
      const now = performance.now();
      if (now < next) return;
      next = now + every;
      if (live === undefined) output.write(`${text()}\n`);
      else live.show(text());
    },
    clear() {
      live?.clear();
    },
  };
}
