/**
 * Where it can matter that a sampled run goes over to another thread. A run under a random schedule spends its chances
 * better there than in the middle of what no other thread could notice: an access to memory that only one thread uses, or
 * under the lock that guards it. What is shared is learnt once, from a few runs; a run may also take every step for such a
 * point, so that nothing is out of reach where they showed too little.
 */
import { KIND, WORD_GUARDED, WORD_GUARDS_WRITES_ONLY, WORD_IN_SLOT, type Request } from '@shootdown/machine';
import { FINISHED } from '../learn/automaton.js';
import type { SearchedSystem } from '../view/running-system.js';
import { bitCount, lowest } from '../base/thread-set.js';
import { choiceCount } from '../view/running-system.js';
import { Prng } from '../base/prng.js';

const LEARNING_RUNS = 16;
const LEARNING_STEPS = 1000;

const POINT = 1;
const NO_POINT = 2;
/** None while the thread holds the guard. */
const GUARDED = 3;

/** What a few runs showed of who uses which words. */
export class SwitchPoints {
  readonly #engine: SearchedSystem;
  readonly #users: Int32Array;
  readonly #isWritten: Uint8Array;
  /** 1 for the words of locks that somebody tries or looks at without waiting. */
  readonly #isProbed: Uint8Array;
  /** Whether a handler may come while a lock is held. */
  readonly #isInterrupted: boolean;
  /** Per control state. */
  #kinds: number[] = [];

  /** @param engine - one whose every access is a step; it is run from its start and left anywhere */
  constructor(engine: SearchedSystem) {
    this.#engine = engine;
    const { size } = engine.memory.image;
    this.#users = new Int32Array(size);
    this.#isWritten = new Uint8Array(size);
    this.#isProbed = new Uint8Array(size);
    this.#isInterrupted = engine.system.layout.stops.length > 0;
    this.#learn();
  }

  /** Whether others could notice the next step of a thread, or it could notice theirs. Yes for one that has ended. */
  isPoint(thread: number): boolean {
    const control = this.#engine.control(thread);
    if (control === FINISHED) return true;
    const kind = (this.#kinds[control] ??= this.#kindOf(this.#engine.request(thread)));
    if (kind !== GUARDED) return kind === POINT;
    const { memory } = this.#engine;
    const { address, guard } = this.#engine.request(thread);
    memory.thread = thread;
    return !memory.holds(guard === 0 ? memory.image.guard[address] : guard, false);
  }

  #kindOf(request: Request<unknown>): number {
    const { kind, address, guard, op, wide } = request;
    if (kind === KIND.FENCE || op?.isLocal === true) return NO_POINT;
    if (kind === KIND.OP) return guard === 0 || op?.when !== undefined ? POINT : GUARDED;
    if (kind === KIND.UNLOCK) return this.#isProbed[address] === 1 || this.#isInterrupted ? POINT : NO_POINT;
    if (kind < KIND.READ || kind > KIND.XOR) return POINT;
    const flags = this.#engine.memory.image.flags[address];
    if ((flags & WORD_IN_SLOT) !== 0) return POINT; // somebody may free it
    if (!this.#isShared(address) && !(wide && this.#isShared(address + 1))) return NO_POINT;
    const isReadFreely = kind !== KIND.READ && (flags & WORD_GUARDS_WRITES_ONLY) !== 0;
    return (flags & WORD_GUARDED) === 0 || isReadFreely ? POINT : GUARDED;
  }

  #isShared(address: number): boolean {
    const users = this.#users[address];
    return this.#isWritten[address] === 1 && (users & (users - 1)) !== 0;
  }

  #learn(): void {
    const engine = this.#engine;
    const prng = Prng.ofSeed(1);
    engine.isWarmingUp = true;
    engine.recorder = ({ thread, request, touched }) => {
      for (const { address, isWrite } of touched) {
        this.#users[address] |= 1 << thread;
        if (isWrite) this.#isWritten[address] = 1;
        if (request.kind !== KIND.LOCK && request.kind !== KIND.UNLOCK) this.#isProbed[address] = 1;
      }
    };
    try {
      for (let run = 0; run < LEARNING_RUNS; run++) this.#walk(prng);
    } finally {
      engine.recorder = undefined;
      engine.isWarmingUp = false;
    }
  }

  #walk(prng: Prng): void {
    const engine = this.#engine;
    engine.reset();
    for (let i = 0; i < LEARNING_STEPS && !engine.runEnded && engine.isWithin(); i++) {
      engine.deadline?.check();
      let able = engine.enabled();
      if (able === 0) return;
      for (let skip = prng.below(bitCount(able)); skip > 0; skip--) able &= able - 1;
      const thread = lowest(able);
      engine.step(thread, prng.below(choiceCount(engine, thread)));
      engine.memory.undoTop = 0;
    }
  }
}
