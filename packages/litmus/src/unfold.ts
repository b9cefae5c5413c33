/**
 * One thread, run on values that are not known yet: every path through its branches, with the events of each, what their
 * addresses and values depend on, and what must be true for the path to be taken.
 *
 * Dependencies are syntactic, as herd7 has them: a value depends on the reads that went into it, also where the result is
 * the same for all of them; what stands inside an `if` depends on its condition, what comes after does not.
 */
import type { LkmmEvent } from '@shootdown/lkmm';
import type { Expression, Operator, Position, Statement, Thread } from './ast.js';
import { operate, type Addresses, type Value } from './value.js';

/** A value in terms of what the reads of the same path return. */
export type Term =
  | { readonly kind: 'constant'; readonly value: Value }
  /** What event `event` of the path reads. */
  | { readonly kind: 'read'; readonly event: number }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Term; readonly right: Term };

/** An event of a path. Numbers are those of the path's events. */
export interface PathEvent {
  /** Without its location, which may depend on what is read. */
  readonly event: Omit<LkmmEvent, 'location' | 'thread'>;
  readonly address: Term | undefined;
  /** What a write stores. */
  readonly value: Term | undefined;
  /** Reads that went into the address, into the value, and into the conditions around it. */
  readonly addr: readonly number[];
  readonly data: readonly number[];
  readonly ctrl: readonly number[];
  /** Events of the same statement that are not in program order with it. */
  readonly unordered: readonly number[];
  readonly at: Position;
}

/** `term` must be 0, or must not. */
export interface Constraint {
  readonly term: Term;
  readonly isZero: boolean;
}

/** One way through a thread. */
export interface Path {
  readonly events: readonly PathEvent[];
  /** From the read of a read-modify-write to its write. */
  readonly rmw: readonly (readonly [number, number])[];
  readonly constraints: readonly Constraint[];
  /** The last value of each local variable that was written. */
  readonly registers: ReadonlyMap<string, Term>;
}

/** All ways through a thread. */
export interface Unfolded {
  readonly paths: readonly Path[];
  /** Whether ways were left out, since a loop ran more often than allowed. */
  readonly wasCut: boolean;
}

/** A value with what it depends on. `events` are the reads of this statement that it comes from. */
interface Valued {
  readonly term: Term;
  readonly reads: readonly number[];
  readonly events: readonly number[];
}

interface Register {
  readonly term: Term;
  readonly reads: readonly number[];
}

/** A path on its way. Copied where the thread branches. */
interface State {
  events: PathEvent[];
  rmw: [number, number][];
  constraints: Constraint[];
  registers: Map<string, Register>;
  /** First event of the statement that runs. */
  start: number;
  ctrl: readonly number[];
}

type Continue = (state: State) => void;

/** What {@link unfold} has to know of the test. */
export interface Surroundings {
  readonly addresses: Addresses;
  /** What a local variable holds at first: set by the initial state, or the address that a parameter is, or 0. */
  readonly initial: (name: string) => Value;
  /** How often a loop may run. */
  readonly unroll: number;
}

/** Every way through `thread`. */
export function unfold(thread: Thread, surroundings: Surroundings): Unfolded {
  const unfolding = new Unfolding(surroundings);
  unfolding.run(thread);
  return { paths: unfolding.paths, wasCut: unfolding.wasCut };
}

class Unfolding {
  readonly paths: Path[] = [];
  wasCut = false;
  readonly #around: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#around = surroundings;
  }

  run(thread: Thread): void {
    const state: State = { events: [], rmw: [], constraints: [], registers: new Map(), start: 0, ctrl: [] };
    this.#all(thread.body, 0, state, (end) => {
      this.paths.push({
        events: end.events,
        rmw: end.rmw,
        constraints: end.constraints,
        registers: new Map([...end.registers].map(([name, { term }]) => [name, term])),
      });
    });
  }

  #all(body: readonly Statement[], at: number, state: State, then: Continue): void {
    if (at === body.length) then(state);
    else this.#statement(body[at], state, (next) => this.#all(body, at + 1, next, then));
  }

  #statement(statement: Statement, state: State, then: Continue): void {
    state.start = state.events.length;
    switch (statement.kind) {
      case 'declare': {
        then(state);
        return;
      }
      case 'block': {
        this.#all(statement.body, 0, state, then);
        return;
      }
      case 'assign': {
        this.#evaluate(statement.value, state, (next, { term, reads }) => {
          next.registers.set(statement.name, { term, reads });
          then(next);
        });
        return;
      }
      case 'evaluate': {
        this.#evaluate(statement.value, state, then);
        return;
      }
      case 'store': {
        this.#evaluate(statement.address, state, (afterAddress, address) =>
          this.#evaluate(statement.value, afterAddress, (next, value) => {
            emit(next, { kind: 'W', tag: statement.tag }, statement.at, { address, value, after: [address, value] });
            then(next);
          }),
        );
        return;
      }
      case 'fence':
        emit(state, { kind: 'F', fence: statement.fence }, statement.at, { after: [] });
        {
          then(state);
          return;
        }
      case 'lock':
      case 'unlock':
      case 'sync-srcu': {
        this.#evaluate(statement.address, state, (next, address) => {
          if (statement.kind === 'lock') lock(next, address, statement.at);
          else
            emit(next, { kind: statement.kind === 'unlock' ? 'UL' : 'SRCU' }, statement.at, {
              address,
              after: [address],
            });
          then(next);
        });
        return;
      }
      case 'if': {
        this.#branch(statement.condition, state, (isTaken, next, leave) =>
          this.#all(isTaken ? statement.then : statement.otherwise, 0, next, (end) => then(leave(end))),
        );
        return;
      }
      case 'while': {
        this.#loop(statement, 0, state, then);
        return;
      }
    }
  }

  #loop(loop: Extract<Statement, { kind: 'while' }>, turn: number, state: State, then: Continue): void {
    state.start = state.events.length;
    this.#branch(loop.condition, state, (isTaken, next, leave) => {
      if (!isTaken) then(leave(next));
      else if (turn >= this.#around.unroll) this.wasCut = true;
      else this.#all(loop.body, 0, next, (end) => this.#loop(loop, turn + 1, end, (last) => then(leave(last))));
    });
  }

  /** Goes both ways, or the one that is certain. */
  #branch(
    condition: Expression,
    state: State,
    go: (isTaken: boolean, state: State, leave: (end: State) => State) => void,
  ): void {
    const outer = state.ctrl;
    const leave = (end: State): State => {
      end.ctrl = outer;
      return end;
    };
    this.#evaluate(condition, state, (next, { term, reads }) => {
      const ctrl = join(outer, reads);
      if (term.kind === 'constant') {
        next.ctrl = ctrl;
        go(term.value !== 0, next, leave);
        return;
      }
      for (const isTaken of [true, false]) {
        const way = isTaken ? copy(next) : next;
        way.constraints.push({ term, isZero: !isTaken });
        way.ctrl = ctrl;
        go(isTaken, way, leave);
      }
    });
  }

  #evaluate(expression: Expression, state: State, then: (state: State, value: Valued) => void): void {
    switch (expression.kind) {
      case 'number': {
        then(state, { term: { kind: 'constant', value: expression.value }, reads: [], events: [] });
        return;
      }
      case 'name': {
        const held = state.registers.get(expression.name);
        const term = held?.term ?? { kind: 'constant', value: this.#around.initial(expression.name) };
        then(state, { term, reads: held?.reads ?? [], events: [] });
        return;
      }
      case 'binary': {
        this.#evaluate(expression.left, state, (afterLeft, left) =>
          this.#evaluate(expression.right, afterLeft, (next, right) =>
            then(next, {
              term: this.#operation(expression.operator, left.term, right.term),
              reads: join(left.reads, right.reads),
              events: join(left.events, right.events),
            }),
          ),
        );
        return;
      }
      case 'load': {
        this.#evaluate(expression.address, state, (next, address) => {
          const e = emit(next, { kind: 'R', tag: expression.tag }, expression.at, { address, after: [address] });
          then(next, { term: { kind: 'read', event: e }, reads: [e], events: [...address.events, e] });
        });
        return;
      }
      case 'xchg': {
        this.#evaluate(expression.address, state, (afterAddress, address) =>
          this.#evaluate(expression.value, afterAddress, (next, value) => {
            const read = atomicRead(next, address, expression.tag, expression.at);
            atomicWrite(next, read, { address, value, after: [address, value] }, expression.tag, expression.at);
            then(next, readValue(read, [address, value]));
          }),
        );
        return;
      }
      case 'cmpxchg': {
        this.#evaluate(expression.address, state, (afterAddress, address) =>
          this.#evaluate(expression.old, afterAddress, (afterOld, old) =>
            this.#evaluate(expression.value, afterOld, (next, value) => {
              const failed = copy(next);
              const { tag, at } = expression;
              const read = atomicRead(next, address, tag, at);
              atomicWrite(next, read, { address, value, after: [address, value, old] }, tag, at);
              const same = (): Term => this.#operation('==', { kind: 'read', event: read }, old.term);
              next.constraints.push({ term: same(), isZero: false });
              then(next, readValue(read, [address, value]));
              // It is the same event on both ways: what went before is the same.
              atomicRead(failed, address, tag, at);
              failed.constraints.push({ term: same(), isZero: true });
              then(failed, readValue(read, [address]));
            }),
          ),
        );
        return;
      }
      case 'atomic': {
        this.#evaluate(expression.value, state, (afterValue, operand) =>
          this.#evaluate(expression.address, afterValue, (next, address) => {
            const { tag, at, operator } = expression;
            const read = atomicRead(next, address, tag, at);
            const old: Term = { kind: 'read', event: read };
            const term = this.#operation(operator, old, operand.term);
            const value: Valued = { term, reads: join(operand.reads, [read]), events: operand.events };
            // The address went into the read; the write depends on that.
            atomicWrite(next, read, { address: { ...address, reads: [] }, value, after: [address, operand] }, tag, at);
            then(next, {
              term: expression.returns === 'new' ? term : old,
              reads: join(operand.reads, [read]),
              events: join(operand.events, [...address.events, read, read + 1]),
            });
          }),
        );
        return;
      }
      case 'add-unless': {
        this.#addUnless(expression, state, then);
        return;
      }
      case 'trylock':
      case 'is-locked': {
        this.#evaluate(expression.address, state, (next, address) => {
          const { at } = expression;
          const other = copy(next);
          const result = (value: number, e: number, reads: readonly number[]): Valued => ({
            term: { kind: 'constant', value },
            reads,
            events: [...address.events, e],
          });
          if (expression.kind === 'trylock') {
            then(next, result(1, lock(next, address, at), []));
            const failed = emit(other, { kind: 'LF' }, at, { address, after: [address] });
            then(other, result(0, failed, [failed]));
            return;
          }
          const held = emit(next, { kind: 'LF' }, at, { address, after: [address] });
          then(next, result(1, held, [held]));
          const free = emit(other, { kind: 'RU' }, at, { address, after: [address] });
          then(other, result(0, free, [free]));
        });
        return;
      }
    }
  }

  #addUnless(
    expression: Extract<Expression, { kind: 'add-unless' }>,
    state: State,
    then: (state: State, value: Valued) => void,
  ): void {
    this.#evaluate(expression.address, state, (afterAddress, address) =>
      this.#evaluate(expression.value, afterAddress, (afterAdded, added) =>
        this.#evaluate(expression.unless, afterAdded, (next, unless) => {
          const { at } = expression;
          const failed = copy(next);
          const answer = (value: number, read: number): Valued => ({
            term: { kind: 'constant', value },
            reads: join([read], unless.reads),
            events: join(address.events, join(unless.events, [read])),
          });
          const read = atomicRead(next, address, 'mb', at);
          const old: Term = { kind: 'read', event: read };
          const value: Valued = {
            term: this.#operation('+', old, added.term),
            reads: join(added.reads, [read]),
            events: added.events,
          };
          atomicWrite(next, read, { address, value, after: [address, added, unless] }, 'mb', at);
          const same = (): Term => this.#operation('==', old, unless.term);
          next.constraints.push({ term: same(), isZero: true });
          then(next, answer(1, read));
          atomicRead(failed, address, 'mb', at);
          failed.constraints.push({ term: same(), isZero: false });
          then(failed, answer(0, read));
        }),
      ),
    );
  }

  #operation(operator: Operator, left: Term, right: Term): Term {
    if (left.kind === 'constant' && right.kind === 'constant')
      return { kind: 'constant', value: operate(operator, left.value, right.value, this.#around.addresses) };
    return { kind: 'operation', operator, left, right };
  }
}

function readValue(read: number, inputs: readonly Valued[]): Valued {
  return {
    term: { kind: 'read', event: read },
    reads: [read],
    events: [...new Set([...inputs.flatMap(({ events }) => events), read])],
  };
}

/** Adds an event. @returns its number */
function emit(
  state: State,
  event: PathEvent['event'],
  at: Position,
  inputs: {
    readonly address?: Valued;
    readonly value?: Valued;
    readonly after: readonly Valued[];
    readonly behind?: number;
  },
): number {
  const e = state.events.length;
  const ordered = new Set(inputs.after.flatMap(({ events }) => events));
  if (inputs.behind !== undefined) for (let x = inputs.behind; x < e; x++) ordered.add(x);
  const unordered: number[] = [];
  if (event.kind !== 'F') for (let x = state.start; x < e; x++) if (!ordered.has(x)) unordered.push(x);
  state.events.push({
    event,
    address: inputs.address?.term,
    value: inputs.value?.term,
    addr: inputs.address?.reads ?? [],
    data: inputs.value?.reads ?? [],
    ctrl: state.ctrl,
    unordered,
    at,
  });
  return e;
}

/** LKR and LKW. @returns the number of the second */
function lock(state: State, address: Valued, at: Position): number {
  const read = emit(state, { kind: 'LKR' }, at, { address, after: [address] });
  return emit(state, { kind: 'LKW' }, at, { address: { ...address, reads: [] }, after: [address], behind: read });
}

function atomicRead(state: State, address: Valued, tag: LkmmEvent['tag'], at: Position): number {
  return emit(state, { kind: 'R', ...(tag !== undefined && { tag }), rmw: true }, at, { address, after: [address] });
}

function atomicWrite(
  state: State,
  read: number,
  inputs: { readonly address: Valued; readonly value: Valued; readonly after: readonly Valued[] },
  tag: LkmmEvent['tag'],
  at: Position,
): void {
  const write = emit(state, { kind: 'W', ...(tag !== undefined && { tag }), rmw: true }, at, {
    ...inputs,
    behind: read,
  });
  state.rmw.push([read, write]);
}

function join(one: readonly number[], other: readonly number[]): readonly number[] {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  return [...new Set([...one, ...other])];
}

function copy(state: State): State {
  return {
    events: [...state.events],
    rmw: [...state.rmw],
    constraints: [...state.constraints],
    registers: new Map(state.registers),
    start: state.start,
    ctrl: state.ctrl,
  };
}
