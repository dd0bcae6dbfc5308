import { HandshakeError } from '../../../src/protocol/errors.js';
import type { ServerHandshakeCase } from '../handshake-case.js';
import { exampleKey, type Fields, rawRequest } from '../raw-handshake.js';

const VERSION = 'Sec-WebSocket-Version';
const KEY = 'Sec-WebSocket-Key';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const fillers = (count: number): Fields =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));

const accepted = (name: string, fields: Fields, section = '§4.2.1'): ServerHandshakeCase => ({
  name,
  section,
  fields,
  status: 101,
});

const refused = (name: string, status: number, fields: Fields, section = '§4.2.1'): ServerHandshakeCase => ({
  name,
  section,
  fields,
  status,
});

const keys = {
  'of 15 bytes': Buffer.alloc(15).toString('base64'),
  'of 17 bytes': Buffer.alloc(17).toString('base64'),
  'of no bytes': '',
  'that is not base64': `${'!'.repeat(22)}==`,
  'without padding': exampleKey.slice(0, 22),
  'in base64url': `${'-_'.repeat(11)}==`,
  'with a space': `dGhlIHNhbXBsZSBub25j ZQ==`,
};

/** RFC 6455 §4.2, and HTTP where it concerns a handshake. */
export const openingHandshakeServer: readonly ServerHandshakeCase[] = [
  accepted('a good request', {}),
  accepted('another key', { [KEY]: 'Zx8rNEkBE4xnwifpuh8DHQ==' }),
  accepted('Upgrade in any case', { Upgrade: 'WebSocket' }),
  accepted('Connection in any case', { Connection: 'uPgRaDe' }),
  accepted('Connection as a list', { Connection: 'keep-alive, Upgrade' }),
  accepted('Connection in several lines', { Connection: ['keep-alive', 'Upgrade'] }),
  accepted('Upgrade as a list', { Upgrade: 'h2c, websocket' }),
  accepted('whitespace around values', { [VERSION]: ' \t13 \t', Upgrade: '  websocket  ' }),
  accepted('an Origin', { Origin: 'http://example.com' }),
  accepted('an opaque Origin', { Origin: 'null' }),
  accepted('a Host with a port', { Host: 'localhost:8888' }),
  accepted('a Host that is an IPv6 address', { Host: '[::1]:8888' }),
  accepted('fields that have nothing to do with it', { Cookie: 'a=b', 'X-Foo': 'bar', Pragma: 'no-cache' }),
  accepted('1,001 header fields', fillers(996)),
  accepted('2,001 header fields', fillers(1_996)),
  accepted('field names in any case', {
    Upgrade: null,
    uPGRADE: 'websocket',
    [KEY]: null,
    'sec-websocket-key': exampleKey,
  }),
  { name: 'a target with a query', section: '§4.2.1', line: 'GET /chat?a=1&b=%20 HTTP/1.1', status: 101 },
  {
    name: 'a target in absolute form',
    section: '§4.2.1',
    line: 'GET http://127.0.0.1/chat HTTP/1.1',
    status: 101,
  },

  refused('no Upgrade', 426, { Upgrade: null }),
  refused('another Upgrade', 400, { Upgrade: 'h2c' }),
  refused('an Upgrade that only begins like it', 400, { Upgrade: 'websockets' }),
  refused('no Connection', 400, { Connection: null }),
  refused('a Connection without Upgrade', 400, { Connection: 'keep-alive' }),
  refused('no Host', 400, { Host: null }),
  refused('two Hosts', 400, { Host: ['a', 'b'] }),
  refused('an empty Host', 400, { Host: '' }),
  refused('a Host that is no authority', 400, { Host: 'a/b' }),
  refused('no key', 400, { [KEY]: null }),
  refused('the key twice', 400, { [KEY]: [exampleKey, exampleKey] }, '§11.3.1'),
  ...Object.entries(keys).map(([name, key]) => refused(`a key ${name}`, 400, { [KEY]: key })),
  ...[null, '', '0', '8', '7', '12', '14', '13.0', '013', '255', '13, 8', '8, 13', 'x'].map((version) => ({
    ...refused(`version ${version ?? 'missing'}`, 426, { [VERSION]: version }, '§4.4'),
    answers: { [VERSION]: '13' },
  })),
  refused('the version twice', 400, { [VERSION]: ['13', '13'] }, '§11.3.5'),
  ...['POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'].map((method) => ({
    name: `the method ${method}`,
    section: '§4.2.1',
    line: `${method} / HTTP/1.1`,
    status: 405,
    answers: { Allow: 'GET' },
  })),
  ...['get / HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/2.0', 'GET / http/1.1', 'GET /', 'HTTP/1.1 200 OK'].map(
    (line) => ({ name: `the request line ${line}`, section: '§4.2.1', line, status: 400 }),
  ),
  {
    name: 'a plain GET',
    section: '§4.2.1',
    request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    status: 426,
    answers: { Upgrade: 'websocket' },
  },
  {
    name: 'a folded field',
    section: 'RFC 9112 §5.2',
    request: rawRequest().replace('Upgrade: websocket', 'Upgrade:\r\n websocket'),
    status: 400,
  },
  {
    name: 'whitespace before a colon',
    section: 'RFC 9112 §5.1',
    request: rawRequest().replace('Upgrade: websocket', 'Upgrade : websocket'),
    status: 400,
  },
  {
    name: 'a NUL in a value',
    section: 'RFC 9110 §5.5',
    request: rawRequest({ 'X-Foo': 'a\u0000b' }),
    status: 400,
  },
  {
    name: 'a header of more than 16 KiB',
    section: '§10.4',
    request: rawRequest({ 'X-Foo': 'x'.repeat(17_000) }),
    status: 431,
  },

  {
    name: 'a path that is served',
    section: '§4.2.1',
    options: { path: '/chat' },
    line: 'GET /chat?room=1 HTTP/1.1',
    status: 101,
  },
  ...['/', '/chat/', '/Chat', '/chatty'].map((path) => ({
    name: `the path ${path} where only /chat is served`,
    section: '§4.2.2',
    options: { path: '/chat' },
    line: `GET ${path} HTTP/1.1`,
    status: 404,
  })),

  {
    name: 'an origin that is allowed',
    section: '§10.2',
    options: { allowedOrigins: ['https://example.org'] },
    fields: { Origin: 'https://example.org' },
    status: 101,
  },
  ...['https://example.com', 'http://example.org', 'https://example.org:8443', 'null'].map((Origin) => ({
    name: `the origin ${Origin} where only https://example.org is allowed`,
    section: '§10.2',
    options: { allowedOrigins: ['https://example.org'] },
    fields: { Origin },
    status: 403,
  })),
  {
    name: 'the same host',
    section: '§10.2',
    options: { allowedOrigins: 'same-host' },
    fields: { Host: 'example.org:8080', Origin: 'http://example.org:8080' },
    status: 101,
  },
  {
    name: 'another host',
    section: '§10.2',
    options: { allowedOrigins: 'same-host' },
    fields: { Host: 'example.org:8080', Origin: 'http://evil.example:8080' },
    status: 403,
  },
  {
    name: 'somebody who is not authenticated',
    section: '§10.5',
    options: {
      authenticate: async () => {
        throw new HandshakeError(401, { headers: { 'WWW-Authenticate': 'Basic' } });
      },
    },
    status: 401,
    answers: { 'WWW-Authenticate': 'Basic' },
  },
  {
    name: 'verifyClient that refuses',
    section: '§10.5',
    options: { verifyClient: () => false },
    status: 401,
  },
  {
    name: 'verifyClient that refuses later, with a status',
    section: '§10.5',
    options: {
      verifyClient: (_info, callback) => setImmediate(callback, false, 418, 'teapot', { 'X-Why': 'tea' }),
    },
    status: 418,
    answers: { 'X-Why': 'tea' },
  },

  {
    ...accepted('subprotocols: the first is taken', { [PROTOCOL]: 'chat, superchat' }, '§4.2.2'),
    answers: { [PROTOCOL]: 'chat' },
  },
  {
    ...accepted('subprotocols in several lines', { [PROTOCOL]: ['superchat', 'chat'] }, '§11.3.4'),
    answers: { [PROTOCOL]: 'superchat' },
  },
  { ...accepted('no subprotocols', {}, '§4.2.2'), answers: { [PROTOCOL]: null } },
  {
    ...accepted('subprotocols: handleProtocols chooses', { [PROTOCOL]: 'chat, superchat' }, '§4.2.2'),
    options: { handleProtocols: (protocols) => [...protocols].at(-1) ?? false },
    answers: { [PROTOCOL]: 'superchat' },
  },
  {
    ...accepted('subprotocols: handleProtocols chooses none', { [PROTOCOL]: 'chat' }, '§4.2.2'),
    options: { handleProtocols: () => false },
    answers: { [PROTOCOL]: null },
  },
  ...['', ',', 'a b', 'chat, chat', '"chat"', 'chat; x', 'chat,, ch/at'].map((protocol) =>
    refused(`subprotocols "${protocol}"`, 400, { [PROTOCOL]: protocol }, '§11.3.4'),
  ),
];
