import js from '@eslint/js';

export default [{ ignores: ['reports/', 'fixtures/'] }, { ...js.configs.recommended, files: ['**/*.js'] }];
