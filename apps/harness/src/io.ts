/** What a command may do to the world: write, and learn that it was interrupted. Tests give their own. */

/** One output stream. */
export interface Output {
  readonly write: (text: string) => void;
  readonly isTTY: boolean;
  /** Characters a line, where known. */
  readonly columns: number | undefined;
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
  /** The environment, in which npm tells what it took for itself; nothing is looked at where it is absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A process stream as an {@link Output}. */
export function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    stream,
  };
}
