/** How a connection ended, in words and as an exit code. */

/** What is known of the end. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Whether the closing handshake was asked for at our side. */
  readonly closedByUs: boolean;
  /** Why the connection was failed, if it was. */
  readonly error: Error | undefined;
}

/** Codes by which a server says that all is well: normal, going away, none (RFC 6455 §7.4.1). */
const orderly = new Set([1000, 1001, 1005]);

/** The exit code; see the usage. */
export function exitCodeOf({ code, closedByUs, error }: Ending): number {
  if (code === 1006 || error !== undefined) return 3;
  return closedByUs || orderly.has(code) ? 0 : 4;
}

/** The end in a line. */
export function endingText({ code, reason, error }: Ending): string {
  if (error !== undefined) return `Failed: ${error.message}.`;
  if (code === 1006) return 'The connection was lost: no close frame came (1006).';
  return `Closed: ${code === 1005 ? 'without a code (1005)' : code}${reason === '' ? '' : ` ${reason}`}.`;
}
