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
  const { live } = output;
  const every = live === undefined ? PLAIN_MS : REDRAW_MS;
  let next = performance.now() + every;
  return {
    show(progress) {
      const now = performance.now();
      if (now < next) return;
      next = now + every;
      const line = `${what}: ${progressText(progress)}`;
      if (live === undefined) output.write(`${line}\n`);
      else live.show(line);
    },
    clear() {
      live?.clear();
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
