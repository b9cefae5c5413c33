/** `new`: a model to begin with, in a folder of its own. */
import { Command } from '@commander-js/extra-typings';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandLine, word } from '../command-line.js';
import type { Context } from '../context.js';
import { draftOf } from '../drafts.js';
import { EXIT, UsageError } from '../exit.js';
import { firstModel, typesFor } from '../first-model.js';
import { reasonOf } from '../system-error.js';

const NAME = /^[a-z][a-z0-9-]*$/;

/** Makes the command. */
export function newCommand(context: Context): Command {
  const command = new Command('new')
    .summary('a model to begin with')
    .description(
      'Makes a folder with a model that can be checked at once, and a tsconfig.json that shows an editor its types.',
    )
    .argument('<name>', 'name of the model and of its folder: small letters, digits and -; may be a path');
  command.action((given) => {
    const { cwd, stdout } = context.io;
    const folder = path.resolve(cwd, given);
    const name = path.basename(folder);
    if (!NAME.test(name))
      throw new UsageError(
        `new: expected a name of small letters, digits and -, which begins with a letter, got ${JSON.stringify(name)}`,
      );
    if (existsSync(folder)) throw new UsageError(`new: ${given} is there already; take another name, or remove it`);
    writeFolder(folder, given, { [`${name}.ts`]: firstModel(name), 'tsconfig.json': typesFor(folder) });
    const file = `./${path.join(path.relative(cwd, folder), `${name}.ts`)}`;
    stdout.write(
      `wrote ${file} and a tsconfig.json beside it\n\n${[file, `${file}@unlocked`].map((one) => commandLine('check', word(one))).join('\n')}\n`,
    );
    context.finish(EXIT.EXPECTED);
  });
  return command as unknown as Command;
}

/** Writes a folder whole or not at all. */
function writeFolder(folder: string, given: string, files: Readonly<Record<string, string>>): void {
  const draft = draftOf(folder);
  try {
    mkdirSync(draft);
    try {
      for (const [name, text] of Object.entries(files)) writeFileSync(path.join(draft, name), text);
      renameSync(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  } catch (error) {
    throw new UsageError(`new: cannot write ${given}: ${reasonOf(error)}`);
  }
}
