/**
 * Where calls of imported functions are, in stacks. The compiler makes `(0, module.f)(x)` of `f(x)`, and the engine calls the
 * second parenthesis the place of such a call. This plugin of the compiler makes the source map lead from there to the name.
 */

interface Located {
  readonly type: string;
  readonly loc?: { start: object; end: object } | null;
}
interface CallPath {
  readonly node: { readonly callee: Located };
}

/** The plugin. */
export function callPositions(): object {
  return {
    visitor: {
      // What stands behind the name is mapped to where the name ends.
      CallExpression({ node: { callee } }: CallPath): void {
        if (callee.type === 'Identifier' && callee.loc) callee.loc.end = callee.loc.start;
      },
    },
  };
}
