import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { argv, cwd } from 'node:process';
import { defineConfig } from 'vitest/config';

const SOURCE = '@shootdown/source';
const conditions = [SOURCE, 'module', 'node', 'development|production'];

/** Node imports the sources itself: what vitest makes of an import is a getter, which a search asks millions of times. */
const native = {
  experimental: { viteModuleRunner: false, nodeLoader: false },
  execArgv: [`--conditions=${SOURCE}`, '--import', import.meta.resolve('./register.js')],
};

/** Coverage is counted in what vitest makes of the sources, and watching them needs to know who imports whom. */
const isPlainRun = argv.includes('run') && !argv.some((arg) => arg.startsWith('--coverage'));

/** Tests beside their sources, run from source, with a JSON report for the root to add up. */
const packageTests = defineConfig({
  plugins: isPlainRun ? [] : [(await import('../../packages/program-points/dist/vite.js')).programPoints()],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    ...(isPlainRun ? native : {}),
    include: ['src/**/*.test.ts', 'scenarios/**/*.test.ts'],
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/**/*.test-d.ts'],
      reporter: ['text', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { statements: 85, branches: 75, functions: 85, lines: 85 },
    },
  },
});

/**
 * @param {string} root
 */
export function workspaceTests(root) {
  if (path.relative(root, cwd()) !== '') return packageTests;
  const { test, ...rest } = packageTests;
  return defineConfig({ ...rest, test: { ...test, projects: projectsIn(root) } });
}

/**
 * A project a package that has tests.
 *
 * @param {string} root
 */
function projectsIn(root) {
  return ['packages', 'apps', 'tooling']
    .flatMap((group) => readdirSync(path.join(root, group)).map((name) => path.join(root, group, name)))
    .filter((folder) => hasTests(folder))
    .map((folder) => ({ extends: true, root: folder, test: { name: path.basename(folder) } }));
}

/**
 * @param {string} folder
 */
function hasTests(folder) {
  const manifest = path.join(folder, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test !== undefined;
}
