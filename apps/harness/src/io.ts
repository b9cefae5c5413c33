/** What a command may do to the world: write, and learn that it was interrupted. Tests give their own. */

/** One output stream. */
export interface Output {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** Characters a line, where known. */
  readonly columns: number | undefined;
  /** Whether text may be coloured; by default on a terminal, unless the user wants none. */
  readonly colours?: boolean;
  /** The stream itself, for what redraws lines; absent in tests. */
  readonly stream?: NodeJS.WriteStream;
}

/** The world of one run of the program. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Folder that relative model files are looked up in. */
  readonly cwd: string;
}

/** A process stream as an {@link Output}. */
export function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : columnsWanted(process.env['COLUMNS']);
    },
    colours: coloursWanted(process.env) ?? stream.isTTY,
    stream,
  };
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
