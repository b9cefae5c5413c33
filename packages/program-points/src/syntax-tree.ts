/** The syntax tree of a file, and what all passes ask of it. */
import {
  parse,
  type AnonymousFunctionDeclaration,
  type AnyNode,
  type ArrowFunctionExpression,
  type FunctionDeclaration,
  type FunctionExpression,
  type Node,
  type Options,
  type Program,
} from 'acorn';

/** A function of any form; a method is the {@link FunctionExpression} that is its value. */
export type FunctionNode =
  FunctionDeclaration | AnonymousFunctionDeclaration | FunctionExpression | ArrowFunctionExpression;

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  allowHashBang: true,
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowImportExportEverywhere: true,
  allowSuperOutsideMethod: true,
};

/**
 * The tree of a module or, where that is no module, of a script.
 *
 * @param file - named in the error
 * @throws SyntaxError of the parser, for the module
 */
export function parseFile(code: string, file: string): Program {
  try {
    return parse(code, { ...OPTIONS, sourceType: 'module' });
  } catch (error) {
    try {
      return parse(code, { ...OPTIONS, sourceType: 'script' });
    } catch {
      if (error instanceof Error) error.message = `${file}: ${error.message}`;
      throw error;
    }
  }
}

/** The parts of a node in source order, without names that are no variables: of properties, labels and modules. */
export function childrenOf(node: AnyNode): AnyNode[] {
  switch (node.type) {
    case 'MemberExpression':
      return node.computed ? [node.object, node.property] : [node.object];
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return present([node.computed ? node.key : null, node.value]);
    case 'LabeledStatement':
      return [node.body];
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportSpecifier':
      return [];
    case 'TemplateLiteral':
      return node.expressions;
    case 'DoWhileStatement':
      return [node.body, node.test];
    default:
      return present(Object.values(node).flat() as (AnyNode | null | undefined)[]);
  }
}

function present(nodes: readonly (AnyNode | null | undefined)[]): AnyNode[] {
  return nodes.filter((node): node is AnyNode => typeof node?.type === 'string');
}

/** Whether a node is a function. */
export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

/** Whether a node is a generator function that is not async. */
export function isGenerator(node: Node): node is Exclude<FunctionNode, ArrowFunctionExpression> {
  return isFunction(node) && node.generator && !node.async;
}

/** Which of all nodes below a function hold a yield of that function, itself included. */
export function holdersOfYields(body: AnyNode): ReadonlySet<AnyNode> {
  const holders = new Set<AnyNode>();
  const look = (node: AnyNode): boolean => {
    let holds = node.type === 'YieldExpression';
    for (const child of childrenOf(node)) if (!isFunction(child) && look(child)) holds = true;
    if (holds) holders.add(node);
    return holds;
  };
  look(body);
  return holders;
}
