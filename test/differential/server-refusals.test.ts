import type { RequestChanges } from '../server/raw-client.js';
import type { DifferenceName } from './differences.js';
import { differential, type Program } from './differential.js';
import { listen, type Options, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import { exchange, KEY, lines, type Refusal, told } from './raw-handshakes.js';

/** A difference of an answer, besides that of its `Content-Type`. */
interface OtherRefusal extends Partial<Refusal> {
  readonly because: DifferenceName | readonly DifferenceName[];
}

/** A program: a request that both refuse; `ours` is what else hawser answers otherwise. */
function refused(
  name: string,
  request: RequestChanges,
  refusal: Refusal,
  ours?: OtherRefusal,
  options: Options<ServerOptions> = {},
): Program {
  const because = ['refusals-are-plain-text', ...[ours?.because ?? []].flat()] as const;
  return {
    name,
    differs: {
      because,
      ws: told('text/html', refusal),
      hawser: told('text/plain; charset=utf-8', { ...refusal, ...ours }),
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, options);
      server.on('connection', () => trace('connection'));
      for (const line of lines(await exchange(port, request))) trace('answer', line);
      await stop(server);
    },
  };
}

const headers = (fields: NonNullable<RequestChanges['headers']>): RequestChanges => ({ headers: fields });

const badKey = { status: '400 Bad Request', body: 'Missing or invalid Sec-WebSocket-Key header' };
const badProtocol = { status: '400 Bad Request', body: 'Invalid Sec-WebSocket-Protocol header' };
const badMethod = { status: '405 Method Not Allowed', body: 'Invalid HTTP method' };
const badUpgrade = { status: '400 Bad Request', body: 'Invalid Upgrade header' };
const badVersion = {
  status: '400 Bad Request',
  fields: ['Sec-WebSocket-Version: 13, 8'],
  body: 'Missing or invalid Sec-WebSocket-Version header',
};
const allow = { because: 'refused-method-tells-allow', fields: ['Allow: GET'] } as const;
const ourVersion = {
  because: 'refused-version-is-426',
  status: '426 Upgrade Required',
  fields: ['Sec-WebSocket-Version: 13'],
} as const;

differential('HTTP answers: refusals', [
  refused('another method', { method: 'POST' }, badMethod, allow),
  refused('Upgrade to something else', headers({ Upgrade: 'h2c' }), badUpgrade),
  refused('no key', headers({ 'Sec-WebSocket-Key': null }), badKey),
  refused('an empty key', headers({ 'Sec-WebSocket-Key': '' }), badKey),
  refused('a key of 15 bytes', headers({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }), badKey),
  refused(
    'a key with other characters',
    headers({ 'Sec-WebSocket-Key': '!!hlIHNhbXBsZSBub25jZQ==' }),
    badKey,
  ),
  refused('a key twice', headers({ 'Sec-WebSocket-Key': [KEY, KEY] }), badKey),
  refused('no version', headers({ 'Sec-WebSocket-Version': null }), badVersion, ourVersion),
  refused('version 7', headers({ 'Sec-WebSocket-Version': '7' }), badVersion, ourVersion),
  refused('version 12', headers({ 'Sec-WebSocket-Version': '12' }), badVersion, ourVersion),
  refused('version 14', headers({ 'Sec-WebSocket-Version': '14' }), badVersion, ourVersion),
  refused(
    'versions 13 and 8 in one field',
    headers({ 'Sec-WebSocket-Version': '13, 8' }),
    badVersion,
    ourVersion,
  ),
  refused('version 13 twice', headers({ 'Sec-WebSocket-Version': ['13', '13'] }), badVersion, {
    because: 'refused-version-is-426',
    fields: [],
  }),
  refused('a subprotocol that is no token', headers({ 'Sec-WebSocket-Protocol': 'a b' }), badProtocol),
  refused('a subprotocol twice', headers({ 'Sec-WebSocket-Protocol': 'a, a' }), badProtocol),
  refused('an empty list of subprotocols', headers({ 'Sec-WebSocket-Protocol': '' }), badProtocol),
  refused(
    'a malformed extension header',
    headers({ 'Sec-WebSocket-Extensions': 'permessage-deflate; =' }),
    { status: '400 Bad Request', body: 'Invalid or unacceptable Sec-WebSocket-Extensions header' },
    undefined,
    { perMessageDeflate: true },
  ),
  refused(
    'several rules broken at once',
    { method: 'POST', headers: { Upgrade: 'h2c', 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '1' } },
    badMethod,
    allow,
  ),
  refused(
    'wrong key and wrong version',
    headers({ 'Sec-WebSocket-Key': 'x', 'Sec-WebSocket-Version': '1' }),
    badKey,
    { ...ourVersion, because: ['order-of-checks', 'refused-version-is-426'], body: badVersion.body },
  ),
  refused(
    'wrong path and wrong key',
    { target: '/no', headers: { 'Sec-WebSocket-Key': 'x' } },
    badKey,
    undefined,
    {
      path: '/yes',
    },
  ),
  refused(
    'wrong path and wrong subprotocols',
    { target: '/no', headers: { 'Sec-WebSocket-Protocol': 'a,a' } },
    { status: '400 Bad Request', body: 'Bad Request' },
    { because: 'order-of-checks', body: badProtocol.body },
    { path: '/yes' },
  ),
]);
