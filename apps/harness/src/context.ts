/** What every command is given. */
import type { Catalogue } from './catalogue.js';
import type { ExitCode } from './exit.js';
import type { Io } from './io.js';

/** One run of the program. */
export interface Context {
  readonly io: Io;
  readonly catalogue: Catalogue;
  /** Called once by the command that ran. */
  readonly finish: (code: ExitCode) => void;
}

/** The folder and catalogue that scenarios are found in. */
export function libraryOf({ io, catalogue }: Context): { catalogue: Catalogue; cwd: string } {
  return { catalogue, cwd: io.cwd };
}
