/** Generator functions whose state cannot be told from their variables. */
import type { AnyNode } from 'acorn';
import { childrenOf, isFunction, type FunctionNode } from './syntax-tree.js';

/** Why a generator function is refused, in plain English; absent for one that is not. */
export function refusal(node: FunctionNode): string | undefined {
  return lookInside(node, unsupportedName) ?? unsupportedYield(node.body, undefined);
}

/** Whether a function uses `super`, itself or in an arrow function. */
export function usesSuper(node: FunctionNode): boolean {
  return lookInside(node, (inner, isOwn) => (isOwn && inner.type === 'Super' ? 'uses super' : undefined)) !== undefined;
}

/** Names of values that no variable holds, also in arrow functions and, for `eval`, in all functions inside. */
function unsupportedName(inner: AnyNode, isOwn: boolean): string | undefined {
  if (isOwn && inner.type === 'ThisExpression') return 'uses this';
  if (isOwn && inner.type === 'Super') return 'uses super';
  if (isOwn && inner.type === 'MetaProperty' && inner.meta.name === 'new') return 'uses new.target';
  if (isOwn && inner.type === 'Identifier' && inner.name === 'arguments') return 'uses arguments';
  if (inner.type === 'CallExpression' && inner.callee.type === 'Identifier' && inner.callee.name === 'eval')
    return 'uses eval';
  return inner.type === 'WithStatement' ? 'uses with' : undefined;
}

/** Looks at all nodes of a function, and tells of each whether `this` means the same there. */
function lookInside(
  node: FunctionNode,
  look: (inner: AnyNode, isOwn: boolean) => string | undefined,
): string | undefined {
  const visit = (inner: AnyNode, isOwn: boolean): string | undefined => {
    const bindsThis = (isFunction(inner) && inner.type !== 'ArrowFunctionExpression') || inner.type === 'ClassBody';
    return look(inner, isOwn) ?? first(childrenOf(inner), (child) => visit(child, isOwn && !bindsThis));
  };
  return first(childrenOf(node), (child) => visit(child, true));
}

/** @param place - where a yield would stand, if it would be one that is refused */
function unsupportedYield(node: AnyNode, place: string | undefined): string | undefined {
  if (isFunction(node)) return undefined;
  if (node.type === 'YieldExpression' && place !== undefined) return `a yield in ${place}`;
  if (node.type === 'TryStatement')
    return (
      unsupportedYield(node.block, place) ??
      (node.handler ? unsupportedYield(node.handler, place) : undefined) ??
      (node.finalizer ? unsupportedYield(node.finalizer, 'a finally block') : undefined)
    );
  if (node.type === 'ForInStatement')
    return (
      unsupportedYield(node.right, place) ??
      first([node.left, node.body], (child) => unsupportedYield(child, 'a for-in loop'))
    );
  const inside = PLACES.get(node.type) ?? place;
  return first(childrenOf(node), (child) => unsupportedYield(child, inside));
}

const PLACES: ReadonlyMap<string, string> = new Map([
  ['ObjectPattern', 'a destructuring pattern'],
  ['ArrayPattern', 'a destructuring pattern'],
  ['ClassDeclaration', 'a class'],
  ['ClassExpression', 'a class'],
]);

function first(nodes: readonly AnyNode[], look: (node: AnyNode) => string | undefined): string | undefined {
  for (const node of nodes) {
    const found = look(node);
    if (found !== undefined) return found;
  }
  return undefined;
}
