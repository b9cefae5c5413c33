import { check } from '@shootdown/explore';
import { it } from 'vitest';
import * as scenarios from './index.js';
it('tries', { timeout: 300_000 }, async () => {
  for (const s of Object.values(scenarios))
    for (const name of Object.keys(s.variants)) {
      if (process.env.TRY !== undefined && !(s.name + '@' + name).includes(process.env.TRY)) continue;
      const t = performance.now();
      const r = await check(s, { variant: name, size: 'suite', maxSeconds: 30 });
      console.log(
        s.name,
        name,
        r.verdict,
        r.complete,
        r.violation?.kind,
        r.violation?.name,
        r.violation?.message,
        r.states,
        r.transitions,
        Math.round(performance.now() - t),
        'expected',
        s.variants[name].expect,
        s.variants[name].rule,
      );
    }
});
