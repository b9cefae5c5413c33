/** Slips in the text of model files that can be told before anything runs: misspelt imports, and generators that are dropped. */
import { closeMatches } from '@shootdown/machine';
import { lookThrough, type CompiledFile } from './compiled-file.js';
import { noExport, type Exports } from './own-modules.js';

/** A slip, and where it is. */
export interface Slip {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const GENERATOR_FUNCTION = Object.getPrototypeOf(function* () {
  /* as every generator function has it */
}) as object;

function writtenOnce(file: string, { writtenOnce: [found] }: CompiledFile): Slip | undefined {
  if (found === undefined) return undefined;
  const { callee, name, line } = found;
  const message = `${callee}() calls its function once, and runs what that returns again and again, so ${name} is written once: count in the kfunc that is called, or in model memory`;
  return { file, line, message };
}

/** The files of one model, as they are loaded. */
export class ModelSlips {
  readonly #modules: Readonly<Record<string, Exports>>;
  readonly #resolve: (specifier: string, from: string) => string | undefined;
  readonly #files = new Map<string, CompiledFile>();

  /** @param resolve - the file that a specifier means; `undefined` if it cannot be told */
  constructor(
    modules: Readonly<Record<string, Exports>>,
    resolve: (specifier: string, from: string) => string | undefined,
  ) {
    this.#modules = modules;
    this.#resolve = resolve;
  }

  /** A file was compiled. */
  add(file: string, code: string): void {
    this.#files.set(file, lookThrough(code));
  }

  /** The first slip in the files added. */
  get first(): Slip | undefined {
    for (const [file, compiled] of this.#files) {
      const slip = this.#misspelt(file, compiled) ?? this.#dropped(file, compiled) ?? writtenOnce(file, compiled);
      if (slip !== undefined) return slip;
    }
    return undefined;
  }

  #misspelt(file: string, { uses }: CompiledFile): Slip | undefined {
    for (const { specifier, name, line } of uses) {
      const message = this.#unknownName(file, specifier, name);
      if (message !== undefined) return { file, line, message };
    }
    return undefined;
  }

  #unknownName(file: string, specifier: string, name: string): string | undefined {
    if (Object.hasOwn(this.#modules, specifier)) {
      if (name === 'default' || Object.hasOwn(this.#modules[specifier], name)) return undefined;
      return noExport(specifier, name, this.#modules);
    }
    const imported = specifier.startsWith('.') ? this.#files.get(this.#resolve(specifier, file) ?? '') : undefined;
    // A file without exports is no module of this kind, or was not understood.
    if (imported === undefined || imported.exportsAll || imported.exports.size === 0 || imported.exports.has(name))
      return undefined;
    const close = closeMatches(name, [...imported.exports]);
    return `${specifier} exports no ${name}${close.length > 0 ? `; did you mean ${close.join(' or ')}?` : `; it exports: ${[...imported.exports].join(', ')}`}`;
  }

  #dropped(file: string, { dropped }: CompiledFile): Slip | undefined {
    for (const { callee, specifier, line } of dropped)
      if (specifier === undefined || this.#isGenerator(file, specifier, callee))
        return {
          file,
          line,
          message: `${callee}() makes a generator that nobody runs, so nothing is done: is yield* missing? Write yield* ${callee}(...)`,
        };
    return undefined;
  }

  #isGenerator(file: string, specifier: string, name: string): boolean {
    if (Object.hasOwn(this.#modules, specifier)) {
      const value = this.#modules[specifier][name];
      return typeof value === 'function' && Object.getPrototypeOf(value) === GENERATOR_FUNCTION;
    }
    const imported = specifier.startsWith('.') ? this.#files.get(this.#resolve(specifier, file) ?? '') : undefined;
    return imported?.generators.has(name) === true;
  }
}
