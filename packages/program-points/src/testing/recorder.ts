/** A small runtime of transformed code, for tests: it keeps the frames of a generator and describes their state. */

interface Site {
  readonly id: string;
  readonly name: string;
  readonly opaque: string | undefined;
  readonly points: readonly { names: string[]; loops: number[]; outer: number[] }[];
}

/** One run of a transformed function. */
export class RecordedFrame {
  point = -1;
  values: readonly unknown[] = [];
  readonly #depth: number;

  constructor(
    readonly site: Site,
    readonly stack: RecordedFrame[],
  ) {
    this.#depth = stack.push(this);
  }

  at(point: number, _request: unknown, values: readonly unknown[]): void {
    this.stack.length = this.#depth;
    this.point = point;
    this.values = values;
  }

  items(all: unknown[]): Items {
    return new Items(all);
  }

  /** The values by their names. */
  get named(): Record<string, unknown> {
    const { names } = this.site.points[this.point];
    return Object.fromEntries(names.map((name, index) => [name, this.values[index]]));
  }
}

/** Goes through an array; how far it came can be seen. */
export class Items {
  taken = 0;
  constructor(readonly all: unknown[]) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<unknown> {
    if (this.taken < this.all.length) return { done: false, value: this.all[this.taken++] };
    return { done: true, value: undefined };
  }
}

interface Registry {
  on: boolean;
  readonly marked: WeakSet<object>;
  enter?: (site: Site) => RecordedFrame;
  named?: ((prototype: object, site: Site) => void) | undefined;
}

/** What transformed code finds. */
export const registry: Registry = ((globalThis as unknown as Record<symbol, Registry | undefined>)[
  Symbol.for('shootdown.frames')
] ??= { on: false, marked: new WeakSet() });

/** Runs `body`, which resumes a generator whose frames are `stack`. */
export function recording<T>(stack: RecordedFrame[], body: () => T): T {
  registry.on = true;
  registry.enter = (site) => new RecordedFrame(site, stack);
  try {
    return body();
  } finally {
    registry.on = false;
  }
}

/** A text that is the same for equal states only; absent where a state cannot be told. */
export function describe(stacks: readonly (readonly RecordedFrame[])[]): string | undefined {
  const seen = new Map<object, number>();
  let isKnown = true;
  const text = (value: unknown): string => {
    if (typeof value === 'function') isKnown = false;
    if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`;
    const known = seen.get(value);
    if (known !== undefined) return `#${known}`;
    seen.set(value, seen.size);
    const parts = Object.entries(value).map(([key, part]) => `${key}: ${text(part)}`);
    return `${value.constructor.name} {${parts.join(', ')}}`;
  };
  const frames = stacks.map((stack) =>
    stack.map(({ site, point, values }) => {
      if (site.opaque !== undefined) isKnown = false;
      return `${site.id}@${point}(${values.map(text).join('; ')})`;
    }),
  );
  return isKnown ? frames.map((one) => one.join(' > ')).join(' | ') : undefined;
}
