/**
 * What can be wrong with a litmus test.
 */
import type { Position } from './ast.js';

/** The file is no litmus test of the kernel's C format. */
export class LitmusSyntaxError extends Error {
  override readonly name = 'LitmusSyntaxError';
  readonly at: Position;

  /** @param expected - what could have come @param found - what came */
  constructor(at: Position, expected: string, found: string) {
    super(`line ${at.line}, column ${at.column}: expected ${expected}, got ${found}`);
    this.at = at;
  }
}

/** The test uses something that cannot be run here. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
  /** The construct, by its name in the test. */
  readonly construct: string;

  constructor(construct: string, at?: Position) {
    const where = at === undefined ? '' : `line ${at.line}, column ${at.column}: `;
    super(`${where}${construct} is not supported`);
    this.construct = construct;
  }
}
