import { argv } from 'node:process';
import { defineConfig } from 'vitest/config';

const SOURCE = '@shootdown/source';
const conditions = [SOURCE, 'module', 'node', 'development|production'];

/** How Node imports the sources: vitest's own imports are read through a getter each time, which a search feels. */
const native = {
  experimental: { viteModuleRunner: false, nodeLoader: false },
  execArgv: [`--conditions=${SOURCE}`, '--import', import.meta.resolve('./register.js')],
};

/** Coverage is counted in what vitest makes of the sources. */
const measuresCoverage = argv.some((arg) => arg.startsWith('--coverage'));

/** Tests beside their sources, run from source, with a JSON report for the root to add up. */
export const packageTests = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    ...(measuresCoverage ? {} : native),
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
    },
  },
});
