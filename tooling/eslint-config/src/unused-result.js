/**
 * Flags a statement that drops a value of a type named `Result`, as the kernel drops errors in places it regrets.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const unusedResult = {
  meta: {
    type: 'problem',
    messages: { dropped: 'This Result is dropped: test `ok`, return it, or assign it to a name that starts with _.' },
    schema: [],
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    return {
      ExpressionStatement(node) {
        const type = services.getTypeAtLocation(node.expression);
        if (type.aliasSymbol?.name === 'Result') context.report({ node, messageId: 'dropped' });
      },
    };
  },
};
