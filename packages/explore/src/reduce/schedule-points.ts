/**
 * Which steps are schedule points. A step that no other thread can notice or disturb is taken together with the one before
 * it. Barriers and the specification's own variables never are schedule points. With the reduction on, neither are accesses
 * to words that no two threads conflict on ({@link Sharing}), and accesses under the lock that guards the word; unless an
 * invariant could see the difference.
 */
import {
  KIND,
  WORD_GHOST,
  WORD_GUARDED,
  WORD_GUARDS_WRITES_ONLY,
  WORD_GUARD_SHARED,
  WORD_IN_SLOT,
  isEnabled,
  type Memory,
  type Request,
} from '@shootdown/machine';
import type { FutureAccesses } from './future-accesses.js';
import { InvariantReadSets, type ReadSetsKnown } from './invariant-read-sets.js';
import { NOTHING_NEEDED, NOTICED, Operations, type Operation, type OperationsKnown } from './operations.js';
import { SharingChanged } from '../base/restart.js';
import { Sharing, type SharingKnown } from './sharing.js';
import type { Symmetry } from './symmetry/symmetry.js';

/** How the request at a control state is scheduled. */
export const VISIBLE = 0;
/** Never a schedule point. */
export const ALWAYS_LOCAL = 1;
/** An access: depends on who else touches the word, and on locks held. */
const ACCESS = 2;
/** An operation: depends on what it touches. */
const OPERATION = 3;
/** Letting a lock go. */
const RELEASE = 4;

/** What is known of a lock's word. */
const UNPROBED = 1;
const PROBED = 2;

/** What a word of a lock holds. */
const HOLDER = 1;
const READERS = 2;
const TOKEN = 3;

/** What is known of memory, for another search of the same model to take over. */
export interface PointsKnown {
  readonly sharing: SharingKnown;
  readonly readSets: ReadSetsKnown;
  readonly operations: OperationsKnown;
  readonly peeked: Uint8Array;
  readonly locks: Uint8Array;
  readonly guardsTrusted: boolean;
}

/** Decides, from what is known of memory so far, which steps others could notice. */
export class SchedulePoints {
  /** Whether new knowledge is only noted, and nothing rests on it yet. */
  isWarmingUp = false;
  /** How many assumptions turned out wrong. */
  refutations = 0;
  /** Whether a search goes on for a while when one does, to learn what else is wrong. */
  goesOnOutdated = false;
  /** Whether it does so: what it explored does not count. */
  isOutdated = false;
  /** What the conditions read. */
  readonly readSets: InvariantReadSets;
  readonly #memory: Memory;
  readonly #isReducing: boolean;
  /** Whether some thread may be stopped between any two steps: with a lock in its hands, too. */
  readonly #isInterrupted: boolean;
  readonly #symmetry: Symmetry | undefined;
  readonly #sharing: Sharing;
  /** By number of the condition: notes what it reads. */
  readonly #watches: ((address: number) => void)[] = [];
  readonly #operations: Operations;
  /** Grows with what is known of memory, but for {@link Sharing}. */
  #learnt = 0;
  /** 1 for a guarded word that somebody waits for without its lock. */
  readonly #peeked: Uint8Array;
  /** 1 for the words of locks, 2 where somebody does more to one than wait for it and let it go. */
  readonly #locks: Uint8Array;
  #futureAccesses: FutureAccesses | undefined;
  /**
   * Whether a lock excludes whom it should: one that is held is let go by its holder alone, and readers and the holder of one
   * lock do not touch what it guards at the same time.
   */
  guardsTrusted = true;
  /** Whether something rests on that which is not seen otherwise: words are guarded, or threads must not end or sleep with a lock. */
  readonly #restsOnLocks: boolean;
  /** 1 for the holder words of locks, 2 for the words of their readers, 3 for tokens. */
  readonly #lockWords: Uint8Array;

  /** @param isReducing - whether accesses may be taken for local */
  constructor(
    memory: Memory,
    isReducing: boolean,
    symmetry: Symmetry | undefined,
    futureAccesses: FutureAccesses | undefined,
  ) {
    this.#memory = memory;
    this.#isReducing = isReducing;
    const { stops } = memory.layout;
    this.#isInterrupted = stops.length > 0;
    this.#symmetry = symmetry;
    this.#sharing = new Sharing(memory.image.size);
    // Whether it may take a step at all is the first thing that a thread looks at.
    for (const { thread, address } of stops) this.#sharing.touch(address, thread, false);
    this.#peeked = new Uint8Array(memory.image.size);
    this.#futureAccesses = futureAccesses;
    this.#locks = new Uint8Array(memory.image.size);
    this.#lockWords = new Uint8Array(memory.image.size);
    for (const { address, shared, lock } of memory.image.locks) {
      this.#locks[address] = lock === 'token' || shared ? PROBED : UNPROBED;
      this.#lockWords[address] = lock === 'token' ? TOKEN : HOLDER;
      if (!shared) continue;
      this.#locks[address + 1] = PROBED;
      this.#lockWords[address + 1] = READERS;
      // A holder that forgets the readers does not look there: all the same it matters to it when they come and go.
      this.#sharing.share(address + 1);
    }
    this.#restsOnLocks =
      memory.image.locks.some(({ lock }) => lock !== 'token') ||
      memory.image.flags.some((flags) => (flags & WORD_GUARDED) !== 0);
    const version = (): number => this.#sharing.version + this.#learnt;
    this.#operations = new Operations(
      {
        get version(): number {
          return version();
        },
        needed: (address, isWrite) => this.#needed(address, isWrite),
      },
      (operation, address, isWrite, isNew) => {
        this.#noteOperation(operation, address, isWrite, isNew);
      },
    );
    this.readSets = new InvariantReadSets(memory, {
      isWritten: (address) => this.#sharing.isWritten(address),
      isPlainLock: (address) => this.#locks[address] === UNPROBED,
    });
  }

  /** How a request is scheduled, as far as that does not depend on the state. */
  classOf(request: Request<unknown>): number {
    const { kind } = request;
    if (kind === KIND.FENCE || request.op?.isLocal === true) return ALWAYS_LOCAL;
    if (kind === KIND.UNLOCK) return this.#isReducing && !this.#isInterrupted ? RELEASE : VISIBLE;
    if (request.address !== 0 && kind !== KIND.OP && kind !== KIND.LOCK) this.#probe(request.address);
    if (kind >= KIND.READ && kind <= KIND.XOR) {
      if ((this.#memory.image.flags[request.address] & WORD_GHOST) !== 0) return ALWAYS_LOCAL;
      return this.#isReducing ? ACCESS : VISIBLE;
    }
    return kind === KIND.OP && request.op?.takesLock !== true && this.#isReducing ? OPERATION : VISIBLE;
  }

  /** Whether the running thread's request, of class `how`, is no schedule point in this state. */
  isLocal(how: number, request: Request<unknown>): boolean {
    if (how === VISIBLE) return false;
    if (how === ALWAYS_LOCAL) return true;
    if (how === OPERATION) return this.#isLocalOperation(request);
    const { address } = request;
    const isWrite = request.kind !== KIND.READ;
    const { observed, shared } = this.#sharing;
    if (how === RELEASE && !this.isReleasedByHolderOnly(address)) return false;
    if (isWrite && (observed[address] === 1 || (request.wide && observed[address + 1] === 1))) return false;
    const { flags, slot } = this.#memory.image;
    if ((flags[address] & WORD_IN_SLOT) !== 0 && shared[slot[address]] === 1) return false;
    if (how === RELEASE) return this.#memory.words[address] === this.#memory.thread + 1;
    if (!this.guardsTrusted && (flags[address] & WORD_GUARDED) !== 0) return false;
    if (shared[address] === 0 && !(request.wide && shared[address + 1] === 1)) return true;
    return this.guardsTrusted && this.#isGuarded(address, isWrite);
  }

  #isLocalOperation(request: Request<unknown>): boolean {
    const memory = this.#memory;
    const operation = this.#operations.judged(request);
    if (operation.isVisible) return false;
    for (const lock of operation.locks) if (!memory.holds(lock, false)) return false;
    if (request.op?.when === undefined) return true;
    memory.watch = operation.watch;
    const isAble = isEnabled(memory, request);
    memory.watch = undefined;
    return isAble && !operation.isVisible;
  }

  /** Whether a held lock is let go by its holder alone, and nobody looks at it who does not wait for it. */
  isReleasedByHolderOnly(address: number): boolean {
    return this.guardsTrusted && this.#locks[address] === UNPROBED;
  }

  /** The condition of the running thread's request is about to be looked at; {@link unwatch} afterwards. */
  noteWaiting(request: Request<unknown>): void {
    if (!this.#isReducing) return;
    if (request.kind === KIND.OP) this.#memory.watch = this.#peek;
    else this.#peek(request.address);
  }

  /** The running thread waits for a lock: what others do to its word matters to it. */
  noteWaitingForLock({ address }: Request<unknown>): void {
    if (this.#isReducing && this.#sharing.shared[address] === 0) this.#touch(address, true);
  }

  /** The running thread is about to perform a request. Call for every one; {@link unwatch} afterwards. */
  note(request: Request<unknown>): void {
    if (!this.#isReducing) return;
    const { address, kind } = request;
    if ((this.#memory.image.flags[address] & WORD_GUARD_SHARED) !== 0) this.#noteOverlap(address);
    if (kind === KIND.OP) this.#memory.watch = this.#operations.of(request).watch;
    else if (address !== 0 && this.#sharing.shared[address] === 0) {
      const isWrite = kind !== KIND.READ && kind !== KIND.AWAIT;
      this.#touch(address, isWrite);
      if (request.wide) this.#touch(address + 1, isWrite);
    }
  }

  /** Whether others, or an invariant, see a step that is never a schedule point. */
  isExposed(request: Request<unknown>): boolean {
    const { address, kind } = request;
    if (kind === KIND.OP) {
      const { isVisible, locks } = this.#operations.judged(request);
      return isVisible || locks.length > 0;
    }
    const { shared, observed } = this.#sharing;
    return shared[address] === 1 || (kind !== KIND.READ && observed[address] === 1);
  }

  /** A condition is about to be evaluated; {@link unwatch} afterwards. */
  watchObserver(condition: number): void {
    this.#memory.watch = this.#watches[condition] ??= (address): void => {
      if (!this.readSets.isNoted(condition, address)) this.#observe(condition, address);
    };
  }

  /** Nobody wants to know what is touched. */
  unwatch(): void {
    this.#memory.watch = undefined;
  }

  /** Orders of steps are not left out any more: what threads may still touch is of no use. */
  forgetFutures(): void {
    this.#futureAccesses = undefined;
  }

  /** What is known. */
  get known(): PointsKnown {
    return {
      sharing: this.#sharing.known,
      readSets: this.readSets.known,
      operations: this.#operations.known,
      peeked: this.#peeked,
      locks: this.#locks,
      guardsTrusted: this.guardsTrusted,
    };
  }

  /** Adds what another search knows; returns whether what either of them explored may not count. */
  adopt(other: PointsKnown): boolean {
    let changed = this.#adoptReadSets(other.readSets);
    changed = this.#sharing.adopt(other.sharing) || changed;
    other.sharing.observed.forEach((isObserved, address) => {
      if (isObserved === 1) this.#futureAccesses?.observe(address);
    });
    const join = (mine: Uint8Array, theirs: Uint8Array): void => {
      for (let a = 0; a < mine.length; a++) {
        if (mine[a] === theirs[a]) continue;
        mine[a] = Math.max(mine[a], theirs[a]);
        changed = true;
      }
    };
    join(this.#peeked, other.peeked);
    join(this.#locks, other.locks);
    changed = this.#operations.adopt(other.operations) || changed;
    this.#learnt++;
    if (this.guardsTrusted !== other.guardsTrusted) {
      this.guardsTrusted = false;
      this.#open(this.readSets.confined);
      changed = true;
    }
    return changed;
  }

  /** Whether {@link noteLocks} must be told of every step that changes memory. */
  get watchesLocks(): boolean {
    return this.#isReducing && this.#restsOnLocks && this.guardsTrusted;
  }

  /**
   * The running thread took a step: if that took a lock from its holder, gave one to another thread, or let a reader in beside a holder,
   * guards are trusted no more.
   *
   * @param since - where the undo log was before it
   */
  noteLocks(since: number): void {
    const { undoLog, undoTop, words, thread } = this.#memory;
    const lockWords = this.#lockWords;
    const me = thread + 1;
    for (let i = since; i < undoTop; i += 2) {
      const address = undoLog[i];
      if (address >= lockWords.length || lockWords[address] === 0) continue;
      const old = undoLog[i + 1];
      if (lockWords[address] !== READERS) {
        const isGiven = lockWords[address] === HOLDER && words[address] !== 0 && words[address] !== me;
        if ((old === 0 || old === me) && !isGiven) continue;
      } else {
        const holder = words[address - 1];
        const isOthersGone = (old & ~words[address] & ~(1 << thread)) !== 0;
        const isLetIn = (words[address] & ~old) !== 0 && holder !== 0 && holder !== me;
        if (!isOthersGone && !isLetIn) continue;
      }
      this.distrustGuards();
      return;
    }
  }

  /** The running thread touches a word as the holder of a lock that others hold as readers. */
  #noteOverlap(address: number): void {
    if (!this.guardsTrusted) return;
    const { words, thread, image } = this.#memory;
    const lock = image.guard[address];
    if (words[lock] === thread + 1 && (words[lock + 1] & ~(1 << thread)) !== 0) this.distrustGuards();
  }

  /** Locks do not exclude whom they should, or a guard was broken and that is not to be reported: nothing rests on them from now on. */
  distrustGuards(): void {
    if (!this.guardsTrusted || !this.#isReducing) return;
    this.guardsTrusted = false;
    this.#learnt++;
    this.#open(this.readSets.confined);
    this.outdate();
  }

  /** Whether the running thread holds the lock that every conflicting access would need. */
  #isGuarded(address: number, isWrite: boolean): boolean {
    const { image } = this.#memory;
    const flags = image.flags[address];
    if (
      (flags & WORD_GUARDED) === 0 ||
      this.#peeked[address] === 1 ||
      (isWrite && (flags & WORD_GUARDS_WRITES_ONLY) !== 0)
    )
      return false;
    return this.#memory.holds(image.guard[address], !isWrite && (flags & WORD_GUARD_SHARED) !== 0);
  }

  #observe(condition: number, address: number): void {
    let changed = this.#noteReader(condition, address);
    this.#symmetry?.forImages(address, 0, (image) => (changed = this.#noteReader(condition, image) || changed));
    if (changed) this.outdate();
  }

  /** Returns whether somebody may have written the word unseen before. */
  #noteReader(condition: number, address: number): boolean {
    const isConfined = this.readSets.note(condition, address);
    this.#futureAccesses?.observe(address);
    if (isConfined || !this.#isReducing) return false;
    const isNew = this.#sharing.observe(address);
    return this.#open(this.readSets.confined & (1 << condition)) || isNew;
  }

  /** Conditions are confined no more: from now on what they read is seen by all. Answers as {@link #noteReader}. */
  #open(conditions: number): boolean {
    let changed = false;
    if (conditions !== 0)
      this.readSets.open(conditions, (address) => (changed = this.#sharing.observe(address) || changed));
    return changed;
  }

  #adoptReadSets({ readers, confined, loose }: ReadSetsKnown): boolean {
    let changed = false;
    loose.forEach((isLoose, address) => {
      if (isLoose === 1 && this.readSets.loosen(address)) changed = this.#openMisfits(address) || changed;
    });
    readers.forEach((conditions, address) => {
      for (let bits = conditions & ~this.readSets.readersOf(address); bits !== 0; bits &= bits - 1)
        changed = this.#noteReader(31 - Math.clz32(bits & -bits), address) || changed;
    });
    return this.#open(this.readSets.confined & ~confined) || changed;
  }

  /** More is done to a word than was known. */
  #openMisfits(address: number): boolean {
    return this.#open(this.readSets.misfits(address));
  }

  /** An operation of the specification touches a word. */
  #specify(address: number, isWrite: boolean): void {
    this.#futureAccesses?.touch(address, isWrite);
    if (isWrite && this.readSets.loosen(address) && this.#openMisfits(address)) this.outdate();
    this.#touchWord(address, isWrite);
  }

  readonly #peek = (address: number): void => {
    this.#operate(address, false);
    const { flags, guard } = this.#memory.image;
    if ((flags[address] & WORD_GUARDED) === 0 || this.#peeked[address] === 1) return;
    if (this.#memory.holds(guard[address], (flags[address] & WORD_GUARD_SHARED) !== 0)) return;
    this.#peeked[address] = 1;
    this.#learnt++;
    this.#symmetry?.forImages(address, 0, (image) => (this.#peeked[image] = 1));
    this.outdate();
  };

  /** An operation, or its condition, touches a word. */
  readonly #operate = (address: number, isWrite: boolean): void => {
    if ((this.#memory.image.flags[address] & WORD_GUARD_SHARED) !== 0) this.#noteOverlap(address);
    if (this.#locks[address] === UNPROBED) this.#probe(address);
    if (this.#futureAccesses !== undefined) {
      this.#futureAccesses.touch(address, isWrite);
      const { flags, slot } = this.#memory.image;
      if ((flags[address] & WORD_IN_SLOT) !== 0) this.#futureAccesses.touch(slot[address], false);
    }
    this.#touch(address, isWrite);
  };

  /** Somebody does more to a lock's word than wait for it and let it go. */
  #probe(address: number): void {
    if (this.#locks[address] !== UNPROBED) return;
    this.#locks[address] = PROBED;
    this.#openMisfits(address);
    this.#symmetry?.forImages(address, 0, (image) => {
      this.#locks[image] = PROBED;
      this.#openMisfits(image);
    });
    if (this.#isReducing) this.outdate();
  }

  #touch(address: number, isWrite: boolean): void {
    const { flags, slot } = this.#memory.image;
    this.#touchWord(address, isWrite);
    if ((flags[address] & WORD_IN_SLOT) !== 0) this.#touchWord(slot[address], false);
  }

  #touchWord(address: number, isWrite: boolean): void {
    const sharing = this.#sharing;
    const { thread } = this.#memory;
    if (sharing.isNoted(address, thread, isWrite)) return;
    let changed = this.#noteTouch(address, thread, isWrite);
    this.#symmetry?.forImages(
      address,
      thread,
      (image, other) => (changed = this.#noteTouch(image, other, isWrite) || changed),
    );
    if (changed) this.outdate();
  }

  #noteTouch(address: number, thread: number, isWrite: boolean): boolean {
    const isFirstWrite = isWrite && !this.#sharing.isWritten(address);
    const changed = this.#sharing.touch(address, thread, isWrite);
    return (isFirstWrite && this.#openMisfits(address)) || changed;
  }

  /** What it takes for nobody to notice that an operation touches a word. */
  #needed(address: number, isWrite: boolean): number {
    const { flags, guard, slot } = this.#memory.image;
    const { observed, shared } = this.#sharing;
    if (isWrite && observed[address] === 1) return NOTICED;
    if ((flags[address] & WORD_IN_SLOT) !== 0 && shared[slot[address]] === 1) return NOTICED;
    if (!this.guardsTrusted && (flags[address] & WORD_GUARDED) !== 0) return NOTICED;
    if (shared[address] === 0) return NOTHING_NEEDED;
    const isOpen = (flags[address] & WORD_GUARDED) === 0 || this.#peeked[address] === 1;
    return isOpen || (isWrite && (flags[address] & WORD_GUARDS_WRITES_ONLY) !== 0) ? NOTICED : guard[address];
  }

  /** An operation touches a word. */
  #noteOperation({ label, target, isGhost }: Operation, address: number, isWrite: boolean, isNew: boolean): void {
    if (isGhost) this.#specify(address, isWrite);
    else this.#operate(address, isWrite);
    if (!isNew) return;
    let changed = this.#operations.touch(label, target, address, isWrite);
    this.#symmetry?.forImagesOfBoth(target, address, (image, word) => {
      changed = this.#operations.touch(label, image, word, isWrite) || changed;
    });
    if (changed) this.outdate();
  }

  /**
   * What was explored so far rests on an assumption that turned out wrong: the search must begin again, now or once it has
   * learnt more, unless nothing rests on it yet.
   */
  outdate(): void {
    this.refutations++;
    if (this.isWarmingUp) return;
    if (this.goesOnOutdated) this.isOutdated = true;
    else this.beginAgain();
  }

  /** @throws SharingChanged */
  beginAgain(): never {
    this.#memory.watch = undefined;
    throw new SharingChanged();
  }
}
