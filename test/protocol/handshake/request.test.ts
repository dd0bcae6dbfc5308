import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandshakeError, UsageError } from '../../../src/protocol/errors.js';
import { HeaderScanner } from '../../../src/protocol/handshake/header-scanner.js';
import { HeaderFields } from '../../../src/protocol/handshake/headers.js';
import {
  checkUpgradeRequest,
  createRefusal,
  createUpgradeResponse,
  type UpgradeRequest,
} from '../../../src/protocol/handshake/request.js';
import { parseStatusLine } from '../../../src/protocol/handshake/start-line.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

type Field = readonly [name: string, value: string];

const good: readonly Field[] = [
  ['Host', 'server.example.com:8080'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', key],
  ['Sec-WebSocket-Version', '13'],
];

const without = (name: string): Field[] => good.filter(([other]) => other !== name);
const replacing = (name: string, ...values: string[]): Field[] => [
  ...without(name),
  ...values.map((value): Field => [name, value]),
];
const adding = (...fields: Field[]): Field[] => [...good, ...fields];

function request(fields: readonly Field[], rest: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return {
    method: 'GET',
    httpVersion: '1.1',
    target: '/chat',
    fields: HeaderFields.fromRaw(fields.flat()),
    ...rest,
  };
}

describe('checkUpgradeRequest accepts', () => {
  it('a handshake, and says what it asks for', () => {
    const fields = adding(
      ['Origin', 'http://example.com'],
      ['Sec-WebSocket-Protocol', 'superchat, chat'],
      ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
    );
    expect(checkUpgradeRequest(request(fields))).toEqual({
      key,
      subprotocols: new Set(['superchat', 'chat']),
      extensions: [
        { name: 'permessage-deflate', parameters: [{ name: 'client_max_window_bits', value: true }] },
      ],
      host: 'server.example.com:8080',
      origin: 'http://example.com',
    });
  });

  it('one without origin, subprotocols and extensions', () => {
    expect(checkUpgradeRequest(request(good))).toEqual({
      key,
      subprotocols: new Set(),
      extensions: [],
      host: 'server.example.com:8080',
      origin: undefined,
    });
  });

  it.each<[string, Field[]]>([
    ['Upgrade in another case', replacing('Upgrade', 'WebSocket')],
    ['Upgrade as a list', replacing('Upgrade', 'h2c/1, websocket')],
    ['Upgrade in two fields', replacing('Upgrade', 'h2c', 'websocket')],
    ['Connection as a list', replacing('Connection', 'keep-alive, UPGRADE')],
    ['Connection in two fields', replacing('Connection', 'keep-alive', 'upgrade')],
    ['an IPv6 host', replacing('Host', '[::1]:80')],
    ['a key with padding bits', replacing('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZR==')],
  ])('%s', (_, fields) => {
    expect(() => checkUpgradeRequest(request(fields))).not.toThrow();
  });

  it('several protocol and extension fields as one list each, in order', () => {
    const fields = adding(
      ['Sec-WebSocket-Protocol', 'b'],
      ['Sec-WebSocket-Extensions', 'x'],
      ['sec-websocket-protocol', 'a, c'],
      ['sec-websocket-extensions', 'y; z'],
    );
    const { subprotocols, extensions } = checkUpgradeRequest(request(fields));
    expect([...subprotocols]).toEqual(['b', 'a', 'c']);
    expect(extensions.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('a later minor version of HTTP/1', () => {
    expect(() => checkUpgradeRequest(request(good, { httpVersion: '1.2' }))).not.toThrow();
  });
});

const badKey = 'Missing or invalid Sec-WebSocket-Key header';
const badVersion = 'Missing or invalid Sec-WebSocket-Version header';
const badHost = 'Missing or invalid Host header';
const version13 = { 'Sec-WebSocket-Version': '13' };

type Refusal = readonly [
  what: string,
  request: UpgradeRequest,
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
];

const refusals: readonly Refusal[] = [
  ['POST', request(good, { method: 'POST' }), 405, 'Invalid HTTP method', { Allow: 'GET' }],
  ['get in lower case', request(good, { method: 'get' }), 405, 'Invalid HTTP method', { Allow: 'GET' }],
  ['HTTP/1.0', request(good, { httpVersion: '1.0' }), 400, 'HTTP/1.1 is required'],
  ['HTTP/0.9', request(good, { httpVersion: '0.9' }), 400, 'HTTP/1.1 is required'],
  ['HTTP/2.0', request(good, { httpVersion: '2.0' }), 400, 'HTTP/1.1 is required'],
  ['no Host', request(without('Host')), 400, badHost],
  ['two Hosts', request(replacing('Host', 'a', 'a')), 400, badHost],
  ['an empty Host', request(replacing('Host', '')), 400, badHost],
  ['a list of hosts', request(replacing('Host', 'a, b')), 400, badHost],
  ['user information in Host', request(replacing('Host', 'u@a')), 400, badHost],
  ['a path in Host', request(replacing('Host', 'a/b')), 400, badHost],
  [
    'no Upgrade',
    request(without('Upgrade')),
    426,
    'Upgrade Required',
    { Upgrade: 'websocket', Connection: 'Upgrade' },
  ],
  ['another Upgrade', request(replacing('Upgrade', 'h2c')), 400, 'Invalid Upgrade header'],
  ['an empty Upgrade', request(replacing('Upgrade', '')), 400, 'Invalid Upgrade header'],
  ['Upgrade with a version', request(replacing('Upgrade', 'websocket/13')), 400, 'Invalid Upgrade header'],
  ['no Connection', request(without('Connection')), 400, 'Invalid Connection header'],
  ['another Connection', request(replacing('Connection', 'keep-alive')), 400, 'Invalid Connection header'],
  ['no key', request(without('Sec-WebSocket-Key')), 400, badKey],
  ['two keys', request(replacing('Sec-WebSocket-Key', key, key)), 400, badKey],
  ['an empty key', request(replacing('Sec-WebSocket-Key', '')), 400, badKey],
  ['a short key', request(replacing('Sec-WebSocket-Key', 'AAAA')), 400, badKey],
  ['two keys in one field', request(replacing('Sec-WebSocket-Key', `${key}, ${key}`)), 400, badKey],
  ['two versions', request(replacing('Sec-WebSocket-Version', '13', '13')), 400, badVersion],
  ['no version', request(without('Sec-WebSocket-Version')), 426, badVersion, version13],
  ...['8', '7', '0', '14', '013', '13.0', '+13', '13, 8', '', 'x'].map(
    (version): Refusal => [
      `version ${JSON.stringify(version)}`,
      request(replacing('Sec-WebSocket-Version', version)),
      426,
      badVersion,
      version13,
    ],
  ),
  [
    'an invalid subprotocol',
    request(adding(['Sec-WebSocket-Protocol', 'a b'])),
    400,
    'Invalid Sec-WebSocket-Protocol header',
  ],
  [
    'a subprotocol twice in two fields',
    request(adding(['Sec-WebSocket-Protocol', 'a'], ['Sec-WebSocket-Protocol', 'a'])),
    400,
    'Invalid Sec-WebSocket-Protocol header',
  ],
  [
    'an empty list of subprotocols',
    request(adding(['Sec-WebSocket-Protocol', ''])),
    400,
    'Invalid Sec-WebSocket-Protocol header',
  ],
  [
    'malformed extensions',
    request(adding(['Sec-WebSocket-Extensions', 'permessage-deflate;'])),
    400,
    'Invalid or unacceptable Sec-WebSocket-Extensions header',
  ],
];

function failureOf(act: () => unknown): HandshakeError {
  try {
    act();
  } catch (error) {
    if (error instanceof HandshakeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('checkUpgradeRequest refuses', () => {
  for (const [what, refused, status, message, headers = {}] of refusals) {
    it(what, () => {
      const error = failureOf(() => checkUpgradeRequest(refused));
      expect(error).toMatchObject({ status, message });
      expect(error.headers).toEqual(headers);
    });
  }

  it.each<[string, UpgradeRequest, string]>([
    ['the method before all', request([], { method: 'POST', httpVersion: '1.0' }), 'WS_ERR_INVALID_METHOD'],
    ['the HTTP version before Host', request([], { httpVersion: '1.0' }), 'WS_ERR_INVALID_HTTP_VERSION'],
    ['Host before Upgrade', request([]), 'WS_ERR_INVALID_HOST_HEADER'],
    ['Upgrade before what WebSocket defines', request([['Host', 'a']]), 'WS_ERR_UPGRADE_REQUIRED'],
    ['the version before the key', request(good.slice(0, 3)), 'WS_ERR_INVALID_VERSION_HEADER'],
  ])('for one reason: %s', (_, refused, code) => {
    expect(failureOf(() => checkUpgradeRequest(refused)).code).toBe(code);
  });

  it('with nothing but a HandshakeError, whatever the fields are', () => {
    const name = fc.constantFrom(
      ...good.map(([known]) => known),
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
      '__proto__',
    );
    const unit = fc.constantFrom(...'a,;="\\ \t\0\xff\u0161');
    const value = fc.oneof(
      fc.string({ unit, maxLength: 10 }),
      fc.constantFrom(...good.map(([, known]) => known)),
    );
    const extra = fc.array(fc.tuple(name, value), { maxLength: 3 });
    const kept = fc.subarray([...good], { minLength: 4 });
    fc.assert(
      fc.property(
        kept,
        extra,
        fc.constantFrom('GET', 'PUT', ''),
        fc.constantFrom('1.1', '1.0', ''),
        (base, more, method, httpVersion) => {
          const attempt = request([...base, ...more], { method, httpVersion });
          try {
            expect(checkUpgradeRequest(attempt).key).toHaveLength(24);
          } catch (error) {
            expect(error).toBeInstanceOf(HandshakeError);
            expect((error as HandshakeError).status).toBeGreaterThanOrEqual(400);
          }
        },
      ),
      { seed: 6455, numRuns: 2_000 },
    );
  });
});

describe('createUpgradeResponse', () => {
  it('writes the example of RFC 6455 §1.3', () => {
    expect(createUpgradeResponse({ key, subprotocol: 'chat' })).toBe(
      [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'Sec-WebSocket-Protocol: chat',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('leaves out what is not there', () => {
    const head = createUpgradeResponse({ key, extensions: [] });
    expect(head).not.toContain('Sec-WebSocket-Protocol');
    expect(head).not.toContain('Sec-WebSocket-Extensions');
  });

  it('adds extensions and further fields, from an object or from pairs', () => {
    const extensions = [{ name: 'a', parameters: [{ name: 'b', value: '1' }] }];
    const pairs: Field[] = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ];
    expect(createUpgradeResponse({ key, extensions, headers: pairs })).toContain(
      'Sec-WebSocket-Extensions: a; b=1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
    );
    expect(createUpgradeResponse({ key, headers: { 'X-A': '1' } })).toContain('\r\nX-A: 1\r\n\r\n');
  });

  it.each([
    { key, headers: { 'X-A': '1\r\nX-B: 2' } },
    { key, headers: { 'X-A\r\nX-B': '2' } },
    { key, subprotocol: 'chat\r\nX-B: 2' },
    { key, extensions: [{ name: 'a\r\n', parameters: [] }] },
  ])('refuses to write %j', (response) => {
    expect(() => createUpgradeResponse(response)).toThrow(UsageError);
  });
});

describe('createRefusal', () => {
  it('writes a whole answer that ends the connection', () => {
    expect(createRefusal(HandshakeError.of('WS_ERR_INVALID_KEY_HEADER'))).toBe(
      [
        'HTTP/1.1 400 Bad Request',
        'Connection: close',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Length: 43',
        '',
        'Missing or invalid Sec-WebSocket-Key header',
      ].join('\r\n'),
    );
  });

  it('adds the headers of the error', () => {
    const error = new HandshakeError(401, { headers: { 'WWW-Authenticate': 'Basic' }, message: 'no' });
    expect(createRefusal(error)).toContain('Content-Length: 2\r\nWWW-Authenticate: Basic\r\n\r\nno');
  });

  it('asks for an upgrade and closes, where both are to be said', () => {
    const error = failureOf(() => checkUpgradeRequest(request(without('Upgrade'))));
    const head = new HeaderScanner().push(Buffer.from(createRefusal(error)));
    expect(parseStatusLine(head!.startLine)).toMatchObject({ status: 426, reason: 'Upgrade Required' });
    expect(head?.fields.get('Connection')).toBe('close, Upgrade');
    expect(head?.fields.get('Upgrade')).toBe('websocket');
  });

  it('lets the error choose the type of its body, but not its length', () => {
    const headers = {
      'content-type': 'application/json',
      'content-length': '1',
      'Transfer-Encoding': 'chunked',
    };
    const answer = createRefusal(new HandshakeError(403, { message: '{"a":1}', headers }));
    const head = new HeaderScanner().push(Buffer.from(answer));
    expect(head?.fields.all('Content-Type')).toEqual(['application/json']);
    expect(head?.fields.all('Content-Length')).toEqual(['7']);
    expect(head?.fields.has('Transfer-Encoding')).toBe(false);
  });

  it.each([0, 101, 199, 600, 2.5, Number.NaN])(
    'answers 500 for the status %s, which ends nothing',
    (status) => {
      expect(createRefusal(new HandshakeError(status))).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
    },
  );

  it('leaves the phrase empty for a status without one', () => {
    expect(createRefusal(new HandshakeError(499))).toMatch(/^HTTP\/1\.1 499 \r\n/);
  });

  it.each([{ 'X-A': '1\r\n\r\nsmuggled' }, { 'X-A\n': '1' }])(
    'refuses to write the headers %j',
    (headers) => {
      expect(() => createRefusal(new HandshakeError(401, { headers }))).toThrow(UsageError);
    },
  );

  it('is understood by an HTTP client, body included', async () => {
    const server = createServer((socket) => {
      socket.once('data', () =>
        socket.end(createRefusal(new HandshakeError(403, 'Zutritt verwehrt: für 阿宝'))),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent: false }, resolve).on('error', reject);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    await new Promise((resolve) => server.close(resolve));
    expect(response.statusCode).toBe(403);
    expect(response.statusMessage).toBe('Forbidden');
    expect(response.complete).toBe(true);
    expect(Buffer.concat(chunks).toString()).toBe('Zutritt verwehrt: für 阿宝');
  });
});
