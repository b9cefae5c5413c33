/** Colour and width, as the terminal has them and the user wants them. */
import type { Paint } from '@shootdown/explore/report';
import { styleText } from 'node:util';
import type { Output } from '../io.js';

type Format = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan' | 'magenta' | 'blue';

/** Marks a text, or leaves it as it is. */
export type Style = (format: Format, text: string) => string;

/** The style of an output: none unless it is a terminal or the user wants it, and none where the user wants none. */
export function styleFor(output: Output): Style {
  const isColoured = output.colours ?? (output.isTTY && (process.env['NO_COLOR'] ?? '') === '');
  return isColoured ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
}

/** A colour for each thread in turn; red is for where it broke. */
const THREADS: readonly Format[] = ['cyan', 'yellow', 'magenta', 'green', 'blue'];

/** Colours the table of a counterexample. */
export function paintFor(output: Output): Paint {
  const style = styleFor(output);
  return (part, text) => style(part === 'broke' ? 'red' : THREADS[part.thread % THREADS.length], text);
}

/** Characters a line: as the terminal has it or the user asks for, 80 elsewhere. */
export function widthOf(output: Output): number {
  return Math.max(40, output.columns ?? 80);
}
