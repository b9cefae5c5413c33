import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressSpaces, type MmResult, type Process } from './index.js';

const PAGES = 4;
const CPUS = 2;
const PROCESSES = 3;
const FRAMES = PAGES * PROCESSES + 1;

/** The value of a call that must not fail. */
function valueOf<T>(result: MmResult<T>): T {
  if (!result.ok) throw new Error(`expected a value, got ${result.errno}`);
  return result.value;
}

describe('a process', () => {
  const machine = (): AddressSpaces => new AddressSpaces({ cpus: CPUS, pages: PAGES, frames: FRAMES });

  it('finds zeros, then what it stored, in its areas and nowhere else', () => {
    const m = machine();
    const process = valueOf(m.create());
    m.run(0, process);
    expect(process.mmap(1, 3)).toEqual({ ok: true, value: undefined });
    expect(m.load(0, 1)).toEqual({ ok: true, value: 0 });
    expect(m.store(0, 1, 7)).toEqual({ ok: true, value: undefined });
    expect(m.load(0, 1)).toEqual({ ok: true, value: 7 });
    expect(m.load(0, 0)).toEqual({ ok: false, errno: 'EFAULT' });
    expect(process.mmap(2, 4)).toEqual({ ok: false, errno: 'ENOMEM' });
    expect(process.munmap(1, 2)).toEqual({ ok: true, value: undefined });
    expect(m.load(0, 1)).toEqual({ ok: false, errno: 'EFAULT' });
    expect(process.areas).toEqual([{ start: 2, end: 3, flags: 3 }]);
  });

  it('may not store where it may only load', () => {
    const m = machine();
    const process = valueOf(m.create());
    m.run(0, process);
    expect(process.mmap(0, 1, { isWritable: false }).ok).toBe(true);
    expect(m.load(0, 0)).toEqual({ ok: true, value: 0 });
    expect(m.store(0, 0, 1)).toEqual({ ok: false, errno: 'EFAULT' });
  });

  it('moves to another frame unless it is shared', () => {
    const m = machine();
    const process = valueOf(m.create());
    m.run(0, process);
    expect(process.mmap(0, 1).ok && m.store(0, 0, 9).ok).toBe(true);
    const before = process.frameOf(0);
    expect(process.migrate(0).ok).toBe(true);
    expect(process.frameOf(0)).not.toBe(before);
    expect(m.load(0, 0)).toEqual({ ok: true, value: 9 });
    valueOf(process.fork());
    expect(process.migrate(0)).toEqual({ ok: false, errno: 'EAGAIN' });
  });

  it('is refused what there is no room for', () => {
    const m = new AddressSpaces({ cpus: 1, pages: 2, frames: 1, processes: 1 });
    const process = valueOf(m.create());
    m.run(0, process);
    expect(m.create()).toEqual({ ok: false, errno: 'ENOMEM' });
    expect(process.fork()).toEqual({ ok: false, errno: 'ENOMEM' });
    expect(process.mmap(0, 2).ok && m.store(0, 0, 1).ok).toBe(true);
    expect(m.store(0, 1, 1)).toEqual({ ok: false, errno: 'ENOMEM' });
    expect(process.migrate(0)).toEqual({ ok: false, errno: 'ENOMEM' });
  });

  it.each([
    () => new AddressSpaces({ cpus: 1, pages: 9, frames: 1 }),
    () => machine().load(0, 0),
    () => machine().load(CPUS, 0),
    () => machine().run(-1, undefined),
    () => valueOf(machine().create()).mmap(2, 2),
    () => valueOf(machine().create()).munmap(0, PAGES + 1),
  ])('refuses nonsense: %s', (call) => {
    expect(call).toThrow(RangeError);
  });
});

/** Processes as one would write them without page tables: a page is an object, and a fork shares it. */
interface NaivePage {
  area?: { isWritable: boolean };
  data?: { value: number };
}
interface NaiveProcess {
  readonly pages: NaivePage[];
  readonly process: Process;
}

const cpu = fc.nat({ max: CPUS - 1 });
const page = fc.nat({ max: PAGES - 1 });
const who = fc.nat({ max: PROCESSES - 1 });
const range = fc.tuple(page, page).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const);
const command = fc.oneof(
  fc.record({ op: fc.constant('run' as const), cpu, who }),
  fc.record({ op: fc.constant('load' as const), cpu, page }),
  fc.record({ op: fc.constant('store' as const), cpu, page, value: fc.nat({ max: 255 }) }),
  fc.record({ op: fc.constant('mmap' as const), who, range, isWritable: fc.boolean() }),
  fc.record({ op: fc.constant('munmap' as const), who, range }),
  fc.record({ op: fc.constant('fork' as const), who }),
  fc.record({ op: fc.constant('migrate' as const), who, page }),
  fc.record({ op: fc.constant('exit' as const), who }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** Both machines, side by side. */
class Twins {
  readonly machine: AddressSpaces;
  readonly live: NaiveProcess[] = [];
  readonly running: (NaiveProcess | undefined)[] = [];

  constructor(batch: number) {
    this.machine = new AddressSpaces({ cpus: CPUS, pages: PAGES, frames: FRAMES, processes: PROCESSES, batch });
    this.live.push({ pages: Array.from({ length: PAGES }, () => ({})), process: valueOf(this.machine.create()) });
  }

  /** Every page that there is, once. */
  get data(): Set<object> {
    return new Set(this.live.flatMap(({ pages }) => pages.flatMap(({ data }) => data ?? [])));
  }

  do(c: Command): void {
    const target = 'who' in c ? this.live[c.who] : this.running[c.cpu];
    if (target === undefined) return;
    const { pages, process } = target;
    switch (c.op) {
      case 'run':
        this.machine.run(c.cpu, process);
        this.running[c.cpu] = target;
        break;
      case 'load':
        expect(this.machine.load(c.cpu, c.page)).toEqual(this.#load(pages[c.page]));
        break;
      case 'store':
        expect(this.machine.store(c.cpu, c.page, c.value).ok).toBe(this.#store(pages, c.page, c.value));
        break;
      case 'mmap': {
        const free = pages.slice(...c.range).every(({ area }) => area === undefined);
        expect(process.mmap(...c.range, c).ok).toBe(free);
        if (free) for (const at of pages.slice(...c.range)) at.area = { isWritable: c.isWritable };
        break;
      }
      case 'munmap':
        expect(process.munmap(...c.range).ok).toBe(true);
        for (let at = c.range[0]; at < c.range[1]; at++) pages[at] = {};
        break;
      case 'fork': {
        const forked = process.fork();
        expect(forked.ok).toBe(this.live.length < PROCESSES);
        if (forked.ok) this.live.push({ pages: pages.map((each) => ({ ...each })), process: forked.value });
        break;
      }
      case 'migrate': {
        const { data } = pages[c.page];
        expect(process.migrate(c.page).ok).toBe(data !== undefined && this.#sharers(data) === 1);
        break;
      }
      case 'exit':
        process.exit();
        this.live.splice(this.live.indexOf(target), 1);
        for (const on of this.running.keys()) if (this.running[on] === target) this.running[on] = undefined;
        break;
    }
    expect(this.machine.framesInUse).toBe(this.data.size);
  }

  #sharers(data: object): number {
    return this.live.filter(({ pages }) => pages.some((each) => each.data === data)).length;
  }

  #load(at: NaivePage): MmResult<number> {
    if (at.area === undefined) return { ok: false, errno: 'EFAULT' };
    at.data ??= { value: 0 };
    return { ok: true, value: at.data.value };
  }

  #store(pages: NaivePage[], at: number, value: number): boolean {
    const { area, data } = pages[at];
    if (area?.isWritable !== true) return false;
    if (data === undefined || this.#sharers(data) > 1) pages[at].data = { value };
    else data.value = value;
    return true;
  }
}

it('does what objects shared by reference do, whatever the batch', () => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), fc.constantFrom(1, 2, 8), (commands, batch) => {
      const twins = new Twins(batch);
      for (const each of commands) twins.do(each);
      done += commands.length;
    }),
    { numRuns: 300 },
  );
  expect(done).toBeGreaterThan(1000);
});
