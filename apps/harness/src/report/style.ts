/** Colour, for terminals only. */
import { styleText } from 'node:util';
import type { Output } from '../io.js';

/** Marks a text, or leaves it as it is. */
export type Style = (format: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string;

/** The style of an output: none unless it is a terminal, and none where the user wants none. */
export function styleFor(output: Output): Style {
  const isPlain = !output.isTTY || (process.env['NO_COLOR'] ?? '') !== '';
  return isPlain ? (_, text) => text : (format, text) => styleText(format, text);
}

/** Characters a line: as the terminal has it, 80 elsewhere, and never so many that a commit message could not hold it. */
export function widthOf(output: Output): number {
  return Math.max(40, Math.min(output.columns || 80, 120));
}
