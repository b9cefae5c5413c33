/** A request or a kernel thread that is made and dropped, or taken for its answer; told by its type. */

const EQUALITY = new Set(['===', '!==', '==', '!=']);

/**
 * Whether an expression stands where its value is dropped, tested or computed with.
 *
 * @param {any} node
 */
function isMisused(node) {
  const { parent } = node;
  switch (parent.type) {
    case 'ExpressionStatement':
      return true;
    case 'IfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'ForStatement':
    case 'ConditionalExpression':
      return parent.test === node;
    case 'UnaryExpression':
      return parent.operator !== 'typeof' && parent.operator !== 'void';
    case 'BinaryExpression':
      if (parent.operator === 'instanceof') return false;
      return !(EQUALITY.has(parent.operator) && isNothing(parent.left === node ? parent.right : parent.left));
    case 'LogicalExpression':
      return parent.left === node && parent.operator !== '??';
    case 'TemplateLiteral':
      return true;
    default:
      return false;
  }
}

/**
 * Whether an expression is `undefined` or `null`, with which a request may well be compared.
 *
 * @param {any} node
 */
function isNothing(node) {
  return (node.type === 'Identifier' && node.name === 'undefined') || (node.type === 'Literal' && node.value === null);
}

/**
 * What a type is, if it must be yielded. A request has a property that only the compiler sees.
 *
 * @param {any} type
 * @param {any} checker
 * @returns {string | undefined}
 */
function whatIs(type, checker) {
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if (name === 'Request' && type.getProperty('__answer') !== undefined) return 'request';
  if (name === 'Kthread') return 'kernel thread';
  if (type.symbol?.name !== 'Generator') return undefined;
  const [yielded] = checker.getTypeArguments(type);
  return yielded !== undefined && whatIs(yielded, checker) === 'request' ? 'kernel thread' : undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
export const noDroppedRequest = {
  meta: {
    type: 'problem',
    docs: { description: 'a request or a kernel thread must be yielded with yield*' },
    messages: {
      dropped: 'This {{what}} is made and dropped, so nothing is done: write yield* before it.',
      tested: 'This is a {{what}} and not its answer: write yield* before it.',
    },
    schema: [],
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    if (services?.getTypeAtLocation === undefined)
      throw new Error(
        'shootdown/no-dropped-request needs types: set parserOptions.projectService of typescript-eslint, or take the config recommended',
      );
    const checker = services.program.getTypeChecker();
    /** @param {any} node */
    const look = (node) => {
      if (!isMisused(node)) return;
      const what = whatIs(services.getTypeAtLocation(node), checker);
      if (what === undefined) return;
      const messageId = node.parent.type === 'ExpressionStatement' ? 'dropped' : 'tested';
      context.report({ node, messageId, data: { what } });
    };
    return { CallExpression: look, Identifier: look, MemberExpression: look };
  },
};
