/** Which generator functions of a file can be marked as transformed, and how. */
import type { AnyNode, BlockStatement, FunctionExpression, Program, Property } from 'acorn';
import type { Insertions } from './insertions.js';
import { usesSuper } from './refusal.js';
import { childrenOf, isGenerator, type FunctionNode } from './syntax-tree.js';

/** A generator function that can be transformed. */
export interface MarkedFunction {
  readonly node: FunctionNode & { readonly body: BlockStatement };
  /** Its name when the program runs; empty for none. */
  readonly name: string;
  /** Puts calls of the function named `mark` into the code, with what is named `site`. */
  readonly insertMark: (insertions: Insertions, mark: string, site: string) => void;
}

/** The generator functions of a file, but methods of classes, methods that use `super` and those with a computed name. */
export function markedFunctions(program: Program, code: string): MarkedFunction[] {
  const found: MarkedFunction[] = [];
  const visit = (node: AnyNode, ...around: AnyNode[]): void => {
    if (isGenerator(node)) {
      const marked = markedFunction(node, around, code);
      if (marked !== undefined) found.push(marked);
    }
    for (const child of childrenOf(node)) visit(child, node, ...around);
  };
  visit(program);
  return found;
}

/** @param around - the nodes around it, the innermost first */
function markedFunction(
  node: MarkedFunction['node'],
  [parent, ...around]: readonly AnyNode[],
  code: string,
): MarkedFunction | undefined {
  if (node.type !== 'FunctionExpression') return declared(node, parent.type.startsWith('Export') ? around[0] : parent);
  if (parent.type === 'MethodDefinition') return undefined;
  if (parent.type === 'Property' && parent.method) return method(node, parent, code);
  if (node.id) return expression(node, node.id.name);
  const name = inferredName(node, parent, code);
  return name === undefined ? undefined : expression(node, name);
}

function declared(node: MarkedFunction['node'], block: AnyNode): MarkedFunction {
  const name = 'id' in node && node.id ? node.id.name : undefined;
  return {
    node,
    name: name ?? 'default',
    insertMark(insertions, mark, site) {
      if (name === undefined) return;
      const isBlock = block.type === 'Program' || block.type === 'BlockStatement';
      insertions.put(isBlock ? startOf(block) : node.end, `${mark}(${name}, ${site});`);
    },
  };
}

/** A function that has no name of its own is made as a property, and gets the name from that. */
function expression(node: FunctionExpression, name: string): MarkedFunction {
  const key = JSON.stringify(name);
  const isPlain = node.id || name === '';
  return {
    node,
    name,
    insertMark(insertions, mark, site) {
      if (isPlain) insertions.wrap(node, `${mark}(`, `, ${site})`);
      else insertions.wrap(node, `${mark}({ ${key}: `, ` }[${key}], ${site})`);
    },
  };
}

function method(node: FunctionExpression, property: Property, code: string): MarkedFunction | undefined {
  const name = keyName(property, code);
  if (name === undefined || name === '__proto__' || usesSuper(node)) return undefined;
  const key = JSON.stringify(name);
  return {
    node,
    name,
    insertMark(insertions, mark, site) {
      insertions.wrap(property, `${key}: ${mark}({ `, ` }[${key}], ${site})`);
    },
  };
}

/** The name that a function gets from where it stands; absent where only the run tells. */
function inferredName(node: FunctionExpression, parent: AnyNode, code: string): string | undefined {
  switch (parent.type) {
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' ? parent.id.name : '';
    case 'AssignmentExpression':
      return parent.left.type === 'Identifier' && /^(?:\|\||&&|\?\?)?=$/.test(parent.operator) ? parent.left.name : '';
    case 'AssignmentPattern':
      return parent.left.type === 'Identifier' && parent.right === node ? parent.left.name : '';
    case 'Property':
    case 'PropertyDefinition': {
      const name = parent.key === (node as AnyNode) ? '' : keyName(parent, code);
      return name === '__proto__' && parent.type === 'Property' ? '' : name;
    }
    case 'ExportDefaultDeclaration':
      return 'default';
    default:
      return '';
  }
}

function keyName(
  { key, computed }: { readonly key: AnyNode; readonly computed: boolean },
  code: string,
): string | undefined {
  if (computed) return undefined;
  if (key.type === 'Literal') return String(key.value);
  return key.type === 'Identifier' ? key.name : code.slice(key.start, key.end);
}

/** Where the first statement of a function, a block or a file may be put: behind directives. */
export function startOf(block: Program | BlockStatement): number {
  const directive = block.body.findLast((one) => 'directive' in one && one.directive !== undefined);
  if (block.type === 'BlockStatement') return directive?.end ?? block.start + 1;
  return block.body.find((one) => !('directive' in one && one.directive !== undefined))?.start ?? block.end;
}
