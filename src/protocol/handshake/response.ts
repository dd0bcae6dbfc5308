/**
 * The client's side of the opening handshake (RFC 6455 §4.1): writes the request, judges the response. It may
 * not know URLs, redirects or sockets, and is given its key, since this layer has no randomness.
 */

import {
  errorCatalogue,
  HandshakeError,
  type HandshakeErrorCode,
  UsageError,
  UsageSyntaxError,
} from '../errors.js';
import { acceptKey, isValidKey } from './accept-key.js';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from './extensions.js';
import { CharacterClass, consistsOf, includesToken, isToken } from './grammar.js';
import { type HeaderFields, type HeadersToSend, headerPairs, serializeHead } from './headers.js';
import { checkResponse, type PerMessageDeflateParameters } from './permessage-deflate.js';

/** What goes into an opening handshake. */
export interface UpgradeRequestToSend {
  /** `Host`: name or address, with the port unless it is the scheme's default. */
  host: string;
  /** Request target, such as `/chat?room=1`: visible ASCII. */
  target: string;
  /** `Sec-WebSocket-Key`: base64 of 16 random bytes, new for each connection (RFC 6455 §4.1 item 7). */
  key: string;
  /** Subprotocols in order of preference; none by default. */
  subprotocols?: Iterable<string> | undefined;
  /** Extensions in order of preference; none by default. */
  extensions?: readonly ExtensionOffer[] | undefined;
  /** `Origin`; none by default. */
  origin?: string | undefined;
  /** Further fields. */
  headers?: HeadersToSend | undefined;
}

/**
 * The head of the request, empty line included (RFC 6455 §4.1).
 *
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for an invalid target, host or key, and for names or values that
 * may not stand in a header; UsageSyntaxError `WS_ERR_INVALID_SUBPROTOCOL` for subprotocols that are no tokens
 * or come twice
 */
export function createUpgradeRequest(request: UpgradeRequestToSend): string {
  const { host, target, key, origin, extensions = [], headers = [] } = request;
  if (!isPresent(CharacterClass.VISIBLE, target)) throw invalidArgument('Invalid request target');
  if (!isPresent(CharacterClass.AUTHORITY, host)) throw invalidArgument('Invalid host');
  if (!isValidKey(key)) throw invalidArgument('The key is not the base64 of 16 bytes');
  const subprotocols = checkedSubprotocols([...(request.subprotocols ?? [])]);
  const fields: (readonly [string, string])[] = [
    ['Host', host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ['Sec-WebSocket-Version', '13'],
  ];
  if (subprotocols.length > 0) fields.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  if (extensions.length > 0) fields.push(['Sec-WebSocket-Extensions', serializeExtensions(extensions)]);
  if (origin !== undefined) fields.push(['Origin', origin]);
  return serializeHead(`GET ${target} HTTP/1.1`, [...fields, ...headerPairs(headers)]);
}

/** A response as it came, and what the request had said. */
export interface ReceivedUpgradeResponse {
  /** HTTP status. */
  status: number;
  /** Its header fields. */
  fields: HeaderFields;
  /** The request's `Sec-WebSocket-Key`. */
  key: string;
  /** Subprotocols that the request offered; none by default. */
  subprotocols?: Iterable<string> | undefined;
  /** The request's permessage-deflate offer as `createOffer` made it; none by default. */
  offer?: ExtensionOffer | null | undefined;
}

/** What a good response says. */
export interface CheckedUpgradeResponse {
  /** The server's choice; empty if no subprotocol was offered. */
  subprotocol: string;
  /** What was agreed about compression; `null` if there is none. */
  deflate: PerMessageDeflateParameters | null;
}

/**
 * Judges the response to an opening handshake by RFC 6455 §4.1; as in a browser, a server that was offered
 * subprotocols must choose one.
 *
 * @throws HandshakeError with the response's status: `WS_ERR_UNEXPECTED_RESPONSE` unless it is 101, and the
 * code of the first field that is missing or wrong
 */
export function checkUpgradeResponse(response: ReceivedUpgradeResponse): CheckedUpgradeResponse {
  const { status, fields, key, offer = null } = response;
  if (status !== 101) throw unexpectedStatus(status);
  // Items 2 to 4 of the list in §4.1. Unlike a request's, this Upgrade has no alternatives.
  if (fields.get('Upgrade')?.toLowerCase() !== 'websocket') throw failure('WS_ERR_INVALID_UPGRADE_HEADER');
  if (!includesToken(fields.all('Connection'), 'upgrade')) throw failure('WS_ERR_INVALID_CONNECTION_HEADER');
  if (fields.get('Sec-WebSocket-Accept') !== acceptKey(key)) throw failure('WS_ERR_INVALID_ACCEPT_HEADER');
  return {
    subprotocol: checkSubprotocol(fields.get('Sec-WebSocket-Protocol'), new Set(response.subprotocols)),
    deflate: checkExtensions(fields.get('Sec-WebSocket-Extensions'), offer),
  };
}

/** Item 6 of the list in §4.1. A repeated field is a list with a comma and hence none of the offered tokens. */
function checkSubprotocol(chosen: string | undefined, offered: ReadonlySet<string>): string {
  const reason = (message: string) => failure('WS_ERR_UNEXPECTED_SUBPROTOCOL', message);
  if (chosen === undefined && offered.size > 0) throw reason('Server sent no subprotocol');
  if (chosen === undefined) return '';
  if (offered.size === 0) throw reason('Server sent a subprotocol but none was requested');
  if (!offered.has(chosen)) throw reason('Server sent an invalid subprotocol');
  return chosen;
}

/** Item 5 of the list in §4.1. */
function checkExtensions(
  value: string | undefined,
  offer: ExtensionOffer | null,
): PerMessageDeflateParameters | null {
  if (value === undefined) return null;
  if (offer === null) {
    const message = 'Server sent a Sec-WebSocket-Extensions header but no extension was requested';
    throw failure('WS_ERR_UNEXPECTED_EXTENSION', message);
  }
  return checkResponse(parseReceivedExtensions(value), offer);
}

function parseReceivedExtensions(value: string): ExtensionOffer[] {
  try {
    return parseExtensions(value);
  } catch (cause) {
    const message = 'Invalid Sec-WebSocket-Extensions header';
    throw failure('WS_ERR_INVALID_EXTENSIONS_HEADER', message, cause);
  }
}

/** Item 10 of the list in §4.1: distinct tokens. */
function checkedSubprotocols(subprotocols: readonly string[]): readonly string[] {
  if (subprotocols.every(isToken) && new Set(subprotocols).size === subprotocols.length) return subprotocols;
  throw new UsageSyntaxError('WS_ERR_INVALID_SUBPROTOCOL');
}

function isPresent(characterClass: CharacterClass, text: string): boolean {
  return text !== '' && consistsOf(characterClass, text);
}

function invalidArgument(detail: string): UsageError {
  return new UsageError('WS_ERR_INVALID_ARGUMENT', detail);
}

function unexpectedStatus(status: number): HandshakeError {
  const message = `${errorCatalogue.WS_ERR_UNEXPECTED_RESPONSE.message} ${status}`;
  return new HandshakeError(status, { code: 'WS_ERR_UNEXPECTED_RESPONSE', message });
}

function failure(
  code: HandshakeErrorCode,
  message: string = errorCatalogue[code].message,
  cause?: unknown,
): HandshakeError {
  return new HandshakeError(101, { code, message, cause });
}
