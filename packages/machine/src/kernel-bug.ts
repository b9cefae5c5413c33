/** What kinds of broken rule a run can report, and the exception that carries one. */

/** Every kind of violation a search can report, in the words of the tools that report them for the real kernel. */
export const VIOLATION_KINDS = [
  'invariant',
  'deadlock',
  'livelock',
  'assertion',
  'use-after-free',
  'double-free',
  'leak',
  'data-race',
  'guard',
  'lock-order',
  'lock-misuse',
  'sleep-in-atomic',
  'refcount',
  'null-dereference',
  'exception',
  'contract',
] as const;

/** One of {@link VIOLATION_KINDS}. */
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

/**
 * A rule of the kernel broke: BUG_ON, WARN_ON, a lock used wrongly, freed memory touched.
 * Thrown by model code or by the machine; a search reports it as a violation, a direct run lets it out.
 */
export class KernelBug extends Error {
  /** The violation kind it is reported as. */
  readonly kind: ViolationKind;
  /** Short stable name of the broken rule, what `--only` selects by. */
  readonly rule: string;
  /**
   * Address of the word whose history tells how it came to this: the field touched, the lock, the counter, the first word
   * of the object; 0 for none.
   */
  readonly subject: number;
  /** Address of a word of the object that the subject leads to, such as the frame of a translation; 0 for none. */
  readonly object: number;

  /**
   * @param kind - the violation kind
   * @param rule - short stable name of the rule, such as `unlock-by-non-owner`
   * @param message - subject, what was expected, what came
   * @param subject - address of the word that it is about
   * @param object - address of a word of the object that this leads to
   */
  constructor(kind: ViolationKind, rule: string, message: string, subject = 0, object = 0) {
    super(message);
    this.name = 'KernelBug';
    this.kind = kind;
    this.rule = rule;
    this.subject = subject;
    this.object = object;
  }
}

/** The direct facade met a wait that only another thread could end. */
export class WouldBlock extends Error {
  /** @param what - what the caller would have waited for */
  constructor(what: string) {
    super(`would block: ${what}; a direct call has no other thread that could end the wait`);
    this.name = 'WouldBlock';
  }
}

/** Model code broke the rules that let a thread be replayed: it is not a pure function of the results it was fed. */
export class ImpureModel extends Error {
  /** @param message - what the code did, where, and what to do instead */
  constructor(message: string) {
    super(message);
    this.name = 'ImpureModel';
  }
}

/** A loop of model code made so many turns without a request that it is taken for one that never ends. */
export class LoopsForEver extends Error {
  /** @param message - where the loop is, and how many turns it made */
  constructor(message: string) {
    super(message);
    this.name = 'LoopsForEver';
  }
}

/** What was handed in is not a model, or its conditions failed. */
export class ModelError extends Error {
  /**
   * @param message - what failed and where
   * @param cause - the exception of the model code
   */
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ModelError';
  }
}
