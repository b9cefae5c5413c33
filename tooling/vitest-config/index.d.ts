import type { ViteUserConfig } from 'vitest/config';

/** Tests beside their sources, run from source, with a JSON report for the root to add up. */
export declare const packageTests: ViteUserConfig;
