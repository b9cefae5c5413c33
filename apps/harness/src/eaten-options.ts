/** Options that never arrive: npm takes what stands before `--` for its own settings, and says nothing. */

/** An option of the program, `--max-seconds` or `--no-symmetry`. */
type Option = string;

/**
 * The options among these that npm took for itself when it started the program.
 *
 * @param env - the environment, in which npm tells its settings
 */
export function eatenByNpm(
  env: Readonly<Record<string, string | undefined>>,
  options: Iterable<Option>,
): readonly Option[] {
  const script = env['npm_lifecycle_event'];
  if (script === undefined || script === 'npx') return [];
  return [...new Set(options)].filter((option) => {
    const isNegated = option.startsWith('--no-');
    const value = env[`npm_config_${option.replace(/^--(no-)?/, '').replaceAll('-', '_')}`];
    // npm tells `false` by an empty text.
    return value !== undefined && (value === '') === isNegated;
  });
}
