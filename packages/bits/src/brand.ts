/** Names for values that are plain numbers or bigints at run time. */

declare const brand: unique symbol;

/** A `Base` at run time, only a `Name` to the compiler. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
