/**
 * Counts the turns of loops in model files, so that one that never ends, and makes no request, is an error and no hang. It
 * is a plugin of the compiler that loads them: each loop's body begins with a call that counts.
 */
import path from 'node:path';
import { countTurn } from '@shootdown/machine';

/** What loops call: model files have no other name in common with us. */
const COUNTER = Symbol.for('@shootdown/machine countTurn');

/** The parts of the compiler's interface that are used here. */
interface Types {
  identifier(name: string): Node;
  stringLiteral(value: string): Node;
  memberExpression(object: Node, property: Node, computed?: boolean): Node;
  callExpression(callee: Node, args: Node[]): Node;
  expressionStatement(expression: Node): Node;
  blockStatement(body: Node[]): Node;
}
interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } } | null;
}
interface LoopPath {
  readonly node: Node & { body: Node & { readonly body?: Node[] } };
}
interface PluginPass {
  readonly file: { readonly opts: { readonly sourceFileName?: string } };
}

/** The plugin. */
export function loopGuard({ types }: { readonly types: Types }): object {
  Reflect.set(globalThis, COUNTER, countTurn);
  const member = (object: string, property: string): Node =>
    types.memberExpression(types.identifier(object), types.identifier(property));
  const counting = (where: string): Node => {
    const symbol = types.callExpression(member('Symbol', 'for'), [types.stringLiteral(COUNTER.description ?? '')]);
    const counter = types.memberExpression(types.identifier('globalThis'), symbol, true);
    return types.expressionStatement(types.callExpression(counter, [types.stringLiteral(where)]));
  };
  return {
    visitor: {
      Loop({ node }: LoopPath, { file }: PluginPass): void {
        const { body, loc } = node;
        if (loc === undefined || loc === null) return; // of the compiler's own making
        const name = path.basename(file.opts.sourceFileName ?? '');
        const count = counting(name === '' ? `line ${loc.start.line}` : `${name}:${loc.start.line}`);
        if (body.type === 'BlockStatement') body.body?.unshift(count);
        else node.body = types.blockStatement([count, body]);
      },
    },
  };
}
