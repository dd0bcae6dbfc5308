import type { IncomingMessage } from 'node:http';
import { CloseCode } from '../../protocol/close-codes.js';
import { malformed, Refusal } from './refusal.js';

/** Messages of one request: more would only be cheaper for who attacks. */
const MAX_MESSAGES = 1000;

/** Characters of several messages that a client sends by one request; a longer message has one of its own. */
const MAX_BATCH_LENGTH = 131_072;
/** Octets that one character may take in JSON, such as `\u0001`. */
const MAX_ESCAPE = 6;

/**
 * Bytes that a body may have: of what a client sends at once, or of one long message, of which JSON may make two
 * characters for one where it is made of quotes or line feeds.
 * @param maxPayload bytes of the longest message
 */
export function maxBodyLength(maxPayload: number): number {
  return Math.max(maxPayload * 2, MAX_BATCH_LENGTH * MAX_ESCAPE) + 65_536;
}

/** How long a body may take. */
export interface Pace {
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** Bytes have come, for which there is more time. */
  readonly arrived: (bytes: number) => void;
  /** Another request has come in its place. */
  readonly supersede: () => void;
}

/**
 * Reads the body of a POST: a JSON array of texts.
 * @param maxLength bytes of it
 * @throws Refusal
 */
export async function readMessages(
  request: IncomingMessage,
  maxLength: number,
  pace: Pace,
): Promise<readonly string[]> {
  const body = await readBody(request, maxLength, pace);
  let messages: unknown;
  try {
    messages = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    throw malformed('the body is no JSON');
  }
  if (!isBatch(messages)) throw malformed('the body is no array of strings');
  if (messages.length > MAX_MESSAGES) throw malformed(`at most ${MAX_MESSAGES} messages`);
  return messages;
}

function isBatch(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((message) => typeof message === 'string');
}

/** Gathers a body until it ends, is too long, or the signal is aborted; then nothing of it is kept. */
async function readBody(
  request: IncomingMessage,
  maxLength: number,
  { signal, arrived }: Pace,
): Promise<Buffer> {
  const tooLong = () =>
    new Refusal(413, CloseCode.MESSAGE_TOO_BIG, `at most ${maxLength} bytes in one request`);
  if (Number(request.headers['content-length'] ?? 0) > maxLength) throw tooLong();
  if (request.readableEnded) {
    throw new Error('The body was read by somebody else: put the fallback server in front of body parsers');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  let take: (chunk: Buffer) => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      take = (chunk) => {
        length += chunk.length;
        arrived(chunk.length);
        if (length <= maxLength) chunks.push(chunk);
        else {
          request.pause();
          reject(tooLong());
        }
      };
      request.on('data', take).once('end', resolve).once('close', resolve).once('error', reject);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    if (!request.readableEnded) throw new Refusal(408, 4408, 'the body is not complete');
    return Buffer.concat(chunks);
  } finally {
    // What still comes is not read: the answer ends the connection.
    request.off('data', take).pause();
    chunks.length = 0;
  }
}
