/** Lint rules for Shootdown models: a request that is made must be yielded, else the step is not taken. */
import { noDroppedRequest } from './no-dropped-request.js';
import { noUnyieldedCall } from './no-unyielded-call.js';

/** @type {import('eslint').ESLint.Plugin} */
const plugin = {
  meta: { name: '@shootdown/eslint-plugin' },
  rules: { 'no-dropped-request': noDroppedRequest, 'no-unyielded-call': noUnyieldedCall },
};

/**
 * @param {string} name
 * @param {import('eslint').Linter.RulesRecord} rules
 */
const config = (name, rules) => [{ name: `shootdown/${name}`, plugins: { shootdown: plugin }, rules }];

plugin.configs = {
  recommended: config('recommended', { 'shootdown/no-unyielded-call': 'error' }),
  recommendedTypeChecked: config('recommended-type-checked', {
    'shootdown/no-unyielded-call': 'error',
    'shootdown/no-dropped-request': 'error',
  }),
};

export default plugin;
