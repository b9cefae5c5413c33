/** What `new` writes. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { MODULES } from './own-modules.js';

/** A model that holds, and a variant that does not. */
export function firstModel(name: string): string {
  return `import { spinLock, spinUnlock, spinlockT } from '@shootdown/kernel/model';
import { readOnce, scenario, times, u8, unlocked, writeOnce } from '@shootdown/machine';

export default scenario({
  name: 'mine/${name}',
  asks: 'Does every increment count?',
  given: { threads: { default: 2, about: 'threads that increment', min: 1, max: 4 } },
  // The first is the code as it should be. In the others something is broken, so that one sees that the model notices.
  variants: {
    locked: { expect: 'holds', about: 'under a lock' },
    unlocked: {
      expect: 'invariant',
      rule: 'sum',
      about: 'the lock is not taken',
      mutations: [unlocked({ in: 'increment', step: 'spin_lock', until: ['spin_unlock'] })],
    },
  },
  // What threads share. Everything is 0 at first.
  state: { lock: spinlockT, count: u8 },
  // Each yield* is one step; between any two of them another thread may run.
  threads: ({ lock, count }, { given }) =>
    times(given.threads, function* increment() {
      yield* spinLock(lock);
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
      yield* spinUnlock(lock);
    }),
  // What must hold when all threads have ended; \`invariants\` must hold in every state.
  finals: {
    sum: ({ count }, { given }) => count === given.threads || \`\${count} of \${given.threads} increments counted\`,
  },
});
`;
}

/**
 * A tsconfig.json by which editors and \`tsc\` find the types of our packages, wherever the model lies.
 *
 * @param folder - where it will lie
 */
export function typesFor(folder: string): string {
  const { resolve } = createRequire(import.meta.url);
  const paths = Object.keys(MODULES).map((name) => {
    const types = path.relative(folder, resolve(name).replace(/\.js$/, '.d.ts')).replaceAll(path.sep, '/');
    return [name, [types.startsWith('.') ? types : `./${types}`]] as const;
  });
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'Preserve',
    moduleResolution: 'Bundler',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
    paths: Object.fromEntries(paths),
  };
  return `${JSON.stringify({ compilerOptions, include: ['*.ts'] }, undefined, 2)}\n`;
}
