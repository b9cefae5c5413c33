import type { ViteUserConfig } from 'vitest/config';

/**
 * How tests are run: started in a package, those of the package; started in `root`, those of every package, each a project of its
 * name.
 */
export declare function workspaceTests(root: string): ViteUserConfig;
