/**
 * A naive explorer of {@link Program}s: plain objects, states as JSON text in a Map, every state and every edge kept, no
 * reduction, nothing learnt. Slow and obvious; what the search engine is compared with.
 */
import {
  G,
  GHOST,
  H,
  LOCKS,
  LOCK_COUNT,
  isTrue,
  valueOf,
  type Condition,
  type Expression,
  type Forbidden,
  type Program,
  type Statement,
  type Step,
} from './program.js';

type Instruction =
  | { readonly i: 'step'; readonly step: Step }
  | { readonly i: 'unless'; readonly c: Condition; to: number }
  | { readonly i: 'jump'; to: number }
  | { readonly i: 'assert' | 'warn'; readonly c: Condition; readonly rule: string }
  | { readonly i: 'enter'; readonly fn: number; readonly e: Expression; readonly dst: number; readonly spin: boolean }
  | { readonly i: 'return'; readonly c: Condition | undefined };

interface Frame {
  readonly fn: number;
  readonly arg: number;
  readonly spin: boolean;
  pc: number;
  registers: number[];
  /** Every answer so far: what tells two states of the engine apart. */
  history: unknown[];
  /** Whether it took a step that others could notice. Follows from the history. */
  worked: boolean;
}

interface ThreadState {
  frames: Frame[];
  /** The rule whose breaking ends the thread as its next step. */
  crash: string | undefined;
  /** Whether it waits for a lock of its own. */
  stuck?: boolean;
}

interface State {
  memory: number[];
  threads: ThreadState[];
}

/** A step from one state to another, by their numbers. */
interface Edge {
  readonly thread: number;
  readonly to: number;
  /** Whether it got its thread out of its outermost spin loop, or was in none. */
  readonly progress: boolean;
  /** Whether it changed memory. */
  readonly stores: boolean;
}

/** Where an edge leads that ends the run. */
const NOWHERE = -1;
/** Steps that touch a cell, of which one could race with a plain access. */
const ACCESSES = ['read', 'write', 'rmw', 'cmpxchg', 'wait'];
/** Most states in which a thread alone is followed. */
const MOST_ALONE = 1000;

/** What there is to know of a program. */
export interface Reference {
  /** Distinct states, where every answer counts. */
  readonly states: number;
  /** Distinct states, where only memory, positions and registers count. */
  readonly projected: number;
  /** Each `kind:rule` that can be broken, and the number of steps after which that first happens. */
  readonly broken: ReadonlyMap<string, number>;
  /** Memories of the ends. */
  readonly finalMemories: ReadonlySet<string>;
}

/** Explores a program; `undefined` when it has more than `limit` states, or begins outside of its stated size. */
export function explore(program: Program, limit: number): Reference | undefined {
  return new Explorer(program).run(limit);
}

class Explorer {
  readonly #program: Program;
  readonly #code: Instruction[][] = [];
  readonly #mains: number[];
  readonly #broken = new Map<string, number>();
  readonly #lockEdges = new Set<string>();
  #depth = 0;
  /** Whether the last step took a kernel thread out of its spin loop, or was none of a spin loop. */
  #progress = false;
  /** Whether it changed memory. */
  #changed = false;
  /** States in which a thread has just ended by a broken rule, and after how many steps. */
  readonly #corpses: (readonly [State, number])[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#mains = program.threads.map(({ body }) => this.#function(body, undefined));
  }

  run(limit: number): Reference | undefined {
    const states: State[] = [this.#initial()];
    if (!this.#isWithin(states[0])) return undefined;
    const depths = [0];
    const index = new Map([[keyOf(states[0]), 0]]);
    const projected = new Set<string>();
    const finalMemories = new Set<string>();
    const edges: Edge[][] = [];
    for (let n = 0; n < states.length; n++) {
      if (states.length > limit) return undefined;
      this.#depth = depths[n];
      this.#judge(states[n], finalMemories);
      projected.add(
        JSON.stringify({
          m: states[n].memory,
          t: states[n].threads.map((t) => t.frames.map(({ history: _, worked: __, ...rest }) => rest)),
        }),
      );
      this.#depth++;
      edges.push([]);
      for (const [thread, choice] of this.#moves(states[n])) {
        const next = this.#step(states[n], thread, choice);
        const progress = this.#progress;
        if (next === undefined || !this.#isWithin(next)) {
          // What follows is not known: it may have helped.
          if (progress) edges[n].push({ thread, to: NOWHERE, progress, stores: false });
          continue;
        }
        const key = keyOf(next);
        let at = index.get(key);
        if (at === undefined) {
          at = states.push(next) - 1;
          index.set(key, at);
          depths.push(this.#depth);
        }
        edges[n].push({ thread, to: at, progress, stores: this.#changed });
      }
    }
    this.#findDeadlocks(states, depths, edges);
    if (this.#hasLivelock(states, edges)) this.#broken.set('livelock:livelock', 0);
    this.#findInversion();
    return { states: states.length, projected: projected.size, broken: this.#broken, finalMemories };
  }

  // Flat code, with explicit jumps.

  #function(body: readonly Statement[], result: Condition | undefined): number {
    const fn = this.#code.push([]) - 1;
    this.#emit(fn, body);
    this.#code[fn].push({ i: 'return', c: result });
    return fn;
  }

  #emit(fn: number, body: readonly Statement[]): void {
    const code = this.#code[fn];
    for (const statement of body) {
      switch (statement.s) {
        case 'if': {
          const unless = { i: 'unless' as const, c: statement.c, to: 0 };
          const jump = { i: 'jump' as const, to: 0 };
          code.push(unless);
          this.#emit(fn, statement.then);
          code.push(jump);
          unless.to = code.length;
          this.#emit(fn, statement.else);
          jump.to = code.length;
          break;
        }
        case 'locked':
          this.#emit(fn, [
            { s: 'lock', lock: statement.lock },
            ...statement.body,
            { s: 'unlock', lock: statement.lock },
          ]);
          break;
        case 'assert':
        case 'warn':
          code.push({ i: statement.s, c: statement.c, rule: statement.rule });
          break;
        case 'call':
          code.push({
            i: 'enter',
            fn: this.#function(statement.body, undefined),
            e: statement.e,
            dst: statement.dst,
            spin: false,
          });
          break;
        case 'spin':
          code.push({
            i: 'enter',
            fn: this.#function(statement.body, statement.c),
            e: statement.e,
            dst: statement.dst,
            spin: true,
          });
          break;
        default:
          code.push({ i: 'step', step: statement });
      }
    }
  }

  // States.

  #initial(): State {
    const state: State = { memory: new Array<number>(LOCKS + LOCK_COUNT).fill(0), threads: [] };
    for (const main of this.#mains) state.threads.push({ frames: [newFrame(main, 0, false)], crash: undefined });
    state.threads.forEach((_, thread) => this.#settle(state, thread));
    return state;
  }

  #moves(state: State): [number, number][] {
    const moves: [number, number][] = [];
    state.threads.forEach((_, thread) => {
      if (!this.#isEnabled(state, thread)) return;
      const step = this.#pending(state, thread);
      for (let choice = 0; choice < (step?.s === 'choose' ? step.ways : 1); choice++) moves.push([thread, choice]);
    });
    return moves;
  }

  /** The step a thread takes next; none for one that ended or is about to crash. */
  #pending({ threads }: State, thread: number): Step | undefined {
    const { frames, crash } = threads[thread];
    const top = frames.at(-1);
    if (top === undefined || crash !== undefined) return undefined;
    return (this.#code[top.fn][top.pc] as { step: Step }).step;
  }

  #isEnabled(state: State, thread: number): boolean {
    const { memory, threads } = state;
    if (threads[thread].frames.length === 0 || threads[thread].stuck === true) return false;
    const step = this.#pending(state, thread);
    switch (step?.s) {
      case 'lock':
        return memory[LOCKS + step.lock] === 0 || memory[LOCKS + step.lock] === thread + 1;
      case 'wait':
        return ((memory[step.cell] & step.mask) === step.v) !== step.negated;
      case 'op':
        return step.when < 0 || memory[step.when] === step.v;
      default:
        return true;
    }
  }

  /** The state after a step, or nothing when the step ends the run. */
  #step(old: State, thread: number, choice: number): State | undefined {
    const state = structuredClone(old);
    const { frames, crash } = state.threads[thread];
    const spin = frames.findIndex((frame) => frame.spin);
    this.#progress = spin < 0;
    this.#changed = false;
    if (crash !== undefined) {
      this.#progress = true;
      state.threads[thread] = { frames: [], crash: undefined };
      this.#corpses.push([state, this.#depth]);
      return undefined;
    }
    if (!this.#perform(state, thread, choice)) {
      this.#progress = true;
      return undefined;
    }
    if (state.threads[thread].stuck === true) return state;
    this.#settle(state, thread, spin);
    if (state.threads[thread].crash !== undefined) this.#progress = true;
    return state;
  }

  /** Runs a thread up to its next step that others could notice. */
  #settle(state: State, thread: number, spin = -1): void {
    const me = state.threads[thread];
    for (;;) {
      const top = me.frames.at(-1);
      if (top === undefined) return;
      const instruction = this.#code[top.fn][top.pc];
      switch (instruction.i) {
        case 'jump':
          top.pc = instruction.to;
          break;
        case 'unless':
          top.pc = isTrue(instruction.c, top.registers) ? top.pc + 1 : instruction.to;
          break;
        case 'assert':
          if (!isTrue(instruction.c, top.registers)) {
            me.crash = instruction.rule;
            me.frames[me.frames.length - 1] = {
              ...newFrame(top.fn, top.arg, top.spin),
              history: [top.history.length],
              worked: top.worked,
            };
            this.#note(`assertion:${instruction.rule}`);
            return;
          }
          top.pc++;
          break;
        case 'warn':
          if (!isTrue(instruction.c, top.registers)) {
            this.#note(`refcount:${instruction.rule}`);
            top.history.push('warned');
          }
          top.pc++;
          break;
        case 'enter':
          me.frames.push(newFrame(instruction.fn, valueOf(instruction.e, top.registers), instruction.spin));
          break;
        case 'return':
          this.#return(state, thread, top, instruction.c, spin);
          break;
        case 'step':
          if (!isLocal(instruction.step)) return;
          this.#perform(state, thread, 0);
      }
    }
  }

  #return(state: State, thread: number, top: Frame, c: Condition | undefined, spin: number): void {
    const { frames } = state.threads[thread];
    frames.pop();
    if (top.spin && c !== undefined && !isTrue(c, top.registers)) {
      frames.push(newFrame(top.fn, top.arg, true));
      return;
    }
    if (spin >= 0 && frames.length <= spin) this.#progress = true;
    const caller = frames.at(-1);
    if (caller === undefined) {
      if (this.#program.threads[thread].repeat) frames.push(newFrame(this.#mains[thread], 0, false));
      else this.#exit(state, thread);
      return;
    }
    const enter = this.#code[caller.fn][caller.pc] as { dst: number };
    caller.history.push(['returned', top.registers[0]]);
    caller.worked ||= top.worked;
    caller.registers[enter.dst] = top.registers[0];
    caller.pc++;
  }

  #exit({ memory }: State, thread: number): void {
    for (let lock = 0; lock < LOCK_COUNT; lock++)
      if (memory[LOCKS + lock] === thread + 1) this.#note('lock-misuse:held-at-exit');
  }

  // Steps.

  /** Returns whether the run goes on. */
  #perform(state: State, thread: number, choice: number): boolean {
    const top = state.threads[thread].frames.at(-1) as Frame;
    const { step } = this.#code[top.fn][top.pc] as { step: Step };
    const old = [...state.memory];
    const answer = this.#answer(state.memory, thread, step, top.registers, choice);
    this.#changed ||= !isSame(old, state.memory);
    if (answer === undefined) {
      state.threads[thread].stuck = true;
      return true;
    }
    top.worked ||= !isLocal(step);
    top.pc++;
    top.history.push(answer);
    if ('dst' in step && step.dst >= 0) top.registers[step.dst] = answer;
    return true;
  }

  #answer(
    memory: number[],
    thread: number,
    step: Step,
    registers: readonly number[],
    choice: number,
  ): number | undefined {
    switch (step.s) {
      case 'read':
      case 'wait':
        this.#checkGuard(memory, thread, step.cell, false);
        return memory[step.cell];
      case 'write':
        this.#checkGuard(memory, thread, step.cell, true);
        memory[step.cell] = valueOf(step.e, registers);
        return 0;
      case 'rmw': {
        this.#checkGuard(memory, thread, step.cell, true);
        const old = memory[step.cell];
        memory[step.cell] = combined(step.rmw, old, valueOf(step.e, registers));
        return step.dst < 0 ? 0 : old;
      }
      case 'cmpxchg': {
        this.#checkGuard(memory, thread, step.cell, true);
        const old = memory[step.cell];
        if (old === step.expected) memory[step.cell] = valueOf(step.e, registers);
        return old;
      }
      case 'choose':
        return choice;
      case 'fence':
        return 0;
      case 'op': {
        this.#checkGuard(memory, thread, step.from, false);
        const old = memory[step.from];
        this.#checkGuard(memory, thread, step.to, true);
        memory[step.to] = (old + step.add) & 3;
        return old;
      }
      case 'guarded': {
        this.#checkGuard(memory, thread, G, true);
        const old = memory[G];
        memory[G] = (old + step.add) & 3;
        return old;
      }
      default:
        return this.#lockAnswer(memory, thread, step);
    }
  }

  #lockAnswer(memory: number[], thread: number, step: Extract<Step, { lock: number }>): number | undefined {
    const at = LOCKS + step.lock;
    const holder = memory[at];
    if (step.s === 'unlock') {
      if (holder !== thread + 1) this.#note('lock-misuse:unlock-by-non-owner');
      memory[at] = 0;
      return 0;
    }
    if (step.s === 'trylock') {
      if (holder === 0) memory[at] = thread + 1;
      return holder === 0 ? 1 : 0;
    }
    for (let other = 0; other < LOCK_COUNT; other++)
      if (other !== step.lock && memory[LOCKS + other] === thread + 1) this.#lockEdges.add(`${other},${step.lock}`);
    if (holder === thread + 1) {
      this.#note('lock-misuse:recursive-lock');
      return undefined;
    }
    memory[at] = thread + 1;
    return 0;
  }

  #checkGuard(memory: readonly number[], thread: number, cell: number, isWrite: boolean): void {
    if (cell === G && memory[LOCKS] !== thread + 1) this.#note('guard:guard');
    if (cell === H && isWrite && memory[LOCKS + 1] !== thread + 1) this.#note('guard:guard');
  }

  // Verdicts.

  #note(rule: string): void {
    const known = this.#broken.get(rule);
    if (known === undefined || known > this.#depth) this.#broken.set(rule, this.#depth);
  }

  #judge(state: State, finalMemories: Set<string>): void {
    this.#program.invariants.forEach((forbidden, i) => {
      if (isForbidden(state.memory, forbidden)) this.#note(`invariant:inv${i}`);
    });
    if (this.#hasRace(state)) this.#note('data-race:data-race');
    if (!this.#isEnd(state)) return;
    finalMemories.add(JSON.stringify(state.memory));
    if (isForbidden(state.memory, this.#program.final)) this.#note('invariant:fin');
  }

  #hasRace(state: State): boolean {
    const pending = state.threads.map((_, thread) =>
      this.#isEnabled(state, thread) ? this.#pending(state, thread) : undefined,
    );
    return pending.some((a, i) => {
      if (a === undefined || (a.s !== 'read' && a.s !== 'write') || !a.plain) return false;
      return pending.some((b, j) => {
        if (i === j || b === undefined || !ACCESSES.includes(b.s) || !('cell' in b) || a.cell !== b.cell) return false;
        return !(a.s === 'read' && (b.s === 'read' || b.s === 'wait'));
      });
    });
  }

  #isWithin({ memory }: State): boolean {
    const { within } = this.#program;
    return within === undefined || memory[within.cell] <= within.max;
  }

  // Rests and ends.

  /** Whether every kernel thread that does not repeat has ended, and all that repeat, and daemons, rest. */
  #isEnd(state: State): boolean {
    return this.#program.threads.every(({ isDevice, isDaemon, repeat }, i) => {
      if (state.threads[i].frames.length === 0) return true;
      if (repeat || isDaemon === true) return this.#rests(state, i);
      return isDevice;
    });
  }

  #rests(state: State, thread: number): boolean {
    const { frames, stuck } = state.threads[thread];
    if (stuck === true) return false;
    const { repeat } = this.#program.threads[thread];
    const spin = frames.findIndex((frame) => frame.spin);
    if ((spin < 0 ? frames : frames.slice(0, spin)).some(({ worked }) => worked)) return false;
    if (!this.#isEnabled(state, thread)) return true;
    if (frames.some(({ worked }) => worked)) return false;
    if (spin >= 0 && this.#alone(state, thread, () => this.#progress) === false) return true;
    if (!repeat) return false;
    const step = this.#pending(state, thread);
    const mayWait = step?.s === 'lock' || step?.s === 'wait' || step?.s === 'op';
    const here = keyOf(state);
    return (
      (!mayWait && spin < 0) ||
      this.#alone(state, thread, (next) => next !== undefined && keyOf(next) === here) === true
    );
  }

  /** Whether a thread, run alone, comes to what is wanted; `undefined` where that takes too long to say. */
  #alone(from: State, thread: number, isWanted: (next: State | undefined) => boolean): boolean | undefined {
    const met = new Set([keyOf(from)]);
    const work = [from];
    const { length } = this.#corpses;
    try {
      for (let state = work.pop(); state !== undefined; state = work.pop())
        for (const [mover, choice] of this.#moves(state)) {
          if (mover !== thread) continue;
          const next = this.#quietly(() => this.#step(state, thread, choice));
          if (isWanted(next)) return true;
          if (next === undefined || met.has(keyOf(next))) continue;
          if (met.add(keyOf(next)).size > MOST_ALONE) return undefined;
          work.push(next);
        }
    } finally {
      this.#corpses.length = length;
    }
    return false;
  }

  /** Takes a step that is only tried: what it breaks is not noted. */
  #quietly<T>(body: () => T): T {
    const [broken, edges] = [new Map(this.#broken), new Set(this.#lockEdges)];
    const answer = body();
    this.#broken.clear();
    for (const [rule, depth] of broken) this.#broken.set(rule, depth);
    this.#lockEdges.clear();
    for (const edge of edges) this.#lockEdges.add(edge);
    return answer;
  }

  // Progress.

  #isKernel(thread: number): boolean {
    const { isDevice, isDaemon } = this.#program.threads[thread];
    return !isDevice && isDaemon !== true;
  }

  /** Who must get on: the kernel threads that have not ended; where all have, the daemons that do not rest. */
  #waiting(state: State): number[] {
    const left = state.threads.flatMap(({ frames }, i) => (frames.length > 0 ? [i] : []));
    const kernel = left.filter((i) => this.#isKernel(i));
    if (kernel.length > 0) return kernel;
    return left.filter((i) => this.#program.threads[i].isDaemon === true && !this.#rests(state, i));
  }

  /** A deadlock: some thread must get on, and from here on none that must ever does. */
  #findDeadlocks(states: readonly State[], depths: readonly number[], edges: readonly (readonly Edge[])[]): void {
    const before: number[][] = states.map(() => []);
    edges.forEach((out, n) => {
      for (const { to } of out) if (to !== NOWHERE) before[to].push(n);
    });
    const goesOn = edges.map((out) => out.some(({ thread, progress }) => this.#isKernel(thread) && progress));
    const work = goesOn.flatMap((is, n) => (is ? [n] : []));
    for (let n = work.pop(); n !== undefined; n = work.pop())
      for (const m of before[n])
        if (!goesOn[m]) {
          goesOn[m] = true;
          work.push(m);
        }
    const note = (depth: number): void => {
      this.#depth = depth;
      this.#note('deadlock:deadlock');
    };
    const repeats = this.#program.threads.some(({ repeat }, i) => repeat && this.#isKernel(i));
    states.forEach((state, n) => {
      const waiting = this.#waiting(state);
      if (waiting.length === 0) return;
      const locked = repeats ? this.#lockedForEver(state) : [];
      if (locked.length > 0 && !this.#canReach(state, (next) => locked.some((i) => this.#isEnabled(next, i))))
        note(depths[n]);
      if (!this.#isShown(state, waiting)) return;
      const isStuck = this.#isKernel(waiting[0]) ? !goesOn[n] : !this.#canGetOn(state, waiting);
      if (isStuck) note(depths[n]);
    });
    for (const [state, depth] of [...this.#corpses]) {
      const waiting = this.#waiting(state);
      if (waiting.length > 0 && this.#isShown(state, waiting) && !this.#canGetOn(state, waiting)) note(depth);
    }
  }

  /** Whether one of some threads may yet get out of its spin loop or change memory. */
  #canGetOn(state: State, waiting: readonly number[]): boolean {
    return this.#canReach(state, (_, thread) => waiting.includes(thread) && (this.#progress || this.#changed));
  }

  #canReach(from: State, isWanted: (next: State, thread: number) => boolean): boolean {
    const met = new Set([keyOf(from)]);
    const work = [from];
    const { length } = this.#corpses;
    for (let state = work.pop(); state !== undefined; state = work.pop())
      for (const [thread, choice] of this.#moves(state)) {
        const next = this.#quietly(() => this.#step(state, thread, choice));
        const isThere = isWanted(next ?? state, thread);
        this.#corpses.length = length;
        if (isThere) return true;
        if (next === undefined || met.has(keyOf(next))) continue;
        met.add(keyOf(next));
        work.push(next);
      }
    return false;
  }

  /** Kernel threads and daemons that wait for locks held by each other, by themselves, or by who has ended. */
  #lockedForEver(state: State): number[] {
    const { threads, memory } = state;
    let set = threads.flatMap(({ frames }, i) =>
      frames.length > 0 && !this.#program.threads[i].isDevice && !this.#isEnabled(state, i) ? [i] : [],
    );
    for (;;) {
      const left = set.filter((i) => {
        if (threads[i].stuck === true) return true;
        const step = this.#pending(state, i);
        if (step?.s !== 'lock') return false;
        const holder = memory[LOCKS + step.lock] - 1;
        return set.includes(holder) || threads[holder]?.frames.length === 0;
      });
      if (left.length === set.length) return set;
      set = left;
    }
  }

  /** Whether every thread that must get on and can move is in a spin loop: where a search looks for deadlocks. */
  #isShown(state: State, waiting: readonly number[]): boolean {
    return waiting.every((i) => !this.#isEnabled(state, i) || state.threads[i].frames.some((frame) => frame.spin));
  }

  /** Whether threads can run for ever, fairly, so that no kernel thread gets anywhere and one changes memory all the time. */
  #hasLivelock(states: readonly State[], edges: readonly (readonly Edge[])[]): boolean {
    const kept = edges.map((out) =>
      out.filter(({ to, thread, progress }) => to !== NOWHERE && !(this.#isKernel(thread) && progress)),
    );
    const look = (allowed: ReadonlySet<number>): boolean => {
      const left = new Set(allowed);
      for (const state of allowed) {
        if (!left.has(state)) continue;
        const component = mutual(kept, left, state);
        for (const one of component) left.delete(one);
        const inside = [...component].flatMap((n) => kept[n].filter(({ to }) => component.has(to)));
        if (!inside.some(({ thread, stores }) => stores && this.#isKernel(thread))) continue;
        const still = states[state].threads.flatMap((_, i) => (inside.some(({ thread }) => thread === i) ? [] : [i]));
        const able = (n: number, i: number): boolean => this.#isEnabled(states[n], i);
        if (still.some((i) => [...component].every((n) => able(n, i)))) continue;
        const locking = still.filter((i) => this.#pending(states[state], i)?.s === 'lock');
        const rest = [...component].filter((n) => !locking.some((i) => able(n, i)));
        if (rest.length === component.size || (rest.length > 0 && look(new Set(rest)))) return true;
      }
      return false;
    };
    return look(new Set(states.keys()));
  }

  #findInversion(): void {
    const reach = new Set(this.#lockEdges);
    for (let k = 0; k < LOCK_COUNT; k++)
      for (let a = 0; a < LOCK_COUNT; a++)
        for (let b = 0; b < LOCK_COUNT; b++)
          if (reach.has(`${a},${k}`) && reach.has(`${k},${b}`)) reach.add(`${a},${b}`);
    if ([0, 1, 2].some((lock) => reach.has(`${lock},${lock}`))) this.#broken.set('lock-order:lock-order', 0);
  }
}

function newFrame(fn: number, arg: number, spin: boolean): Frame {
  return { fn, arg, spin, pc: 0, registers: [arg, 0], history: [], worked: false };
}

/** What tells states apart. */
function keyOf({ memory, threads }: State): string {
  return JSON.stringify([memory, threads], (name, value: unknown) => (name === 'worked' ? undefined : value));
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value === b[i]);
}

/** The states that a state reaches and is reached from, within some. */
function mutual(edges: readonly (readonly Edge[])[], within: ReadonlySet<number>, state: number): Set<number> {
  const reached = new Set([state]);
  for (const n of reached) for (const { to } of edges[n]) if (within.has(to)) reached.add(to);
  const back = new Set([state]);
  for (let size = 0; size < back.size;) {
    size = back.size;
    for (const n of reached) if (edges[n].some(({ to }) => back.has(to))) back.add(n);
  }
  return back;
}

function isLocal(step: Step): boolean {
  return (
    step.s === 'fence' ||
    ((step.s === 'read' || step.s === 'write' || step.s === 'rmw' || step.s === 'cmpxchg') && step.cell === GHOST)
  );
}

function combined(rmw: 'xchg' | 'add' | 'or' | 'and' | 'xor', old: number, operand: number): number {
  switch (rmw) {
    case 'xchg':
      return operand;
    case 'add':
      return (old + operand) & 255;
    case 'or':
      return old | operand;
    case 'and':
      return old & operand;
    case 'xor':
      return old ^ operand;
  }
}

/** Whether a memory is what must not be. */
export function isForbidden(memory: readonly number[], { a, va, b, vb }: Forbidden): boolean {
  return memory[a] === va && memory[b] === vb;
}
