/** Names of the search strategies. */
export const STRATEGIES = ['dfs', 'bfs', 'random', 'pct', 'portfolio'] as const;
/** One of {@link STRATEGIES}. */
export type Strategy = (typeof STRATEGIES)[number];
