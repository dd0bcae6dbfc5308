/**
 * The one error of the command line: what it says is for the person who typed the command.
 */

/** Ends the command with `exitCode` after printing the message and, for wrong arguments, the usage. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** 2 for wrong arguments, 1 for everything else. */
  readonly exitCode: number;
  /** The usage text that goes below the message. */
  readonly usage: string | undefined;

  constructor(exitCode: number, message: string, usage?: string) {
    super(message);
    this.exitCode = exitCode;
    this.usage = usage;
  }
}

/** What `parseArgs` says first; the rest of it is about arguments that nobody gives here. */
export function firstSentence(message: string): string {
  const end = message.indexOf('. ');
  return end < 0 ? message : message.slice(0, end + 1);
}
