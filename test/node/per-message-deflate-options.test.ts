import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from '../../src/client/websocket.js';
import { checkDeflateOptions, deflateAgreement } from '../../src/node/per-message-deflate-options.js';
import { DEFAULT_ZLIB_CONCURRENCY, sharedZlibLimiter } from '../../src/node/zlib-limiter.js';
import { UsageError } from '../../src/protocol/errors.js';
import { WebSocketServer } from '../../src/server/websocket-server.js';

const parameters = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 12,
};

afterEach(() => {
  sharedZlibLimiter.limit = DEFAULT_ZLIB_CONCURRENCY;
});

describe('checkDeflateOptions', () => {
  it.each([
    { zlibDeflateOptions: { level: 42 } },
    { zlibDeflateOptions: { memLevel: 0 } },
    { zlibDeflateOptions: { strategy: 9 } },
    { zlibInflateOptions: { chunkSize: 1 } },
    { serverMaxWindowBits: 7 },
  ])('refuses %j', (options) => {
    const invalid = expect.objectContaining({ code: 'WS_ERR_INVALID_OPTIONS' });
    expect(() => checkDeflateOptions(options)).toThrow(invalid);
    expect(() => new WebSocketServer({ noServer: true, perMessageDeflate: options })).toThrow(invalid);
    expect(() => new WebSocket('ws://127.0.0.1:1', { perMessageDeflate: options })).toThrow(invalid);
  });

  it('takes what zlib takes', () => {
    expect(() => checkDeflateOptions({ zlibDeflateOptions: { level: 1, memLevel: 9 } })).not.toThrow();
    expect(() => checkDeflateOptions({})).not.toThrow();
  });
});

describe('deflateAgreement', () => {
  it('has a client send as the client and receive as the server', () => {
    expect(deflateAgreement('client', parameters, {}, 100)).toMatchObject({
      deflate: { windowBits: 12, contextTakeover: true },
      inflate: { windowBits: 10, contextTakeover: false, maxPayload: 100 },
    });
  });

  it('has a server send as the server and receive as the client', () => {
    expect(deflateAgreement('server', parameters, {}, 0)).toMatchObject({
      deflate: { windowBits: 10, contextTakeover: false },
      inflate: { windowBits: 12, contextTakeover: true, maxPayload: 0 },
    });
  });

  it('has a threshold of 1024 bytes unless told otherwise', () => {
    expect(deflateAgreement('client', parameters, {}, 0).threshold).toBe(1024);
    expect(deflateAgreement('client', parameters, { threshold: 0 }, 0).threshold).toBe(0);
  });

  it('hands zlib’s settings on, and none that is fixed', () => {
    const zlibDeflateOptions = {
      level: 3,
      memLevel: 7,
      strategy: 1,
      chunkSize: 2048,
      windowBits: 8,
      dictionary: Buffer.from('x'),
      finishFlush: 4,
    };
    const options = { zlibDeflateOptions, zlibInflateOptions: { chunkSize: 4096, windowBits: 8 } };
    const { deflate, inflate } = deflateAgreement('client', parameters, options, 0);
    expect(deflate.zlib).toEqual({ level: 3, memLevel: 7, strategy: 1, chunkSize: 2048 });
    expect(inflate.zlib).toEqual({ chunkSize: 4096 });
  });

  it('passes on how much is done at once', () => {
    const options = { deflateSyncThreshold: 1, inflateSyncThreshold: 2, inflateSyncMaxOutput: 3 };
    const { deflate, inflate } = deflateAgreement('server', parameters, options, 0);
    expect(deflate.syncThreshold).toBe(1);
    expect([inflate.syncThreshold, inflate.syncMaxOutput]).toEqual([2, 3]);
  });

  it.each(['deflateSyncThreshold', 'inflateSyncThreshold', 'inflateSyncMaxOutput'])(
    'refuses a wrong %s',
    (name) => {
      for (const value of [-1, Number.NaN, '8192', null]) {
        expect(() => checkDeflateOptions({ [name]: value } as object), String(value)).toThrow(
          `The option "${name}" must be a number from 0 on`,
        );
      }
      for (const value of [0, 8192, Number.POSITIVE_INFINITY]) checkDeflateOptions({ [name]: value });
    },
  );

  it('sets the bound of the process on zlib jobs if told so', () => {
    deflateAgreement('client', parameters, { concurrencyLimit: 3 }, 0);
    expect(sharedZlibLimiter.limit).toBe(3);
    deflateAgreement('client', parameters, {}, 0);
    expect(sharedZlibLimiter.limit).toBe(3);
    expect(() => deflateAgreement('client', parameters, { concurrencyLimit: 0 }, 0)).toThrow(UsageError);
  });
});
