/** `watch`: a model checked again whenever it is saved. The main thread does that, with `check`; here are the words. */
import { Command } from '@commander-js/extra-typings';
import { commandLine } from '../command-line.js';
import type { Context } from '../context.js';
import { UsageError } from '../exit.js';

/** Makes the command. */
export function watchCommand(_context: Context): Command {
  const command = new Command('watch')
    .summary('check a model again at every save')
    .description('Checks your own model, and again whenever its file is saved, or one that it imports. Ctrl-C ends it.')
    .argument('<file[@variant]>', 'your own model: file.ts, file.ts@variant, file.ts#scenario@variant')
    .argument('[options...]', 'those of `check`')
    .allowUnknownOption()
    .addHelpText('after', () => `\nExample:\n  ${commandLine('watch')} ./my-model.ts@broken --max-seconds 10`);
  command.action((file) => {
    throw new UsageError(
      `watch: expected the path of a model file, which ends in .ts or .js, got ${file}; what comes with the program does not change: check it`,
    );
  });
  return command as unknown as Command;
}
