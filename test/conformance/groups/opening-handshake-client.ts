import type { ClientHandshakeCase } from '../handshake-case.js';
import { acceptOf, rawResponse } from '../raw-handshake.js';

const ACCEPT = 'Sec-WebSocket-Accept';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const protocols = { subprotocols: ['chat', 'superchat'] };

const unexpectedStatus = (line: string, fields: Record<string, string> = {}): ClientHandshakeCase => ({
  name: `the answer ${line}`,
  section: '§4.1',
  line,
  fields: { Upgrade: null, Connection: null, [ACCEPT]: null, 'Content-Length': '0', ...fields },
  error: 'WS_ERR_UNEXPECTED_RESPONSE',
});

/** RFC 6455 §4.1. */
export const openingHandshakeClient: readonly ClientHandshakeCase[] = [
  {
    name: 'the request',
    section: '§4.1',
    requests: {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      Origin: null,
      [PROTOCOL]: null,
      Cookie: null,
    },
  },
  {
    name: 'a request with subprotocols, origin and headers',
    section: '§4.1',
    ...protocols,
    options: { origin: 'http://example.org', headers: { Cookie: 'a=b', 'X-Foo': 'bar' } },
    requests: { [PROTOCOL]: 'chat,superchat', Origin: 'http://example.org', Cookie: 'a=b', 'X-Foo': 'bar' },
    fields: { [PROTOCOL]: 'chat' },
    opens: { protocol: 'chat' },
  },
  { name: 'Upgrade in any case', section: '§4.1', fields: { Upgrade: 'WebSocket' } },
  { name: 'Connection in any case', section: '§4.1', fields: { Connection: 'upgrade' } },
  { name: 'Connection as a list', section: '§4.1', fields: { Connection: 'keep-alive, Upgrade' } },
  { name: 'another reason phrase', section: '§4.1', line: 'HTTP/1.1 101 Web Socket Protocol Handshake' },
  { name: 'no reason phrase', section: '§4.1', line: 'HTTP/1.1 101 ' },
  {
    name: 'further fields',
    section: '§4.1',
    fields: { Server: 'x', Date: 'now', 'Set-Cookie': ['a=b', 'c=d'] },
  },
  {
    name: 'fields in lower case and with whitespace around',
    section: '§4.1',
    response: (key) =>
      `HTTP/1.1 101 OK\r\nupgrade:websocket\r\nconnection:  Upgrade \r\nsec-websocket-accept: ${acceptOf(key)}  \r\n\r\n`,
  },
  {
    name: 'an interim response before the 101',
    section: 'RFC 9110 §15.2',
    response: (key) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${rawResponse(key)}`,
  },

  { name: 'no Upgrade', section: '§4.1', fields: { Upgrade: null }, error: 'WS_ERR_INVALID_UPGRADE_HEADER' },
  {
    name: 'another Upgrade',
    section: '§4.1',
    fields: { Upgrade: 'h2c' },
    error: 'WS_ERR_INVALID_UPGRADE_HEADER',
  },
  {
    name: 'Upgrade as a list',
    section: '§4.1',
    fields: { Upgrade: 'websocket, h2c' },
    error: 'WS_ERR_INVALID_UPGRADE_HEADER',
  },
  {
    name: 'no Connection',
    section: '§4.1',
    fields: { Connection: null },
    error: 'WS_ERR_INVALID_CONNECTION_HEADER',
  },
  {
    name: 'a Connection without Upgrade',
    section: '§4.1',
    fields: { Connection: 'keep-alive' },
    error: 'WS_ERR_INVALID_CONNECTION_HEADER',
  },
  { name: 'no Accept', section: '§4.1', fields: { [ACCEPT]: null }, error: 'WS_ERR_INVALID_ACCEPT_HEADER' },
  {
    name: 'an empty Accept',
    section: '§4.1',
    fields: { [ACCEPT]: '' },
    error: 'WS_ERR_INVALID_ACCEPT_HEADER',
  },
  {
    name: 'the Accept of another key',
    section: '§4.1',
    fields: { [ACCEPT]: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' },
    error: 'WS_ERR_INVALID_ACCEPT_HEADER',
  },
  {
    name: 'the key itself as Accept',
    section: '§4.1',
    fields: (key) => ({ [ACCEPT]: key }),
    error: 'WS_ERR_INVALID_ACCEPT_HEADER',
  },
  {
    name: 'the Accept in lower case',
    section: '§4.1',
    fields: (key) => ({ [ACCEPT]: acceptOf(key).toLowerCase().replace(/^\+?/, 'A') }),
    error: 'WS_ERR_INVALID_ACCEPT_HEADER',
  },
  {
    name: 'the Accept twice',
    section: '§11.3.3',
    fields: (key) => ({ [ACCEPT]: [acceptOf(key), acceptOf(key)] }),
    error: 'WS_ERR_INVALID_ACCEPT_HEADER',
  },

  {
    name: 'the second subprotocol',
    section: '§4.1',
    ...protocols,
    fields: { [PROTOCOL]: 'superchat' },
    opens: { protocol: 'superchat' },
  },
  {
    name: 'no subprotocol of those offered',
    section: '§4.1',
    ...protocols,
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },
  {
    name: 'a subprotocol that was not offered',
    section: '§4.1',
    ...protocols,
    fields: { [PROTOCOL]: 'other' },
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },
  {
    name: 'a subprotocol in another case',
    section: '§4.1',
    ...protocols,
    fields: { [PROTOCOL]: 'Chat' },
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },
  {
    name: 'two subprotocols',
    section: '§4.1',
    ...protocols,
    fields: { [PROTOCOL]: 'chat, superchat' },
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },
  {
    name: 'a subprotocol twice',
    section: '§11.3.4',
    ...protocols,
    fields: { [PROTOCOL]: ['chat', 'chat'] },
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },
  {
    name: 'a subprotocol although none was offered',
    section: '§4.1',
    fields: { [PROTOCOL]: 'chat' },
    error: 'WS_ERR_UNEXPECTED_SUBPROTOCOL',
  },

  ...[200, 204, 400, 401, 403, 404, 426, 429, 500, 503].map((status) =>
    unexpectedStatus(`HTTP/1.1 ${status} Why`),
  ),
  ...[301, 302, 307].map((status) =>
    unexpectedStatus(`HTTP/1.1 ${status} Elsewhere`, { Location: 'ws://127.0.0.1:1/' }),
  ),
  { name: 'the connection ends without an answer', section: '§4.1', response: null, error: 'ECONNRESET' },
  {
    name: 'an answer that is no HTTP',
    section: '§4.1',
    response: 'SSH-2.0-OpenSSH_9.9\r\n',
    error: 'HPE_INVALID_CONSTANT',
  },
];
