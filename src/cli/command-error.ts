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
