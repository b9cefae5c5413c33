/** Random programs: a function that makes generator functions, which ask for values and are told them. */

/** Numbers that decide what a program looks like; behind the last one come zeros, which mean what is simplest. */
class Tape {
  #next = 0;
  constructor(readonly bytes: ArrayLike<number>) {}

  below(limit: number): number {
    return (this.bytes[this.#next++] ?? 0) % limit;
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** What may be named at a place. */
interface Names {
  readonly numbers: readonly string[];
  readonly constants: readonly string[];
  readonly arrays: readonly string[];
  readonly closures: readonly string[];
  readonly generators: readonly string[];
  readonly labels: readonly { readonly name: string; readonly isLoop: boolean }[];
  /** Whether a yield may stand here. */
  readonly mayYield: boolean;
  readonly inLoop: boolean;
  readonly inFunction: boolean;
}

/**
 * The text of `function make(o0)`, which answers a generator function of two numbers. It uses `ask(value)`, `fuel()` and
 * `sum(...numbers)` of the file.
 */
export function randomProgram(bytes: ArrayLike<number>): string {
  return new RandomProgram(new Tape(bytes)).text();
}

/** Statements inside another one. */
type Inner = (changed?: Partial<Names>) => string;

class RandomProgram {
  #names = 0;
  #depth = 0;
  constructor(readonly tape: Tape) {}

  text(): string {
    const outer: Names = {
      numbers: ['o0', 'o1'],
      constants: [],
      arrays: ['o2'],
      closures: ['peek', 'bump'],
      generators: [],
      labels: [],
      mayYield: true,
      inLoop: false,
      inFunction: true,
    };
    const main: Names = {
      ...outer,
      // Few names, so that what one statement writes is what another reads.
      numbers: ['a', 'c', 'o1'],
      constants: ['b'],
      arrays: ['d', 'o2'],
      generators: ['helper'],
    };
    // The main function first, so that it gets most of the tape.
    const body = this.#statements(main, 7);
    const helper = this.#statements({ ...outer, numbers: [...outer.numbers, 'n'] }, 3);
    const lines = [
      'function make(o0) {',
      'let o1 = 1; const o2 = [0];',
      'const peek = () => o1;',
      'function bump(n) { o1 = (o1 + n) & 3; return o1; }',
      `const helper = function* (n) { ${helper} };`,
      `return function* main(a, b) { let c = 0, d = [1]; var v = 2; ${body} };`,
      '}',
    ];
    return lines.join('\n');
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Each statement may add names for those behind it. */
  #statements(names: Names, most: number): string {
    const count = this.tape.below(3) + this.tape.below(most);
    let now = names;
    const texts: string[] = [];
    this.#depth++;
    for (let i = 0; i < count; i++) {
      const [text, after] = this.#statement(now);
      texts.push(text);
      now = after;
    }
    this.#depth--;
    return texts.join('\n');
  }

  #statement(names: Names): [string, Names] {
    const { tape } = this;
    const e = (): string => this.#expression(names);
    const inner = (changed: Partial<Names> = {}): string =>
      this.#depth > 4 ? '' : this.#statements({ ...names, ...changed }, 3);
    const number = tape.one(names.numbers.slice(0, 3));
    const loop = { inLoop: true };
    switch (tape.below(52)) {
      case 37:
      case 38:
      case 39:
      case 40:
        return [`${number} = ${tape.below(2)};`, names];
      case 41:
      case 42:
      case 43:
        return this.#try(names, inner);
      case 44:
      case 45:
      case 46:
        return this.#jump(names);
      case 47:
      case 48:
        return this.#labelled(names, inner);
      case 49:
        return this.#switch(names, inner);
      case 30:
      case 31:
      case 32:
        return [
          names.mayYield ? `${number} = (yield* ask(${tape.one(names.numbers)})) ${tape.one(['', '+ 1'])};` : ';',
          names,
        ];
      case 33:
      case 34:
      case 35:
        return [names.mayYield ? `yield* ask(${number});` : `${number} = ${tape.one(names.numbers)};`, names];
      case 36:
        return [`if (${e()}) { ${inner()} } else { ${inner()} }`, names];
      case 0:
        return [`${number} = ${e()} & 3;`, names];
      case 1:
        return [names.mayYield ? `yield* ask(${e()});` : ';', names];
      case 2:
        return [`${number} ${tape.one(['+=', '-=', '|=', '&&=', '||=', '??='])} ${e()};`, names];
      case 3: {
        const name = this.#fresh('x');
        return [`let ${name} = ${e()};`, { ...names, numbers: [name, ...names.numbers] }];
      }
      case 4: {
        const name = this.#fresh('k');
        return [`const ${name} = ${e()};`, { ...names, constants: [name, ...names.constants] }];
      }
      case 5:
        return [`if (${e()}) { ${inner()} } else { ${inner()} }`, names];
      case 6:
        return [`while (fuel() && ${e()}) { ${inner(loop)} }`, names];
      case 7:
        return [`do { ${inner(loop)} } while (fuel() && ${e()});`, names];
      case 8: {
        const name = this.#fresh('i');
        const body = inner({ ...loop, numbers: [name, ...names.numbers] });
        return [
          `for (let ${name} = ${e()} & 1; fuel() && ${name} < 3; ${name} += ${tape.one(['1', `1 + (${e()} & 1)`])}) { ${body} }`,
          names,
        ];
      }
      case 9: {
        const name = this.#fresh('y');
        const list = tape.one([
          () => `[${e()}, ${e()}]`,
          () => tape.one(names.arrays),
          () => `${tape.one(names.arrays)}.slice(0, 2)`,
        ])();
        const kind = tape.one(['const', 'let']);
        const known =
          kind === 'let' ? { numbers: [name, ...names.numbers] } : { constants: [name, ...names.constants] };
        return [`for (${kind} ${name} of ${list}) { fuelled(); ${inner({ ...loop, ...known })} }`, names];
      }
      case 10:
      case 11:
        return this.#labelled(names, inner);
      case 12:
        return this.#jump(names);
      case 13:
        return this.#switch(names, inner);
      case 14:
        return this.#try(names, inner);
      case 15:
        return [`try { ${inner()} } finally { ${inner({ mayYield: false })} }`, names];
      case 16:
        return [`if (${e()}) throw ${e()};`, names];
      case 17:
        return names.inFunction ? [`if (${e()}) return ${e()};`, names] : [';', names];
      case 18:
        return [`if (${tape.one(names.arrays)}.length < 4) ${tape.one(names.arrays)}.push(${e()});`, names];
      case 19:
        return [`${tape.one(names.arrays)}[${e()} & 1] ${tape.one(['=', '+=', '||=', '^='])} ${e()};`, names];
      case 20: {
        const [p, q] = [this.#fresh('p'), this.#fresh('q')];
        const pattern = tape.one([
          `{ ${p}, ${q} = ${this.#expression({ ...names, mayYield: false })} } = { ${p}: ${e()}, ${q}: ${tape.one(['undefined', e()])} }`,
          `[${p}, ${q}] = [${e()}, ${e()}]`,
        ]);
        return [`let ${pattern};`, { ...names, numbers: [p, q, ...names.numbers] }];
      }
      case 21:
        return [`[${number}, ${tape.one(names.numbers)}] = [${e()}, ${e()}];`, names];
      case 22: {
        const name = this.#fresh('f');
        const plain = { ...names, mayYield: false };
        const body = tape.one([() => this.#expression(plain), () => `(${number} = ${this.#expression(plain)} & 3)`])();
        return [`const ${name} = () => ${body};`, { ...names, closures: [name, ...names.closures] }];
      }
      case 23: {
        const name = this.#fresh('g');
        const inside = { numbers: ['m', ...names.numbers], labels: [], inLoop: false, mayYield: true };
        const body = this.#depth > 3 ? '' : this.#statements({ ...names, ...inside }, 3);
        const form = tape.one([`const ${name} = function* (m)`, `function* ${name}(m)`]);
        return [`${form} { ${body} };`, { ...names, generators: [name, ...names.generators] }];
      }
      case 24: {
        const name = this.#fresh('r');
        const value = tape.one([`[${e()}]`, tape.one(names.arrays)]);
        return [`let ${name} = ${value};`, { ...names, arrays: [name, ...names.arrays] }];
      }
      case 25:
        return [
          `${names.arrays[0] === 'o2' ? 'o1' : names.arrays[0]} = ${names.arrays[0] === 'o2' ? e() : tape.one([`[${e()}]`, tape.one(names.arrays)])};`,
          names,
        ];
      case 26:
        return [`v = ${e()} & 3; var v;`, names].slice(0, 2) as [string, Names];
      case 27:
        return [`{ ${inner()} }`, names];
      case 28: {
        // A function that is declared behind its use, and reads what is declared later.
        const [f, x] = [this.#fresh('h'), this.#fresh('x')];
        return [
          `${inner()} function ${f}() { return ${x} + ${number}; } ${tape.one(['', `if (${e()}) ${f}();`])} let ${x} = ${e()};`,
          { ...names, closures: [f, ...names.closures], numbers: [x, ...names.numbers] },
        ];
      }
      default:
        return [`${e()};`.replace(/^\{/, '({})'), names];
    }
  }

  #labelled(names: Names, inner: Inner): [string, Names] {
    const name = this.#fresh('l');
    const isLoop = this.tape.below(3) > 0;
    const labels = [{ name, isLoop }, ...names.labels];
    if (!isLoop) return [`${name}: { ${inner({ labels })} }`, names];
    return [`${name}: while (fuel() && ${this.#expression(names)}) { ${inner({ inLoop: true, labels })} }`, names];
  }

  #jump(names: Names): [string, Names] {
    const { tape } = this;
    const kinds = ['break', 'continue'];
    const [label] = names.labels.length > 0 ? [tape.one(names.labels)] : [];
    if (label !== undefined && tape.below(3) > 0)
      return [`if (${this.#expression(names)}) ${label.isLoop ? tape.one(kinds) : 'break'} ${label.name};`, names];
    return [names.inLoop ? `if (${this.#expression(names)}) ${tape.one(kinds)};` : ';', names];
  }

  /** A plain `break` inside leaves it, and `continue` the loop around, so neither is made. */
  #switch(names: Names, inner: Inner): [string, Names] {
    const part = (test: string): string => `${test}: ${inner({ inLoop: false })} ${this.tape.one(['', 'break;'])}`;
    const tests = [`case ${this.tape.one(['0', this.#expression(names)])}`, 'default', 'case 1'];
    return [`switch (${this.#expression(names)} & 3) { ${tests.map(part).join(' ')} }`, names];
  }

  #try(names: Names, inner: Inner): [string, Names] {
    const [error, caught] = [this.#fresh('e'), this.#fresh('z')];
    const value = `let ${caught} = typeof ${error} === 'number' ? ${error} : 2;`;
    const handler = inner({ numbers: [...names.numbers, caught] });
    const final = this.tape.one(['', '', ` finally { ${inner({ mayYield: false })} }`]);
    return [`try { ${inner()} } catch (${error}) { ${value} ${handler} }${final}`, names];
  }

  #expression(names: Names, depth = 0): string {
    const { tape } = this;
    const e = (): string => this.#expression(names, depth + 1);
    const variable = (): string => tape.one([...names.numbers, ...names.constants]);
    const isLeaf = depth > 2 || tape.below(3) < (depth === 0 ? 1 : 2);
    const kind = isLeaf ? tape.below(4) : tape.below(31);
    switch (kind) {
      case 0:
        return String(tape.below(3));
      case 1:
      case 2:
        return variable();
      case 3:
      case 4:
      case 5:
        return names.mayYield ? `(yield* ask(${e()}))` : variable();
      case 6:
        return names.mayYield ? `(yield ${e()})` : variable();
      case 7:
        return names.mayYield && names.generators.length > 0
          ? `(yield* ${tape.one(names.generators)}(${e()}))`
          : variable();
      case 8:
        return `(${e()} ${tape.one(['+', '-', '<', '===', '&', '*'])} ${e()})`;
      case 9:
        return `sum(${e()}, ${e()})`;
      case 10:
        return `(${e()} ? ${e()} : ${e()})`;
      case 11:
        return `(${e()} ${tape.one(['&&', '||', '??'])} ${e()})`;
      case 12:
        return `\`\${${e()}}\${${tape.one([e(), tape.one(names.arrays)])}}-\${${e()}}\`.length`;
      case 13:
        return `(${tape.one(names.numbers)} ${tape.one(['=', '+=', '-=', '||=', '&&=', '??='])} ${e()})`;
      case 14:
        return tape.one([`${tape.one(names.numbers)}++`, `--${tape.one(names.numbers)}`]);
      case 15:
        return `(${e()}, ${e()})`;
      case 16:
        return `${tape.one(names.closures)}(${e()})`;
      case 17:
        return `sum(${tape.one(names.arrays)}[0], ${e()})`;
      case 18: {
        const name = tape.one(names.numbers);
        return `sum(...Object.values({ p: ${e()}, ${name}, q: ${e()}, ...{ s: ${e()} }, [\`t\${${e()}}\`]: ${e()} }))`;
      }
      case 19:
        return `[${e()}, ${e()}][${e()} & 1]`;
      case 20:
        return `sum(...${tape.one(names.arrays)}, ${e()}, ...[${e()}, ${e()}])`;
      case 21:
        return `${tape.one(names.arrays)}?.[${e()} & 1]`;
      case 22:
        return `(${tape.one(names.arrays)}[${e()} & 1] ${tape.one(['=', '+=', '&&=', '??='])} ${e()})`;
      case 23:
        return `${tape.one(names.arrays)}[${e()} & 1]++`;
      case 24:
        return `${tape.one(names.arrays)}.concat(${e()}, ${e()}).length`;
      case 25:
        return `((x) => x + ${variable()})(${e()})`;
      case 26:
        return `sum(${tape.one(names.arrays)}.length, ${e()}, ${tape.one(names.arrays)}.length)`;
      case 27:
        return `-${e()}`.replace('--', '- -');
      case 28:
        return `[${tape.one(names.arrays)}, [${e()}]][${e()} & 1][0]`;
      case 29:
        return `new Pair(${e()}, ${e()}).plus(${e()})`;
      default:
        return `first\`\${${e()}}\${${e()}}\``;
    }
  }
}
