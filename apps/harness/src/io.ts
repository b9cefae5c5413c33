/** What a command may do to the world: write, and learn that it was interrupted. Tests give their own. */
import { createLogUpdate } from 'log-update';
import type { SuiteStand } from './suite-stand.js';
import type { Watch } from './watch.js';

/** One output stream. */
export interface Output {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** Characters a line, where known. */
  readonly columns: number | undefined;
  /** Whether text may be coloured; by default on a terminal, unless the user wants none. */
  readonly colours?: boolean;
  /** Lines that are drawn anew again and again; absent where there is no terminal. */
  readonly live?: LiveLines;
}

/** Lines at the end of a terminal. */
export interface LiveLines {
  /** Puts a text in their place. */
  show(text: string): void;
  /** Takes them away. */
  clear(): void;
}

/** The world of one run of the program. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Folder that relative model files are looked up in. */
  readonly cwd: string;
  /** The environment, in which npm tells what it took for itself; nothing is looked at where it is absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Who ends the program if it does not end by itself; nobody if absent. */
  readonly watch?: Watch;
  /** A run of the suite that was ended from outside, to go on with. */
  readonly suite?: SuiteStand;
}

/** A process stream as an {@link Output}. */
export function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => {
      stream.write(printable(text));
    },
    isTTY: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : columnsWanted(process.env['COLUMNS']);
    },
    colours: coloursWanted(process.env) ?? stream.isTTY,
    ...(stream.isTTY && { live: liveLines(stream) }),
  };
}

function liveLines(stream: NodeJS.WriteStream): LiveLines {
  const redraw = createLogUpdate(stream);
  return {
    show: (text) => {
      redraw(printable(text));
    },
    clear: () => {
      redraw.clear();
      redraw.done();
    },
  };
}

/** All that a terminal obeys, but for line ends, tabs and colours. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROLS = /\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** A text that does nothing to a terminal: names and messages of models may hold anything. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The width that the user asks for where there is no terminal to tell it. */
export function columnsWanted(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined;
}

/** Whether the user asks for colours, or for none; `undefined` where the terminal decides. */
export function coloursWanted(env: Readonly<Record<string, string | undefined>>): boolean | undefined {
  const { FORCE_COLOR: force, NO_COLOR: none = '', CLICOLOR_FORCE: forced = '0' } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (none !== '') return false;
  return forced !== '' && forced !== '0' ? true : undefined;
}
