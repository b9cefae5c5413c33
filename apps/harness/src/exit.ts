/** Exit codes of the program, and the errors that lead to them. */

/** What the exit status says. */
export const EXIT = {
  /** The verdict is the expected one; for `replay`, the violation happened again. */
  EXPECTED: 0,
  /** The verdict is not the expected one. */
  UNEXPECTED: 1,
  /** Nothing was checked: the command line, a token, a file or a model is wrong. */
  USAGE: 2,
  /** A bound was hit or the user stopped it: neither holds nor violated. */
  UNKNOWN: 3,
  /** The program itself is at fault. It says what to report. */
  CRASH: 4,
} as const;
/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Our caller asked for something that does not exist or makes no sense. The message says what to do instead. */
export class UsageError extends Error {
  /** @param message - subject, expected, got, next step */
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
