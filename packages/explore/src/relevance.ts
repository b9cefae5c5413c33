/**
 * Which steps of a counterexample a reader needs: those by which threads influence each other, and those that made the
 * state wrong. A step matters if what it wrote was read by another thread, if it read what another thread wrote or was to
 * write, or if it wrote a word that the violation is about.
 */

/** One word that a step read or wrote. */
export interface Touch {
  readonly address: number;
  readonly isWrite: boolean;
}

/** A step as far as this is concerned. */
export interface Touching {
  readonly thread: number;
  readonly touched: readonly Touch[];
  /** Set for barriers and the specification's own steps, which never matter. */
  readonly isLocal: boolean;
  /** The lock it takes or lets go, by the address of the holder word, else 0. */
  readonly lock: number;
}

interface Access {
  readonly step: number;
  readonly thread: number;
}

/**
 * For each step, whether it matters.
 *
 * @param about - words that the violation is about
 * @param endsWithBreach - whether the last step is what broke the rule
 */
export function whatMatters(
  steps: readonly Touching[],
  about: ReadonlySet<number>,
  endsWithBreach: boolean,
): boolean[] {
  const matters = steps.map(() => false);
  const lastWrite = new Map<number, Access>();
  const readsOfOld = new Map<number, Access[]>();
  steps.forEach(({ thread, touched, isLocal }, step) => {
    if (isLocal) return;
    for (const { address, isWrite } of touched) {
      const writer = lastWrite.get(address);
      if (!isWrite && writer !== undefined && writer.thread !== thread) matters[writer.step] = matters[step] = true;
      if (!isWrite && writer?.thread !== thread)
        readsOfOld.set(address, [...(readsOfOld.get(address) ?? []), { step, thread }]);
      if (!isWrite) continue;
      if (about.has(address)) matters[step] = true;
      for (const reader of readsOfOld.get(address) ?? [])
        if (reader.thread !== thread) matters[reader.step] = matters[step] = true;
      readsOfOld.delete(address);
      lastWrite.set(address, { step, thread });
    }
  });
  // Taking a lock and letting it go are told together.
  const locks = new Set(steps.filter((_, i) => matters[i]).map(({ lock }) => lock));
  steps.forEach(({ lock }, i) => (matters[i] ||= lock !== 0 && locks.has(lock)));
  const last = steps.findLastIndex(({ isLocal }) => !isLocal);
  if (endsWithBreach && last >= 0) matters[last] = true;
  return matters;
}
