import { describe, expect, it } from 'vitest';
import { isValidCloseCode } from '../../src/protocol/close-codes.js';
import {
  ConnectionClosedError,
  type ErrorCode,
  errorCatalogue,
  HandshakeError,
  type HandshakeErrorCode,
  LimitError,
  type LimitErrorCode,
  ProtocolError,
  type ProtocolErrorCode,
  UsageError,
  type UsageErrorCode,
  UsageRangeError,
  type UsageRangeErrorCode,
  UsageSyntaxError,
  type UsageSyntaxErrorCode,
} from '../../src/protocol/errors.js';

type Entry = { kind: string; status?: number; message: string };
const catalogue = Object.entries(errorCatalogue) as [ErrorCode, Entry][];
const codesOf = <Code extends ErrorCode>(kind: string): Code[] =>
  catalogue.filter(([, entry]) => entry.kind === kind).map(([code]) => code as Code);

describe('the catalogue', () => {
  it.each(catalogue)('%s is a stable name', (code, { kind }) => {
    expect(code).toMatch(/^WS_ERR_[A-Z][A-Z0-9_]*[A-Z0-9]$/);
    expect(['protocol', 'limit', 'handshake', 'connection', 'usage', 'range', 'syntax']).toContain(kind);
  });

  it('keeps the names and messages that users of ws know', () => {
    const known = {
      WS_ERR_EXPECTED_FIN: 'Invalid WebSocket frame: FIN must be set',
      WS_ERR_EXPECTED_MASK: 'Invalid WebSocket frame: MASK must be set',
      WS_ERR_INVALID_CLOSE_CODE: 'Invalid WebSocket frame: invalid status code',
      WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 'Invalid WebSocket frame: invalid payload length',
      WS_ERR_INVALID_OPCODE: 'Invalid WebSocket frame: invalid opcode',
      WS_ERR_INVALID_UTF8: 'Invalid WebSocket frame: invalid UTF-8 sequence',
      WS_ERR_TOO_MANY_BUFFERED_PARTS: 'Too many message fragments',
      WS_ERR_UNEXPECTED_MASK: 'Invalid WebSocket frame: MASK must be clear',
      WS_ERR_UNEXPECTED_RSV_1: 'Invalid WebSocket frame: RSV1 must be clear',
      WS_ERR_UNEXPECTED_RSV_2_3: 'Invalid WebSocket frame: RSV2 and RSV3 must be clear',
      WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'Unsupported WebSocket frame: payload length > 2^53 - 1',
      WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'Max payload size exceeded',
    };
    for (const [code, message] of Object.entries(known)) {
      expect(errorCatalogue[code as ErrorCode].message, code).toBe(message);
    }
  });

  it('gives the peer a close code that may be sent, except where nothing can be sent', () => {
    for (const code of [...codesOf('protocol'), ...codesOf('limit')]) {
      const { status } = errorCatalogue[code] as Entry;
      expect(isValidCloseCode(status as number), code).toBe(code !== 'WS_ERR_HEARTBEAT_TIMEOUT');
    }
  });

  it('gives a refused handshake an HTTP status of 4xx or 5xx', () => {
    for (const code of codesOf('handshake')) {
      const { status } = errorCatalogue[code] as Entry;
      if (status !== undefined) expect(status >= 400 && status <= 599, code).toBe(true);
    }
  });
});

describe('ProtocolError', () => {
  it.each(codesOf<ProtocolErrorCode>('protocol'))('%s', (code) => {
    const error = new ProtocolError(code);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.code).toBe(code);
    expect(error.closeCode).toBe((errorCatalogue[code] as Entry).status);
    expect(error.message).toBe(errorCatalogue[code].message);
    expect(error.name).toBe('ProtocolError');
  });

  it('appends a detail and keeps a cause', () => {
    const cause = new Error('zlib');
    const error = new ProtocolError('WS_ERR_INVALID_OPCODE', 3, { cause });
    expect(error.message).toBe('Invalid WebSocket frame: invalid opcode 3');
    expect(error.cause).toBe(cause);
  });
});

describe('LimitError', () => {
  it.each(codesOf<LimitErrorCode>('limit'))('%s', (code) => {
    const error = new LimitError(code);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.code).toBe(code);
    expect(error.closeCode).toBe((errorCatalogue[code] as Entry).status);
    expect(error.message).toBe(errorCatalogue[code].message);
    expect(error.name).toBe('LimitError');
  });
});

describe('HandshakeError', () => {
  it.each(codesOf<HandshakeErrorCode>('handshake'))('%s', (code) => {
    const error = HandshakeError.of(code, 'detail');
    const { status = 0, message } = errorCatalogue[code] as Entry;
    expect([error.code, error.status, error.name]).toEqual([code, status, 'HandshakeError']);
    expect(error.message).toBe(message === '' ? 'detail' : `${message} detail`);
    expect(HandshakeError.of(code).message).toBe(message);
  });

  it('is thrown with a status and, if wanted, a message', () => {
    const bare = new HandshakeError(401);
    expect([bare.status, bare.code, bare.message]).toEqual([
      401,
      'WS_ERR_HANDSHAKE_REFUSED',
      'Handshake refused',
    ]);
    expect(bare.headers).toEqual({});
    expect(bare.cause).toBeUndefined();
    expect(new HandshakeError(403, 'not here').message).toBe('not here');
  });

  it('takes headers, a code and a cause', () => {
    const cause = new Error('why');
    const headers = { 'WWW-Authenticate': 'Basic' };
    const error = new HandshakeError(401, { code: 'WS_ERR_ORIGIN_REFUSED', headers, cause });
    expect(error.headers).toEqual(headers);
    expect(error.message).toBe('Origin not allowed');
    expect(error.cause).toBe(cause);
    expect(HandshakeError.of('WS_ERR_SHUTTING_DOWN', undefined, { headers }).headers).toEqual(headers);
  });
});

describe('ConnectionClosedError', () => {
  it('tells both codes and who was first', () => {
    const error = new ConnectionClosedError({
      receivedCode: 4001,
      receivedReason: 'bye',
      sentCode: 1000,
      closedFirst: 'peer',
    });
    expect(error.message).toBe('The connection was closed: 4001 (bye)');
    expect([error.code, error.name]).toEqual(['WS_ERR_CONNECTION_CLOSED', 'ConnectionClosedError']);
    expect([error.receivedCode, error.receivedReason, error.sentCode, error.closedFirst]).toEqual([
      4001,
      'bye',
      1000,
      'peer',
    ]);
  });

  it('may know of no close frame at all', () => {
    const cause = new Error('ECONNRESET');
    const error = new ConnectionClosedError({ receivedCode: 1006, cause });
    expect(error.message).toBe('The connection was closed: 1006');
    expect([error.receivedReason, error.sentCode, error.closedFirst]).toEqual(['', undefined, undefined]);
    expect(error.cause).toBe(cause);
  });
});

describe('UsageError', () => {
  it.each(codesOf<UsageErrorCode>('usage'))('%s is a TypeError', (code) => {
    const error = new UsageError(code, 'detail');
    expect(error).toBeInstanceOf(TypeError);
    expect([error.code, error.name]).toEqual([code, 'UsageError']);
    expect(error.message.endsWith('detail')).toBe(true);
    expect(error.message.startsWith(errorCatalogue[code].message)).toBe(true);
  });

  it.each(codesOf<UsageRangeErrorCode>('range'))('%s is a RangeError', (code) => {
    const error = new UsageRangeError(code, 'detail');
    expect(error).toBeInstanceOf(RangeError);
    expect([error.code, error.name, error.message]).toEqual([code, 'RangeError', 'detail']);
  });

  it.each(codesOf<UsageSyntaxErrorCode>('syntax'))('%s is a SyntaxError', (code) => {
    const error = new UsageSyntaxError(code);
    expect(error).toBeInstanceOf(SyntaxError);
    expect([error.code, error.name]).toEqual([code, 'SyntaxError']);
    expect(error.message).toBe(errorCatalogue[code].message);
  });
});
