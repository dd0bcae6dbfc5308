/**
 * The server's side of the opening handshake (RFC 6455 §4.2): judges a request, writes the 101 or the refusal.
 * It may not know sockets, nor who may come in: paths, origins and authentication are its caller's.
 */

import { Buffer } from 'node:buffer';
import { errorCatalogue, HandshakeError, type HandshakeErrorCode } from '../errors.js';
import { acceptKey, isValidKey } from './accept-key.js';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from './extensions.js';
import { CharacterClass, consistsOf, includesToken } from './grammar.js';
import { type HeaderFields, type HeadersToSend, serializeFields, serializeHead } from './headers.js';
import { statusText } from './status-texts.js';
import { parseSubprotocols } from './subprotocol.js';

/** A request as it came. */
export interface UpgradeRequest {
  /** Case-sensitive method, such as `GET`. */
  method: string;
  /** HTTP version, such as `1.1`. */
  httpVersion: string;
  /** Request target, such as `/chat?room=1`; not judged here. */
  target: string;
  /** Its header fields. */
  fields: HeaderFields;
}

/** What a good request says. */
export interface CheckedUpgrade {
  /** `Sec-WebSocket-Key`, base64 of 16 bytes. */
  key: string;
  /** Offered subprotocols in the client's order of preference; empty if none. */
  subprotocols: ReadonlySet<string>;
  /** Offered extensions in the client's order of preference; empty if none. */
  extensions: readonly ExtensionOffer[];
  /** `Host`: name or address, with the port if one was given. */
  host: string;
  /** `Origin`; `undefined` if there was none, which no browser does. */
  origin: string | undefined;
}

interface Rule {
  readonly isBroken: (request: UpgradeRequest) => boolean;
  readonly code: HandshakeErrorCode;
  /** Where it is not the catalogue's. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The rules of RFC 6455 §4.2.1, in the order in which they are judged: what concerns HTTP first, then whether
 * this is a WebSocket handshake at all, then its version, since the other fields are those of version 13.
 */
const rules: readonly Rule[] = [
  { isBroken: ({ method }) => method !== 'GET', code: 'WS_ERR_INVALID_METHOD', headers: { Allow: 'GET' } },
  // Item 1: HTTP/1.1 or higher; another major version has other handshakes (RFC 8441, RFC 9220).
  {
    isBroken: ({ httpVersion }) => httpVersion < '1.1' || httpVersion >= '2',
    code: 'WS_ERR_INVALID_HTTP_VERSION',
  },
  // Item 2, and RFC 9112 §3.2.
  { isBroken: ({ fields }) => !isHost(only(fields, 'Host')), code: 'WS_ERR_INVALID_HOST_HEADER' },
  {
    isBroken: ({ fields }) => !fields.has('Upgrade'),
    code: 'WS_ERR_UPGRADE_REQUIRED',
    headers: { Upgrade: 'websocket', Connection: 'Upgrade' },
  },
  // Item 3.
  {
    isBroken: ({ fields }) => !includesToken(fields.all('Upgrade'), 'websocket'),
    code: 'WS_ERR_INVALID_UPGRADE_HEADER',
  },
  // Item 4.
  {
    isBroken: ({ fields }) => !includesToken(fields.all('Connection'), 'upgrade'),
    code: 'WS_ERR_INVALID_CONNECTION_HEADER',
  },
  // Item 6; §11.3.5: not more than once.
  {
    isBroken: ({ fields }) => fields.all('Sec-WebSocket-Version').length > 1,
    code: 'WS_ERR_INVALID_VERSION_HEADER',
    status: 400,
  },
  // §4.4: the answer to another version names ours.
  {
    isBroken: ({ fields }) => only(fields, 'Sec-WebSocket-Version') !== '13',
    code: 'WS_ERR_INVALID_VERSION_HEADER',
    headers: { 'Sec-WebSocket-Version': '13' },
  },
  // Item 5; §11.3.1: not more than once.
  {
    isBroken: ({ fields }) => !isValidKey(only(fields, 'Sec-WebSocket-Key') ?? ''),
    code: 'WS_ERR_INVALID_KEY_HEADER',
  },
];

const NO_SUBPROTOCOLS: ReadonlySet<string> = new Set();
const NO_EXTENSIONS: readonly ExtensionOffer[] = Object.freeze([]);

/**
 * Judges an opening handshake by RFC 6455 §4.2.1. Several `Sec-WebSocket-Protocol` or
 * `Sec-WebSocket-Extensions` fields count as one list (§11.3.2, §11.3.4).
 *
 * @throws HandshakeError with the status and headers of the answer: 405 for another method; 426 without
 * `Upgrade` or for a version other than 13; 400 for everything else that is missing, repeated or invalid
 */
export function checkUpgradeRequest(request: UpgradeRequest): CheckedUpgrade {
  const broken = rules.find((rule) => rule.isBroken(request));
  if (broken !== undefined) throw refusalBy(broken);
  const { fields } = request;
  const subprotocols = fields.get('Sec-WebSocket-Protocol');
  const extensions = fields.get('Sec-WebSocket-Extensions');
  return {
    key: only(fields, 'Sec-WebSocket-Key') as string,
    subprotocols: subprotocols === undefined ? NO_SUBPROTOCOLS : parseSubprotocols(subprotocols),
    extensions: extensions === undefined ? NO_EXTENSIONS : parseExtensions(extensions),
    host: only(fields, 'Host') as string,
    origin: fields.get('Origin'),
  };
}

/** What goes into a 101 response. */
export interface UpgradeResponse {
  /** The client's `Sec-WebSocket-Key`. */
  key: string;
  /** The subprotocol that was chosen among those offered; none by default. */
  subprotocol?: string | undefined;
  /** Extensions that were accepted; none by default. */
  extensions?: readonly ExtensionOffer[] | undefined;
  /** Further fields. */
  headers?: HeadersToSend | undefined;
}

const UPGRADE_HEAD =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ';

/**
 * The head of the 101 response, empty line included (RFC 6455 §4.2.2 step 5). Whether the subprotocol had been
 * offered is the caller's to know.
 *
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` for names or values that may not stand in a header
 */
export function createUpgradeResponse(response: UpgradeResponse): string {
  const { key, subprotocol, extensions = [], headers = [] } = response;
  let head = `${UPGRADE_HEAD}${acceptKey(key)}\r\n`;
  if (subprotocol !== undefined) head += serializeFields([['Sec-WebSocket-Protocol', subprotocol]]);
  if (extensions.length > 0) {
    head += serializeFields([['Sec-WebSocket-Extensions', serializeExtensions(extensions)]]);
  }
  return `${head}${serializeFields(headers)}\r\n`;
}

/** Fields of a refusal that tell where its body ends; an error's headers do not replace them. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/**
 * A whole HTTP/1.1 answer that refuses a handshake, to be written as UTF-8; the connection ends after it. Its
 * body is the error's message in plain text; an error's own `Content-Type` wins. An error whose status is no
 * final one (200 to 599) is answered with 500.
 *
 * @throws UsageError `WS_ERR_INVALID_ARGUMENT` if one of the error's headers may not stand in a header
 */
export function createRefusal(error: HandshakeError): string {
  const status = isFinalStatus(error.status) ? error.status : 500;
  const headers = Object.entries(error.headers).filter(([name]) => !framing.has(name.toLowerCase()));
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  const head = serializeHead(`HTTP/1.1 ${status} ${statusText(status)}`, [
    ['Connection', 'close'],
    ...(hasType ? [] : [['Content-Type', 'text/plain; charset=utf-8'] as const]),
    ['Content-Length', String(Buffer.byteLength(error.message))],
    ...headers,
  ]);
  return head + error.message;
}

function refusalBy({ code, status, headers }: Rule): HandshakeError {
  if (status === undefined) return HandshakeError.of(code, undefined, { headers });
  return new HandshakeError(status, { code, message: errorCatalogue[code].message, headers });
}

/** The value of a field that must come exactly once; `undefined` if it is missing or repeated. */
function only(fields: HeaderFields, name: string): string | undefined {
  const values = fields.all(name);
  return values.length === 1 ? values[0] : undefined;
}

/** Stands for `uri-host [ ":" port ]` by its characters: no user information, no path, no list. */
function isHost(value: string | undefined): boolean {
  return value !== undefined && value !== '' && consistsOf(CharacterClass.AUTHORITY, value);
}

function isFinalStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}
