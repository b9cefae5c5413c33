/** What the machine and the explorer at hand know, so that the same programs can be tried on older and newer ones. */
import { checkSync } from '@shootdown/explore';
import { Layout, VIOLATION_KINDS, kfunc, u8, waitFor, type System, type Thread } from '@shootdown/machine';

/** What may be in a program. */
export interface Abilities {
  /** Whether a thread may be a daemon; then finals and leaks are asked only where everything that repeats rests. */
  readonly daemons: boolean;
  /** Whether a NULL pointer that is followed is a violation. */
  readonly nullDereference: boolean;
}

let known: Abilities | undefined;

/** What those at hand know; tried once. */
export function abilitiesAtHand(): Abilities {
  known ??= {
    daemons: checkSync(restingDaemon()).verdict === 'holds',
    nullDereference: (VIOLATION_KINDS as readonly string[]).includes('null-dereference'),
  };
  return known;
}

/** A daemon that waits for ever, which a thread of the kernel must not. */
function restingDaemon(): System {
  const layout = new Layout();
  const work = layout.one('work', u8);
  const worker = kfunc('worker', function* () {
    yield* waitFor(work, { differs: 0 });
  });
  const kind = 'daemon' as unknown as NonNullable<Thread['kind']>;
  return { layout, threads: [{ name: 'worker', kind, run: () => worker() }] };
}
