/** What the machine and the explorer at hand know, so that the same programs can be tried on older and newer ones. */
import { checkSync } from '@shootdown/explore';
import { Layout, VIOLATION_KINDS, kfunc, u8, waitFor, write, type System, type Thread } from '@shootdown/machine';
import type { Rules } from './reference.js';

/** What may be in a program. */
export interface Abilities {
  /** Whether a thread may be a daemon; then finals and leaks are asked only where everything that repeats rests. */
  readonly daemons: boolean;
  /** Whether a wait for a word, which could go on, races with a plain write. */
  readonly waitsRace: boolean;
  /** Whether a NULL pointer that is followed, and every other exception, is a violation. */
  readonly nullDereference: boolean;
}

let known: Abilities | undefined;

/** What those at hand know; tried once. */
export function abilitiesAtHand(): Abilities {
  known ??= {
    daemons: checkSync(restingDaemon()).verdict === 'holds',
    waitsRace: checkSync(waitAndPlainWrite()).verdict === 'violated',
    nullDereference: (VIOLATION_KINDS as readonly string[]).includes('null-dereference'),
  };
  return known;
}

/** What the reference is to judge by. */
export function rulesAtHand(): Rules {
  const { daemons, waitsRace, nullDereference } = abilitiesAtHand();
  return { rests: daemons, waitsRace, exceptions: nullDereference };
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

function waitAndPlainWrite(): System {
  const layout = new Layout();
  const flag = layout.one('flag', u8);
  const waits = kfunc('waits', function* () {
    yield* waitFor(flag, { equals: 0 });
  });
  const sets = kfunc('sets', function* () {
    yield* write(flag, 0);
  });
  const threads = [waits, sets].map((run) => ({ name: run.kname, run: () => run() }));
  return { layout, threads };
}
