import type { IncomingMessage } from 'node:http';
import { malformed } from './refusal.js';

/** What a request says of the session that it belongs to. */
export interface SessionRequest {
  /** Whether messages come as events or as the answers of polls; what it is of no matter in a POST. */
  readonly accepts: 'sse' | 'polling' | 'neither';
  /** The session's id; `undefined`: the server is to choose one, as for an `EventSource`. */
  readonly id: string | undefined;
  /** Proof that it is the client's own; `undefined`: it is to begin. */
  readonly key: string | undefined;
  /** Number of the last message that the client has. */
  readonly after: number;
  /** Whether events are to have ids. */
  readonly hasIds: boolean;
  readonly protocols: ReadonlySet<string>;
  readonly query: URLSearchParams;
}

/** Characters of an id that a client has chosen. */
const MIN_ID_LENGTH = 16;
const MAX_ID_LENGTH = 64;
/** Subprotocols that are looked at. */
const MAX_PROTOCOLS = 20;

/** Reads what a request says. @throws Refusal */
export function readSessionRequest({ url = '', headers }: IncomingMessage): SessionRequest {
  const begin = url.indexOf('?');
  const query = new URLSearchParams(begin < 0 ? '' : url.slice(begin + 1));
  const common = { accepts: acceptedBy(headers.accept), protocols: protocolsOf(query), query };
  const id = query.get('session') ?? undefined;
  if (id !== undefined) {
    if (!isId(id)) throw malformed('"session" is 16 to 64 letters, digits, "-" and "_"');
    const key = headers['hawser-key'];
    const after = numberOf(query, 'after', 0);
    return { ...common, id, key: key === undefined ? undefined : String(key), after, hasIds: false };
  }
  const last = headers['last-event-id'];
  if (last === undefined || last === '') {
    return { ...common, id, key: undefined, after: 0, hasIds: true };
  }
  const [session, key, number, ...rest] = String(last).split('.', 4);
  const after = wholeNumber(number ?? '');
  if (!isId(session ?? '') || after === undefined || rest.length > 0)
    throw malformed('"Last-Event-ID" is none of ours');
  return { ...common, id: session, key, after, hasIds: true };
}

/** A number of the query. @throws Refusal if it is none */
export function numberOf(query: URLSearchParams, name: string, missing?: number): number {
  const text = query.get(name);
  const number = text === null ? missing : wholeNumber(text);
  if (number === undefined) throw malformed(`"${name}" is no whole number`);
  return number;
}

function wholeNumber(text: string): number | undefined {
  const isDigits =
    text !== '' && text.length <= 15 && [...text].every((digit) => digit >= '0' && digit <= '9');
  return isDigits ? Number(text) : undefined;
}

function isId(text: string): boolean {
  if (text.length < MIN_ID_LENGTH || text.length > MAX_ID_LENGTH) return false;
  return [...text].every((character) => {
    const isLetter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return isLetter || (character >= '0' && character <= '9') || character === '-' || character === '_';
  });
}

/** Who accepts anything, such as curl, gets events; images and documents of pages, which accept more than that, do not. */
function acceptedBy(accept = '*/*'): SessionRequest['accepts'] {
  if (accept.includes('application/json')) return 'polling';
  return accept.includes('text/event-stream') || accept === '*/*' ? 'sse' : 'neither';
}

function protocolsOf(query: URLSearchParams): ReadonlySet<string> {
  const offered = query.get('protocols');
  return new Set(offered ? offered.split(',', MAX_PROTOCOLS) : []);
}
