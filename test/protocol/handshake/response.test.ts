import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandshakeError, UsageError, UsageSyntaxError } from '../../../src/protocol/errors.js';
import { HeaderScanner } from '../../../src/protocol/handshake/header-scanner.js';
import { HeaderFields } from '../../../src/protocol/handshake/headers.js';
import { acceptOffer, createOffer } from '../../../src/protocol/handshake/permessage-deflate.js';
import { checkUpgradeRequest, createUpgradeResponse } from '../../../src/protocol/handshake/request.js';
import {
  checkUpgradeResponse,
  createUpgradeRequest,
  type ReceivedUpgradeResponse,
} from '../../../src/protocol/handshake/response.js';
import { parseRequestLine, parseStatusLine } from '../../../src/protocol/handshake/start-line.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

type Field = readonly [name: string, value: string];

const good: readonly Field[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Accept', accept],
];

const replacing = (name: string, ...values: string[]): Field[] => [
  ...good.filter(([other]) => other !== name),
  ...values.map((value): Field => [name, value]),
];

function check(fields: readonly Field[], rest: Partial<ReceivedUpgradeResponse> = {}) {
  return checkUpgradeResponse({ status: 101, fields: HeaderFields.fromRaw(fields.flat()), key, ...rest });
}

describe('createUpgradeRequest', () => {
  it('writes a handshake', () => {
    const request = {
      host: 'example.com:8080',
      target: '/chat?a=b',
      key,
      subprotocols: ['a', 'b'],
      extensions: [createOffer()],
      origin: 'http://example.com',
      headers: { Cookie: 'c=1' },
    };
    expect(createUpgradeRequest(request)).toBe(
      [
        'GET /chat?a=b HTTP/1.1',
        'Host: example.com:8080',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${key}`,
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Protocol: a, b',
        'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
        'Origin: http://example.com',
        'Cookie: c=1',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('leaves out what is not there', () => {
    expect(createUpgradeRequest({ host: '[::1]', target: '/', key, subprotocols: [], extensions: [] })).toBe(
      `GET / HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  });

  const minimal = { host: 'a', target: '/', key };

  it.each([
    { ...minimal, target: '' },
    { ...minimal, target: '/a b' },
    { ...minimal, target: '/ HTTP/1.1\r\nX: y' },
    { ...minimal, target: '/\u00e9' },
    { ...minimal, host: '' },
    { ...minimal, host: 'a\r\nX: y' },
    { ...minimal, host: 'a/b' },
    { ...minimal, key: 'AAAA' },
    { ...minimal, origin: 'http://a\r\nX: y' },
    { ...minimal, headers: { X: 'y\r\nZ: 1' } },
    { ...minimal, headers: { 'X Y': '1' } },
    { ...minimal, extensions: [{ name: 'a b', parameters: [] }] },
  ])('refuses to write %j', (request) => {
    expect(() => createUpgradeRequest(request)).toThrow(UsageError);
    expect(() => createUpgradeRequest(request)).toThrow(
      expect.objectContaining({ code: 'WS_ERR_INVALID_ARGUMENT' }),
    );
  });

  it.each([[['a', 'a']], [['']], [['a b']], [['a\r\nX: y']]])(
    'refuses the subprotocols %j',
    (subprotocols) => {
      expect(() => createUpgradeRequest({ ...minimal, subprotocols })).toThrow(UsageSyntaxError);
    },
  );
});

describe('checkUpgradeResponse accepts', () => {
  it('a bare 101', () => {
    expect(check(good)).toEqual({ subprotocol: '', deflate: null });
  });

  it('names in another case and Connection as a list', () => {
    const fields: Field[] = [
      ['upgrade', 'WebSocket'],
      ['CONNECTION', 'keep-alive, upgrade'],
      ['sec-websocket-accept', accept],
    ];
    expect(() => check(fields)).not.toThrow();
  });

  it('one of the offered subprotocols', () => {
    const fields: Field[] = [...good, ['Sec-WebSocket-Protocol', 'b']];
    expect(check(fields, { subprotocols: ['a', 'b'] }).subprotocol).toBe('b');
    expect(check(fields, { subprotocols: new Set(['b']) }).subprotocol).toBe('b');
  });

  it('permessage-deflate that was offered, and no extension where one was offered', () => {
    const fields: Field[] = [
      ...good,
      ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits=12'],
    ];
    expect(check(fields, { offer: createOffer() }).deflate).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 12,
    });
    expect(check(good, { offer: createOffer() }).deflate).toBeNull();
  });
});

type Refusal = readonly [
  what: string,
  fields: Field[],
  code: string,
  message: string,
  rest?: Partial<ReceivedUpgradeResponse>,
];

const protocol = (...values: string[]): Field[] => replacing('Sec-WebSocket-Protocol', ...values);
const extensions = (...values: string[]): Field[] => replacing('Sec-WebSocket-Extensions', ...values);
const offer = createOffer();

const badUpgrade = ['WS_ERR_INVALID_UPGRADE_HEADER', 'Invalid Upgrade header'] as const;
const badConnection = ['WS_ERR_INVALID_CONNECTION_HEADER', 'Invalid Connection header'] as const;
const badAccept = ['WS_ERR_INVALID_ACCEPT_HEADER', 'Invalid Sec-WebSocket-Accept header'] as const;
const badExtensions = [
  'WS_ERR_INVALID_EXTENSIONS_HEADER',
  'Invalid Sec-WebSocket-Extensions header',
] as const;
const subprotocolCode = 'WS_ERR_UNEXPECTED_SUBPROTOCOL';
const notChosen = 'Server sent an invalid subprotocol';

const refusals: readonly Refusal[] = [
  ['no Upgrade', replacing('Upgrade'), ...badUpgrade],
  ['another Upgrade', replacing('Upgrade', 'h2c'), ...badUpgrade],
  ['a list of upgrades', replacing('Upgrade', 'websocket, h2c'), ...badUpgrade],
  ['Upgrade twice', replacing('Upgrade', 'websocket', 'websocket'), ...badUpgrade],
  ['no Connection', replacing('Connection'), ...badConnection],
  ['another Connection', replacing('Connection', 'close'), ...badConnection],
  ['no accept', replacing('Sec-WebSocket-Accept'), ...badAccept],
  ['the key as accept', replacing('Sec-WebSocket-Accept', key), ...badAccept],
  ['accept in another case', replacing('Sec-WebSocket-Accept', accept.toLowerCase()), ...badAccept],
  ['accept twice', replacing('Sec-WebSocket-Accept', accept, accept), ...badAccept],
  [
    'a subprotocol out of the blue',
    protocol('a'),
    subprotocolCode,
    'Server sent a subprotocol but none was requested',
  ],
  ['another subprotocol', protocol('b'), subprotocolCode, notChosen, { subprotocols: ['a'] }],
  ['a subprotocol in another case', protocol('A'), subprotocolCode, notChosen, { subprotocols: ['a'] }],
  ['two subprotocols', protocol('a, b'), subprotocolCode, notChosen, { subprotocols: ['a', 'b'] }],
  ['a subprotocol twice', protocol('a', 'a'), subprotocolCode, notChosen, { subprotocols: ['a'] }],
  ['an empty subprotocol', protocol(''), subprotocolCode, notChosen, { subprotocols: ['a'] }],
  ['no subprotocol', [...good], subprotocolCode, 'Server sent no subprotocol', { subprotocols: ['a'] }],
  [
    'an extension though none was offered',
    extensions('permessage-deflate'),
    'WS_ERR_UNEXPECTED_EXTENSION',
    'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
  ],
  [
    'another extension',
    extensions('foo'),
    'WS_ERR_UNEXPECTED_EXTENSION',
    'Server indicated an extension that was not requested',
    { offer },
  ],
  ['malformed extensions', extensions('permessage-deflate;'), ...badExtensions, { offer }],
  ['an empty list of extensions', extensions(''), ...badExtensions, { offer }],
  [
    'bad window bits',
    extensions('permessage-deflate; server_max_window_bits=7'),
    ...badExtensions,
    { offer },
  ],
  [
    'permessage-deflate in two fields',
    extensions('permessage-deflate', 'permessage-deflate'),
    ...badExtensions,
    { offer },
  ],
];

describe('checkUpgradeResponse refuses', () => {
  for (const [what, fields, code, message, rest = {}] of refusals) {
    it(what, () => {
      expect(() => check(fields, rest)).toThrow(
        expect.objectContaining({ name: 'HandshakeError', status: 101, code, message }),
      );
    });
  }

  it.each([100, 200, 302, 401, 426, 503])('the status %s', (status) => {
    expect(() => check(good, { status })).toThrow(
      expect.objectContaining({
        name: 'HandshakeError',
        code: 'WS_ERR_UNEXPECTED_RESPONSE',
        message: `Unexpected server response: ${status}`,
        status,
      }),
    );
  });

  it('with nothing but a HandshakeError, whatever the fields are', () => {
    const name = fc.constantFrom(
      'Upgrade',
      'Connection',
      'Sec-WebSocket-Protocol',
      'Sec-WebSocket-Extensions',
    );
    const unit = fc.constantFrom(...'a,;="\\ \t\0\xff\u0161');
    const value = fc.oneof(
      fc.string({ unit, maxLength: 8 }),
      fc.constantFrom('websocket', 'upgrade', 'permessage-deflate'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 3 }), fc.boolean(), (extra, isOffered) => {
        try {
          check([...good, ...extra], { subprotocols: ['a'], offer: isOffered ? offer : null });
        } catch (error) {
          expect(error).toBeInstanceOf(HandshakeError);
        }
      }),
      { seed: 6455, numRuns: 1_000 },
    );
  });
});

describe('client and server', () => {
  it('understand each other through the scanner', () => {
    const offered = createOffer({ serverMaxWindowBits: 12 });
    const sent = createUpgradeRequest({
      host: 'a:1',
      target: '/x',
      key,
      subprotocols: ['a', 'b'],
      extensions: [offered],
    });
    const asked = new HeaderScanner().push(Buffer.from(sent));
    const { method, target, version } = parseRequestLine(asked!.startLine);
    const upgrade = checkUpgradeRequest({ method, target, httpVersion: version, fields: asked!.fields });
    expect(target).toBe('/x');
    expect([...upgrade.subprotocols]).toEqual(['a', 'b']);

    const accepted = acceptOffer(upgrade.extensions);
    const answer = createUpgradeResponse({
      key: upgrade.key,
      subprotocol: 'b',
      extensions: [accepted!.response],
    });
    const answered = new HeaderScanner().push(Buffer.from(`${answer}\x81\x00`, 'latin1'));
    const { status } = parseStatusLine(answered!.startLine);
    expect(
      checkUpgradeResponse({
        status,
        fields: answered!.fields,
        key,
        subprotocols: ['a', 'b'],
        offer: offered,
      }),
    ).toEqual({ subprotocol: 'b', deflate: accepted!.parameters });
    expect(answered?.rest).toEqual(Buffer.from([0x81, 0x00]));
  });
});
