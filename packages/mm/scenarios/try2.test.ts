import { check } from '@shootdown/explore';
import { it } from 'vitest';
import * as scenarios from './index.js';
it('tries', { timeout: 300_000 }, async () => {
  const s = scenarios.mmForkCow;
  for (const options of [
    {},
    { partialOrder: false },
    { deadAnswers: true },
    { reduction: false },
    { given: { childStores: 0 } },
  ] as const) {
    const t = performance.now();
    const r = await check(s, { variant: 'cow', size: 'suite', maxSeconds: 40, ...options });
    console.log(
      JSON.stringify(options),
      r.verdict,
      r.states,
      r.transitions,
      Math.round(performance.now() - t),
      r.seconds,
    );
  }
});
