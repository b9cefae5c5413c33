/** Checks a model again whenever one of its files is saved. */
import { readFileSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { ExitCode } from './exit.js';
import type { Output } from './io.js';
import { Supervisor } from './supervisor.js';

/** What an editor does to save a file comes in several events. */
const QUIET_MS = 100;
const CODE = /\.[cm]?[jt]s$/;
const MODEL = /^(.*\.[cm]?[jt]s)(?:[#@].*)?$/;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"]*)['"]/g;

/** The model file among the arguments of `check`; `undefined` where there is none. */
export function watchedFile(args: readonly string[], cwd: string): string | undefined {
  const found = args.flatMap((arg) => MODEL.exec(arg)?.[1] ?? []).at(0);
  return found === undefined ? undefined : path.resolve(cwd, found);
}

/** Runs `check` until somebody wants it to stop. */
export class Watching {
  readonly #args: readonly string[];
  readonly #cwd: string;
  readonly #file: string;
  readonly #outputs: { readonly stdout: Output; readonly stderr: Output };
  #running: Supervisor | undefined;
  #watchers: readonly FSWatcher[] = [];
  /** Of the files changed since the last check began. */
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => undefined;
  #isOver = false;

  /**
   * @param args - of `check`
   * @param cwd - folder that relative paths are looked up in
   * @param file - the model's, absolute
   */
  constructor(
    args: readonly string[],
    cwd: string,
    file: string,
    outputs: { readonly stdout: Output; readonly stderr: Output },
  ) {
    this.#args = args;
    this.#cwd = cwd;
    this.#file = file;
    this.#outputs = outputs;
  }

  /** Checks again and again; returns the exit code of the last check. */
  async run(): Promise<ExitCode> {
    const { stdout, stderr } = this.#outputs;
    for (;;) {
      this.#changed.clear();
      this.#watch();
      this.#running = new Supervisor(['check', ...this.#args], this.#cwd, this.#outputs);
      const code = await this.#running.run();
      this.#running = undefined;
      if (this.#mayGoOn) {
        stderr.write(`\nwatching ${path.relative(this.#cwd, this.#file)} and what it imports; Ctrl-C ends\n`);
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      for (const watcher of this.#watchers) watcher.close();
      if (this.#isOver) return code;
      const names = [...this.#changed].map((file) => path.relative(this.#cwd, file));
      stdout.write(`\n${names.join(', ')} changed\n\n`);
    }
  }

  /** Somebody wants it to stop. */
  interrupt(): void {
    this.#isOver = true;
    this.#running?.interrupt();
    this.#wake();
  }

  get #mayGoOn(): boolean {
    return !this.#isOver && this.#changed.size === 0;
  }

  #watch(): void {
    const files = new Set(withImports(this.#file));
    const folders = new Set([...files].map((file) => path.dirname(file)));
    this.#watchers = [...folders].map((folder) =>
      watch(folder, (_, name) => {
        const file = path.join(folder, name ?? '');
        if (!files.has(file)) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          this.#changed.add(file);
          // What it is searching is no longer there.
          this.#running?.interrupt();
          this.#wake();
        }, QUIET_MS);
      }),
    );
  }
}

/** A file and those that it imports by a relative path, and so on. */
function withImports(entry: string): readonly string[] {
  const found = new Set([entry]);
  for (const file of found)
    for (const [, specifier] of textOf(file).matchAll(IMPORT)) {
      const base = path.resolve(path.dirname(file), specifier).replace(CODE, '');
      for (const ending of ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'])
        if (textOf(`${base}${ending}`) !== '') found.add(`${base}${ending}`);
    }
  return [...found];
}

/** Empty where it cannot be read: `check` says so. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
