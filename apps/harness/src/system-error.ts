/** What the operating system refused, in words. */

/** Whether an error comes from the operating system, and is about a file or a device. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    typeof (error as NodeJS.ErrnoException).code === 'string' &&
    typeof (error as NodeJS.ErrnoException).syscall === 'string'
  );
}

/** Why something could not be done: `EACCES: permission denied`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isSystemError(error) ? (message.split(',')[0] ?? message) : message;
}
