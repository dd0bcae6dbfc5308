/** What the commands of the bench share: settings from the command line, and what is said of wrong ones. */

/**
 * Runs a command and gives its exit code: 2 with the reason and the usage for arguments that are refused, 0 with the
 * usage alone where `settingsOf` finds that it was asked for.
 */
export async function runCommand<Settings>(
  usage: string,
  settingsOf: (args: string[]) => Settings | undefined,
  run: (settings: Settings) => Promise<number>,
): Promise<number> {
  let settings: Settings | undefined;
  try {
    settings = settingsOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (settings !== undefined) return run(settings);
  console.log(usage);
  return 0;
}

/** The number that an option gives. @throws Error unless it is a whole one from 1 on */
export function count(value: string | undefined, byDefault: number, option: string): number {
  if (value === undefined) return byDefault;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option} takes a whole number from 1 on.`);
  return number;
}
