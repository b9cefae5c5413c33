/** What kernel code may answer instead of a value. */

/** A value, or the name of the errno that kernel code returns instead. */
export type Result<T, Errno extends string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errno: Errno };

/** A {@link Result} without an error. */
export function success<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A {@link Result} that is the error `errno`. */
export function failure<Errno extends string>(errno: Errno): { readonly ok: false; readonly errno: Errno } {
  return { ok: false, errno };
}
