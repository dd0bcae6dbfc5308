import { describe, expect, it } from 'vitest';
import { extension } from '../../src/client/header-formats.js';
import {
  PerMessageDeflate,
  type PerMessageDeflateCallback,
  type PerMessageDeflateClassOptions,
} from '../../src/client/per-message-deflate.js';

const name = 'permessage-deflate';
const withCode = (code: string) => expect.objectContaining({ code });

interface Result {
  error: Error | null;
  data: Buffer | undefined;
}

function result(start: (callback: PerMessageDeflateCallback) => void): Promise<Result> {
  return new Promise((resolve) => start((error, data) => resolve({ error, data })));
}

function accept(options: PerMessageDeflateClassOptions, header: string) {
  return new PerMessageDeflate(options).accept(extension.parse(header)[name] ?? []);
}

function agreed(options: PerMessageDeflateClassOptions = {}): PerMessageDeflate {
  const deflate = new PerMessageDeflate({ isServer: true, ...options });
  deflate.accept([{}]);
  return deflate;
}

describe('negotiation', () => {
  it('offers what the options say', () => {
    expect(PerMessageDeflate.extensionName).toBe(name);
    expect(new PerMessageDeflate().offer()).toEqual({ client_max_window_bits: true });
    const options = { serverNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: false };
    expect(extension.format({ [name]: new PerMessageDeflate(options).offer() })).toBe(
      'permessage-deflate; server_no_context_takeover; server_max_window_bits=10',
    );
  });

  it('accepts as a server', () => {
    const options = { isServer: true, serverNoContextTakeover: false, clientNoContextTakeover: false };
    expect(accept(options, name)).toEqual({});
    expect(accept(options, `${name}; client_max_window_bits=10; server_max_window_bits=9`)).toEqual({
      client_max_window_bits: 10,
      server_max_window_bits: 9,
    });
    expect(accept(options, `${name}; foo, ${name}; server_no_context_takeover`)).toEqual({
      server_no_context_takeover: true,
    });
    expect(() => accept(options, `${name}; foo`)).toThrow(withCode('WS_ERR_INVALID_EXTENSIONS_HEADER'));
  });

  it('accepts as a client', () => {
    expect(accept({}, `${name}; server_max_window_bits=9; client_max_window_bits=10`)).toEqual({
      server_max_window_bits: 9,
      client_max_window_bits: 10,
    });
    expect(accept({ clientMaxWindowBits: 12 }, name)).toEqual({ client_max_window_bits: 12 });
    expect(() => accept({}, `${name}; foo`)).toThrow(withCode('WS_ERR_INVALID_EXTENSIONS_HEADER'));
    expect(() => new PerMessageDeflate().accept([])).toThrow(withCode('WS_ERR_INVALID_EXTENSIONS_HEADER'));
  });

  it('keeps what was agreed', () => {
    const deflate = new PerMessageDeflate({}, true);
    expect(deflate.params).toBeNull();
    expect(deflate.accept([{}])).toBe(deflate.params);
    expect(deflate.params).toEqual({ server_no_context_takeover: true, client_no_context_takeover: true });
  });

  it('refuses wrong options, and work before anything is agreed on', () => {
    expect(() => new PerMessageDeflate({ serverMaxWindowBits: 99 })).toThrow(
      withCode('WS_ERR_INVALID_OPTIONS'),
    );
    const deflate = new PerMessageDeflate();
    expect(() => deflate.compress('a', true, () => {})).toThrow(withCode('WS_ERR_INVALID_ARGUMENT'));
    expect(() => deflate.decompress(Buffer.alloc(1), true, () => {})).toThrow(
      withCode('WS_ERR_INVALID_ARGUMENT'),
    );
  });
});

describe('compression', () => {
  it('gives the bytes of RFC 7692 §7.2.3, with and without takeover', async () => {
    const takeover = agreed({ serverNoContextTakeover: false });
    const first = await result((done) => takeover.compress('Hello', true, done));
    const second = await result((done) => takeover.compress(Buffer.from('Hello'), true, done));
    expect([first, second].map(({ data }) => data?.toString('hex'))).toEqual([
      'f248cdc9c90700',
      'f200110000',
    ]);
  });

  it.each([5, 1_000_000])('reads back %d bytes, in fragments too', async (length) => {
    const deflate = agreed();
    const message = Buffer.from(Array.from({ length }, (_, index) => (index * index) % 251));
    const half = length >> 1;
    const first = await result((done) => deflate.compress(message.subarray(0, half), false, done));
    const last = await result((done) => deflate.compress(message.subarray(half), true, done));
    const none = await result((done) => deflate.decompress(first.data as Buffer, false, done));
    expect(none).toEqual({ error: null, data: Buffer.alloc(0) });
    const whole = await result((done) => deflate.decompress(last.data as Buffer, true, done));
    expect(whole.data?.equals(message)).toBe(true);
  });

  it.each([5, 100_000])('takes payloads of %d bytes without waiting', async (length) => {
    const deflate = agreed({ serverNoContextTakeover: false, clientNoContextTakeover: false });
    const messages = ['a', 'b', 'c'].map((letter) => letter.repeat(length));
    const compressed = await Promise.all(
      messages.map((message) => result((done) => deflate.compress(message, true, done))),
    );
    const inflated = await Promise.all(
      compressed.map(({ data }) => result((done) => deflate.decompress(data as Buffer, true, done))),
    );
    expect(inflated.map(({ data }) => `${data}`)).toEqual(messages);
  });

  it('tells all who wait that it was cleaned up', async () => {
    const deflate = agreed();
    const waiting = [1, 2].map((letter) => result((done) => deflate.compress(`${letter}`, true, done)));
    deflate.cleanup();
    for (const { error } of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
  });

  it('calls back later', async () => {
    const deflate = agreed();
    const order: string[] = [];
    const compressed = result((done) => deflate.compress('Hello', true, done)).then(() => order.push('told'));
    const inflated = result((done) =>
      deflate.decompress(Buffer.from('f248cdc9c90700', 'hex'), true, (...values) => {
        order.push('called');
        done(...values);
      }),
    );
    order.push('returned');
    await Promise.all([compressed, inflated]);
    expect(order[0]).toBe('returned');
  });

  it('fails with corrupt data and with too much of it', async () => {
    const corrupt = await result((done) => agreed().decompress(Buffer.from([0xff, 0xff]), true, done));
    expect(corrupt.error).toMatchObject({ code: 'WS_ERR_INVALID_DEFLATE_DATA', closeCode: 1007 });
    const limited = agreed({ maxPayload: 3 });
    const hello = Buffer.from('f248cdc9c90700', 'hex');
    const long = await result((done) => limited.decompress(hello, true, done));
    expect(long.error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCode: 1009 });
  });

  it('does not collect more fragments than maxPayload allows', async () => {
    const limited = agreed({ maxPayload: 10 });
    const fragment = Buffer.alloc(6);
    expect((await result((done) => limited.decompress(fragment, false, done))).error).toBeNull();
    const { error } = await result((done) => limited.decompress(fragment, false, done));
    expect(error).toMatchObject({ code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' });
  });

  it.each([5, 1_000_000])('tells who waits for %d bytes that it was cleaned up', async (length) => {
    const deflate = agreed();
    const waiting = result((done) => deflate.compress(Buffer.alloc(length), true, done));
    deflate.cleanup();
    expect((await waiting).error).toMatchObject({ code: 'WS_ERR_CONNECTION_CLOSED' });
  });
});
