/**
 * The one catalogue of errors. Every error has a stable `code`; its class tells who must act: the peer
 * broke a rule (`ProtocolError`), a bound was reached (`LimitError`), the opening handshake failed
 * (`HandshakeError`), the connection ended (`ConnectionClosedError`), or the caller made a mistake
 * (`UsageError`, `UsageRangeError`, `UsageSyntaxError`). Codes are never reused for another meaning. The built-in
 * classes behind them are those of `ws`.
 */

interface CatalogueEntry {
  readonly kind: 'protocol' | 'limit' | 'handshake' | 'connection' | 'usage' | 'range' | 'syntax';
  /** Close code that is sent to the peer; for handshakes the HTTP status. */
  readonly status?: number;
  readonly message: string;
}

const frame = 'Invalid WebSocket frame: ';

/** Every code with its class, the close code or HTTP status that goes with it, and its message. */
export const errorCatalogue = {
  // The peer broke a rule of RFC 6455 or RFC 7692.
  WS_ERR_EXPECTED_FIN: { kind: 'protocol', status: 1002, message: `${frame}FIN must be set` },
  WS_ERR_EXPECTED_MASK: { kind: 'protocol', status: 1002, message: `${frame}MASK must be set` },
  WS_ERR_UNEXPECTED_MASK: { kind: 'protocol', status: 1002, message: `${frame}MASK must be clear` },
  WS_ERR_UNEXPECTED_RSV_1: { kind: 'protocol', status: 1002, message: `${frame}RSV1 must be clear` },
  WS_ERR_UNEXPECTED_RSV_2_3: {
    kind: 'protocol',
    status: 1002,
    message: `${frame}RSV2 and RSV3 must be clear`,
  },
  WS_ERR_INVALID_OPCODE: { kind: 'protocol', status: 1002, message: `${frame}invalid opcode` },
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: {
    kind: 'protocol',
    status: 1002,
    message: `${frame}invalid payload length`,
  },
  WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING: {
    kind: 'protocol',
    status: 1002,
    message: `${frame}payload length is not minimally encoded`,
  },
  WS_ERR_INVALID_CLOSE_CODE: { kind: 'protocol', status: 1002, message: `${frame}invalid status code` },
  WS_ERR_INVALID_UTF8: { kind: 'protocol', status: 1007, message: `${frame}invalid UTF-8 sequence` },
  WS_ERR_INVALID_DEFLATE_DATA: {
    kind: 'protocol',
    status: 1007,
    message: 'Invalid permessage-deflate payload:',
  },

  // A bound was reached.
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: {
    kind: 'limit',
    status: 1009,
    message: 'Unsupported WebSocket frame: payload length > 2^53 - 1',
  },
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: { kind: 'limit', status: 1009, message: 'Max payload size exceeded' },
  WS_ERR_TOO_MANY_BUFFERED_PARTS: { kind: 'limit', status: 1008, message: 'Too many message fragments' },
  WS_ERR_SLOW_CONSUMER: {
    kind: 'limit',
    status: 1008,
    message: 'The peer does not read: maxBufferedAmount exceeded',
  },
  WS_ERR_HEARTBEAT_TIMEOUT: { kind: 'limit', status: 1006, message: 'No answer to a heartbeat ping in time' },

  // The opening handshake failed.
  WS_ERR_HANDSHAKE_REFUSED: { kind: 'handshake', status: 401, message: 'Handshake refused' },
  WS_ERR_INVALID_HTTP_MESSAGE: { kind: 'handshake', status: 400, message: 'Malformed HTTP message:' },
  WS_ERR_INVALID_METHOD: { kind: 'handshake', status: 405, message: 'Invalid HTTP method' },
  WS_ERR_INVALID_HTTP_VERSION: { kind: 'handshake', status: 400, message: 'HTTP/1.1 is required' },
  WS_ERR_INVALID_HOST_HEADER: { kind: 'handshake', status: 400, message: 'Missing or invalid Host header' },
  WS_ERR_INVALID_UPGRADE_HEADER: { kind: 'handshake', status: 400, message: 'Invalid Upgrade header' },
  WS_ERR_INVALID_CONNECTION_HEADER: { kind: 'handshake', status: 400, message: 'Invalid Connection header' },
  WS_ERR_INVALID_KEY_HEADER: {
    kind: 'handshake',
    status: 400,
    message: 'Missing or invalid Sec-WebSocket-Key header',
  },
  WS_ERR_INVALID_VERSION_HEADER: {
    kind: 'handshake',
    status: 426,
    message: 'Missing or invalid Sec-WebSocket-Version header',
  },
  WS_ERR_INVALID_PROTOCOL_HEADER: {
    kind: 'handshake',
    status: 400,
    message: 'Invalid Sec-WebSocket-Protocol header',
  },
  WS_ERR_INVALID_EXTENSIONS_HEADER: {
    kind: 'handshake',
    status: 400,
    message: 'Invalid or unacceptable Sec-WebSocket-Extensions header',
  },
  WS_ERR_UPGRADE_REQUIRED: { kind: 'handshake', status: 426, message: 'Upgrade Required' },
  WS_ERR_PATH_NOT_SERVED: { kind: 'handshake', status: 404, message: 'No WebSocket endpoint at this path' },
  WS_ERR_ORIGIN_REFUSED: { kind: 'handshake', status: 403, message: 'Origin not allowed' },
  WS_ERR_TOO_MANY_HEADERS: { kind: 'handshake', status: 431, message: 'Too many request headers' },
  WS_ERR_TOO_MANY_PENDING_HANDSHAKES: {
    kind: 'handshake',
    status: 503,
    message: 'Too many pending handshakes',
  },
  WS_ERR_SHUTTING_DOWN: { kind: 'handshake', status: 503, message: 'The server is shutting down' },
  WS_ERR_CHECK_FAILED: { kind: 'handshake', status: 500, message: 'Internal Server Error' },
  WS_ERR_HANDSHAKE_TIMEOUT: { kind: 'handshake', status: 408, message: 'Opening handshake has timed out' },
  WS_ERR_UNEXPECTED_RESPONSE: { kind: 'handshake', message: 'Unexpected server response:' },
  WS_ERR_INVALID_ACCEPT_HEADER: { kind: 'handshake', message: 'Invalid Sec-WebSocket-Accept header' },
  WS_ERR_UNEXPECTED_SUBPROTOCOL: { kind: 'handshake', message: '' },
  WS_ERR_UNEXPECTED_EXTENSION: { kind: 'handshake', message: '' },
  WS_ERR_INVALID_REDIRECT: { kind: 'handshake', message: '' },
  WS_ERR_TOO_MANY_REDIRECTS: { kind: 'handshake', message: 'Maximum redirects exceeded' },
  WS_ERR_PROXY_REFUSED: { kind: 'handshake', message: 'The proxy refused CONNECT:' },
  WS_ERR_CLOSED_BEFORE_OPEN: {
    kind: 'handshake',
    message: 'WebSocket was closed before the connection was established',
  },

  // The connection ended.
  WS_ERR_CONNECTION_CLOSED: { kind: 'connection', message: 'The connection was closed:' },

  // The caller made a mistake.
  WS_ERR_NOT_OPEN: { kind: 'usage', message: 'WebSocket is not open:' },
  WS_ERR_INVALID_ARGUMENT: { kind: 'usage', message: '' },
  WS_ERR_INVALID_OPTIONS: { kind: 'usage', message: '' },
  WS_ERR_SERVER_NOT_RUNNING: { kind: 'usage', message: 'The server is not running' },
  WS_ERR_SOURCE_FAILED: { kind: 'usage', message: 'The source of a streamed message failed' },
  WS_ERR_CONTROL_DATA_TOO_LONG: { kind: 'range', message: '' },
  WS_ERR_INVALID_URL: { kind: 'syntax', message: '' },
  WS_ERR_INVALID_SUBPROTOCOL: {
    kind: 'syntax',
    message: 'An invalid or duplicated subprotocol was specified',
  },
} as const satisfies Record<string, CatalogueEntry>;

/** What `Error` takes, named here since declarations for older libraries than ES2022 do not know it. */
interface Cause {
  cause?: unknown;
}

/** Every stable error code of hawser. */
export type ErrorCode = keyof typeof errorCatalogue;

type CodeOf<Kind extends CatalogueEntry['kind']> = {
  [Code in ErrorCode]: (typeof errorCatalogue)[Code]['kind'] extends Kind ? Code : never;
}[ErrorCode];

/** Codes of `ProtocolError`. */
export type ProtocolErrorCode = CodeOf<'protocol'>;
/** Codes of `LimitError`. */
export type LimitErrorCode = CodeOf<'limit'>;
/** Codes of `HandshakeError`. */
export type HandshakeErrorCode = CodeOf<'handshake'>;
/** Codes of `UsageError`. */
export type UsageErrorCode = CodeOf<'usage'>;
/** Codes of `UsageRangeError`. */
export type UsageRangeErrorCode = CodeOf<'range'>;
/** Codes of `UsageSyntaxError`. */
export type UsageSyntaxErrorCode = CodeOf<'syntax'>;

function entry(code: ErrorCode): CatalogueEntry {
  return errorCatalogue[code];
}

function text(code: ErrorCode, detail: string | number | undefined): string {
  const { message } = entry(code);
  return detail === undefined ? message : `${message} ${detail}`.trimStart();
}

/** The peer broke a rule; the connection is failed with `closeCode` (RFC 6455 §7.1.7). */
export class ProtocolError extends RangeError {
  override readonly name: string = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  /** The close code that tells the peer: 1002 or 1007. */
  readonly closeCode: number;

  constructor(code: ProtocolErrorCode, detail?: string | number, options?: Cause) {
    super(text(code, detail), options);
    this.code = code;
    this.closeCode = entry(code).status as number;
  }
}

/** The peer reached a bound of ours; the connection is failed with `closeCode` or destroyed (1006). */
export class LimitError extends RangeError {
  override readonly name: string = 'LimitError';
  readonly code: LimitErrorCode;
  /** The close code that tells the peer: 1008 or 1009; 1006 where nothing can be sent. */
  readonly closeCode: number;

  constructor(code: LimitErrorCode, detail?: string | number) {
    super(text(code, detail));
    this.code = code;
    this.closeCode = entry(code).status as number;
  }
}

/** Options of a `HandshakeError`. */
export interface HandshakeErrorOptions extends Cause {
  /** Stable code; `WS_ERR_HANDSHAKE_REFUSED` by default. */
  code?: HandshakeErrorCode | undefined;
  /** Message; on a server it is the body of the answer, so it must not hold a secret. */
  message?: string | undefined;
  /** Further headers of the HTTP answer, such as `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * The opening handshake failed. Thrown in a server's `authenticate` it refuses the client with `status`:
 * `throw new HandshakeError(401)`.
 */
export class HandshakeError extends Error {
  override readonly name: string = 'HandshakeError';
  readonly code: HandshakeErrorCode;
  /** HTTP status: what a server answers; at a client what the server answered, 0 if nothing usable. */
  readonly status: number;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, options: HandshakeErrorOptions | string = {}) {
    const {
      code = 'WS_ERR_HANDSHAKE_REFUSED',
      message,
      headers = {},
      cause,
    } = typeof options === 'string' ? { message: options } : (options as HandshakeErrorOptions);
    super(message ?? text(code, undefined), cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.headers = headers;
  }

  /** The catalogue's error for `code`, with its status and message. */
  static of(
    code: HandshakeErrorCode,
    detail?: string | number,
    options: HandshakeErrorOptions = {},
  ): HandshakeError {
    return new HandshakeError(entry(code).status ?? 0, { ...options, code, message: text(code, detail) });
  }
}

/** What a `ConnectionClosedError` tells of the closing handshake. */
export interface ConnectionClosedDetails extends Cause {
  /** Code of the peer's close frame: 1005 if it had none, 1006 if no close frame came. */
  receivedCode: number;
  /** Reason of the peer's close frame. */
  receivedReason?: string;
  /** Code of our close frame; `undefined` if we sent none. */
  sentCode?: number | undefined;
  /** Who closed first; `undefined` if nobody sent a close frame. */
  closedFirst?: 'us' | 'peer' | undefined;
}

/** The connection ended while something still waited for it. */
export class ConnectionClosedError extends Error {
  override readonly name: string = 'ConnectionClosedError';
  readonly code = 'WS_ERR_CONNECTION_CLOSED';
  readonly receivedCode: number;
  readonly receivedReason: string;
  readonly sentCode: number | undefined;
  readonly closedFirst: 'us' | 'peer' | undefined;

  constructor(details: ConnectionClosedDetails) {
    const { receivedCode, receivedReason = '', sentCode, closedFirst, cause } = details;
    const reason = receivedReason === '' ? '' : ` (${receivedReason})`;
    super(
      text('WS_ERR_CONNECTION_CLOSED', `${receivedCode}${reason}`),
      cause === undefined ? undefined : { cause },
    );
    this.receivedCode = receivedCode;
    this.receivedReason = receivedReason;
    this.sentCode = sentCode;
    this.closedFirst = closedFirst;
  }
}

/** The caller made a mistake: wrong argument, wrong state, contradictory options. */
export class UsageError extends TypeError {
  override readonly name: string = 'UsageError';
  readonly code: UsageErrorCode;

  constructor(code: UsageErrorCode, detail?: string, options?: Cause) {
    super(text(code, detail), options);
    this.code = code;
  }
}

/** The caller's mistake where `ws` throws a `RangeError`: more data than a control frame has room for. */
export class UsageRangeError extends RangeError {
  override readonly name: string = 'RangeError';
  readonly code: UsageRangeErrorCode;

  constructor(code: UsageRangeErrorCode, detail?: string, options?: Cause) {
    super(text(code, detail), options);
    this.code = code;
  }
}

/** The caller's mistake where `ws` and the WHATWG standard throw a `SyntaxError`: URLs and subprotocols. */
export class UsageSyntaxError extends SyntaxError {
  override readonly name: string = 'SyntaxError';
  readonly code: UsageSyntaxErrorCode;

  constructor(code: UsageSyntaxErrorCode, detail?: string, options?: Cause) {
    super(text(code, detail), options);
    this.code = code;
  }
}
