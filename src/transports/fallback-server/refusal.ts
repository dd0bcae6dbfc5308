import type { ServerResponse } from 'node:http';
import { CloseCode } from '../../protocol/close-codes.js';
import { HandshakeError } from '../../protocol/errors.js';
import { uncached } from './downstream.js';

/** A request that gets no session: an HTTP status, and the close code and reason that it means to the client. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: number,
    reason: string,
    { headers = {}, cause }: { headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(reason, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The session is not there, or is somebody else's, or has lost what it would have to say again: begin another one. */
export const impossible = (status = 410): Refusal => new Refusal(status, 4408, 'resume impossible');

/** The request is none of this protocol. */
export const malformed = (reason: string): Refusal => new Refusal(400, CloseCode.PROTOCOL_ERROR, reason);

/** Makes a refusal of what a check has thrown; of an error of our own or of a hook the client learns nothing. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof HandshakeError)) {
    return new Refusal(500, CloseCode.INTERNAL_ERROR, 'internal error', { cause: error });
  }
  const { status, message, headers, cause } = error;
  // Close codes of sessions are the client errors of HTTP in the range for private use.
  const code = status < 500 ? 4000 + status : CloseCode.TRY_AGAIN_LATER;
  return new Refusal(status, code, message, { headers, cause });
}

/** Answers with a refusal, if there has been no answer yet. */
export function refuse(response: ServerResponse, { status, code, message, headers }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    ...uncached,
    ...headers,
    'content-type': 'application/json',
    // Nobody reads the rest of its body; HTTP/2 has no such header, and no need of it.
    ...(response.req.httpVersionMajor === 1 && { connection: 'close' }),
  });
  // What still comes of its body is not waited for.
  if (response.req.httpVersionMajor > 1) response.once('finish', () => response.req.destroy());
  response.end(JSON.stringify({ code, reason: message }));
}
