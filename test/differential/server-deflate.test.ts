import { once } from 'node:events';
import { RawClient } from '../server/raw-client.js';
import { differential, type Program } from './differential.js';
import { connected, listen, type Options, stop } from './endpoints.js';
import type { ServerOptions } from './implementations.js';
import { field, handshake, outcome, upgradeRequest } from './raw-handshakes.js';

/** The forms of `Sec-WebSocket-Extensions` that are tried on every server. */
const offers = [
  null,
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=12',
  'permessage-deflate; server_max_window_bits=10',
  'permessage-deflate; server_no_context_takeover',
  'permessage-deflate; client_no_context_takeover',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
  'permessage-deflate; server_max_window_bits="11"',
  'permessage-deflate; server_max_window_bits=8',
  'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate',
  'x-other; a="b"',
];

/** Offers that break a rule of RFC 7692 §7.1. */
const wrongOffers = [
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; server_max_window_bits=010',
  'permessage-deflate; client_max_window_bits=20',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; unknown',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; unknown, permessage-deflate',
];

/** Offers that are no list of extensions at all (RFC 6455 §9.1). */
const malformedOffers = ['permessage-deflate;', 'permessage deflate', ';a', 'permessage-deflate; a=', ''];

/** A program: what a server with these options answers to each offer; the parameters' order is another program's. */
function negotiated(
  name: string,
  perMessageDeflate: unknown,
  list: readonly (string | null)[],
  differs?: Program['differs'],
): Program {
  return {
    name,
    ...(differs && { differs }),
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { perMessageDeflate } as Options<ServerOptions>);
      for (const offer of list) {
        const client = await RawClient.connect(port);
        client.socket.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': offer } }));
        await client.until(() => client.received.includes('\r\n\r\n'));
        const answer = client.received.toString('latin1');
        trace(String(offer), answer.slice(9, 12), sorted(field(answer, 'Sec-WebSocket-Extensions')));
        client.reset();
      }
      await stop(server);
    },
  };
}

function sorted(header: string | undefined): string | undefined {
  const [name, ...parameters] = header?.split('; ') ?? [];
  return name && [name, ...parameters.sort()].join('; ');
}

const takeover = { serverNoContextTakeover: false, clientNoContextTakeover: false };
const noTakeover = { serverNoContextTakeover: true, clientNoContextTakeover: true };

differential('permessage-deflate at a server', [
  negotiated('off', false, offers),
  negotiated('off, wrong offers', false, wrongOffers),
  negotiated('true', true, offers, {
    because: 'deflate-no-context-takeover',
    ws: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; server_max_window_bits=10"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; server_max_window_bits=11"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; server_max_window_bits=8"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; server_max_window_bits=10"',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=8; server_no_context_takeover"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated('context takeover', takeover, offers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; server_max_window_bits=10"',
      'permessage-deflate; server_no_context_takeover "400" undefined',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "400" undefined',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; server_max_window_bits=11"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; server_max_window_bits=8"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; server_max_window_bits=10"',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; server_max_window_bits=10"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; server_max_window_bits=11"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; server_max_window_bits=8"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; server_max_window_bits=10"',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated('no context takeover', noTakeover, offers),
  negotiated('serverMaxWindowBits', { ...noTakeover, serverMaxWindowBits: 11 }, offers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "400" undefined',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "400" undefined',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=8 "400" undefined',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=8; server_no_context_takeover"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated('clientMaxWindowBits', { ...noTakeover, clientMaxWindowBits: 11 }, offers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'null "101" undefined',
      'permessage-deflate "400" undefined',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_max_window_bits=11; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=11; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "400" undefined',
      'permessage-deflate; server_no_context_takeover "400" undefined',
      'permessage-deflate; client_no_context_takeover "400" undefined',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "400" undefined',
      'permessage-deflate; server_max_window_bits="11" "400" undefined',
      'permessage-deflate; server_max_window_bits=8 "400" undefined',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "400" undefined',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" undefined',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_max_window_bits=11; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=11; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" undefined',
      'permessage-deflate; server_no_context_takeover "101" undefined',
      'permessage-deflate; client_no_context_takeover "101" undefined',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" undefined',
      'permessage-deflate; server_max_window_bits=8 "101" undefined',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" undefined',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated('clientMaxWindowBits: true', { ...noTakeover, clientMaxWindowBits: true }, offers),
  negotiated('clientMaxWindowBits: false', { ...noTakeover, clientMaxWindowBits: false }, offers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=8; server_no_context_takeover"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=8; server_no_context_takeover"',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated('serverMaxWindowBits: true', { ...noTakeover, serverMaxWindowBits: true }, offers),
  negotiated('all window bits', { ...noTakeover, serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, offers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'null "101" undefined',
      'permessage-deflate "400" undefined',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "400" undefined',
      'permessage-deflate; server_no_context_takeover "400" undefined',
      'permessage-deflate; client_no_context_takeover "400" undefined',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "400" undefined',
      'permessage-deflate; server_max_window_bits=8 "400" undefined',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "400" undefined',
      'x-other; a="b" "101" undefined',
    ],
    hawser: [
      'null "101" undefined',
      'permessage-deflate "101" undefined',
      'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits=10 "101" undefined',
      'permessage-deflate; server_no_context_takeover "101" undefined',
      'permessage-deflate; client_no_context_takeover "101" undefined',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
      'permessage-deflate; server_max_window_bits="11" "101" undefined',
      'permessage-deflate; server_max_window_bits=8 "101" undefined',
      'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" undefined',
      'x-other; a="b" "101" undefined',
    ],
  }),
  negotiated(
    'window bits of 15',
    { ...noTakeover, serverMaxWindowBits: 15, clientMaxWindowBits: 15 },
    offers,
    {
      because: ['deflate-offers-are-met-or-declined', 'deflate-form-of-the-answer'],
      ws: [
        'null "101" undefined',
        'permessage-deflate "400" undefined',
        'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_max_window_bits=15; client_no_context_takeover; server_max_window_bits=15; server_no_context_takeover"',
        'permessage-deflate; client_max_window_bits=12 "400" undefined',
        'permessage-deflate; server_max_window_bits=10 "400" undefined',
        'permessage-deflate; server_no_context_takeover "400" undefined',
        'permessage-deflate; client_no_context_takeover "400" undefined',
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "400" undefined',
        'permessage-deflate; server_max_window_bits="11" "400" undefined',
        'permessage-deflate; server_max_window_bits=8 "400" undefined',
        'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "400" undefined',
        'x-other; a="b" "101" undefined',
      ],
      hawser: [
        'null "101" undefined',
        'permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
        'permessage-deflate; client_max_window_bits "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
        'permessage-deflate; client_max_window_bits=12 "101" "permessage-deflate; client_max_window_bits=12; client_no_context_takeover; server_no_context_takeover"',
        'permessage-deflate; server_max_window_bits=10 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
        'permessage-deflate; server_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
        'permessage-deflate; client_no_context_takeover "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9 "101" "permessage-deflate; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=9; server_no_context_takeover"',
        'permessage-deflate; server_max_window_bits="11" "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=11; server_no_context_takeover"',
        'permessage-deflate; server_max_window_bits=8 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=8; server_no_context_takeover"',
        'x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
        'x-other; a="b" "101" undefined',
      ],
    },
  ),
  negotiated('wrong offers', noTakeover, wrongOffers, {
    because: 'deflate-offers-are-met-or-declined',
    ws: [
      'permessage-deflate; server_max_window_bits "400" undefined',
      'permessage-deflate; server_max_window_bits=7 "400" undefined',
      'permessage-deflate; server_max_window_bits=16 "400" undefined',
      'permessage-deflate; server_max_window_bits=010 "101" "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover"',
      'permessage-deflate; client_max_window_bits=20 "400" undefined',
      'permessage-deflate; server_no_context_takeover=1 "400" undefined',
      'permessage-deflate; unknown "400" undefined',
      'permessage-deflate; server_no_context_takeover; server_no_context_takeover "400" undefined',
      'permessage-deflate; unknown, permessage-deflate "400" undefined',
    ],
    hawser: [
      'permessage-deflate; server_max_window_bits "101" undefined',
      'permessage-deflate; server_max_window_bits=7 "101" undefined',
      'permessage-deflate; server_max_window_bits=16 "101" undefined',
      'permessage-deflate; server_max_window_bits=010 "101" undefined',
      'permessage-deflate; client_max_window_bits=20 "101" undefined',
      'permessage-deflate; server_no_context_takeover=1 "101" undefined',
      'permessage-deflate; unknown "101" undefined',
      'permessage-deflate; server_no_context_takeover; server_no_context_takeover "101" undefined',
      'permessage-deflate; unknown, permessage-deflate "101" "permessage-deflate; client_no_context_takeover; server_no_context_takeover"',
    ],
  }),
  negotiated('malformed offers', noTakeover, malformedOffers),
  ...[
    ['threshold', { ...noTakeover, threshold: 5 }],
    ['zlibDeflateOptions', { ...noTakeover, threshold: 0, zlibDeflateOptions: { level: 0 } }],
    ['takeover and threshold', { ...takeover, threshold: 5 }],
    ['a window of 9 bits', { ...noTakeover, threshold: 0, serverMaxWindowBits: 9 }],
  ].map(
    ([name, perMessageDeflate]): Program => ({
      name: `the frames with ${name}`,
      async run(implementation, trace) {
        const { server, port } = await listen(implementation, {
          perMessageDeflate,
        } as Options<ServerOptions>);
        server.on('connection', (socket) => {
          trace('extensions', socket.extensions);
          for (const text of ['abcd', 'hello', 'hello, '.repeat(20)]) socket.send(text);
          socket.send('plain, plain, plain', { compress: false });
          socket.send('end');
        });
        const client = await RawClient.connect(port);
        client.socket.write(
          upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } }),
        );
        await client.answer();
        await client.until(() => client.frames.length >= 5);
        for (const { rsv1, opcode, payload } of client.frames) trace('frame', rsv1, opcode, payload.length);
        client.reset();
        await stop(server);
      },
    }),
  ),
  {
    name: 'messages go both ways',
    async run(implementation, trace) {
      for (const perMessageDeflate of [true, { ...noTakeover, threshold: 0, concurrencyLimit: 1 }]) {
        const { server, accepted, client } = await connected(implementation, {
          server: { perMessageDeflate },
        });
        trace('extensions', accepted.extensions, client.extensions);
        accepted.on('message', (data, isBinary) => accepted.send(data, { binary: isBinary }));
        for (const message of ['short', 'long '.repeat(1_000), Buffer.alloc(5_000, 1), '']) {
          client.send(message);
          const [data, isBinary] = await once(client, 'message');
          trace('message', data.length, isBinary);
        }
        client.close();
        await once(client, 'close');
        await stop(server);
      }
    },
  },
  {
    name: 'a message that inflates beyond maxPayload',
    async run(implementation, trace) {
      const { server, accepted, client } = await connected(implementation, {
        server: { perMessageDeflate: { ...noTakeover }, maxPayload: 2_000 },
        client: { perMessageDeflate: { threshold: 0 } },
      });
      accepted.on('message', (data: Buffer) => trace('message', data.length));
      accepted.on('error', (error) => trace('error', error));
      client.send(Buffer.alloc(2_000));
      client.send(Buffer.alloc(2_001));
      trace('close', ...(await once(client, 'close')));
      await stop(server);
    },
  },
  {
    name: 'the order of the parameters',
    differs: {
      because: 'deflate-form-of-the-answer',
      ws: [
        'extensions "permessage-deflate; client_max_window_bits=12; server_no_context_takeover; client_no_context_takeover"',
      ],
      hawser: [
        'extensions "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12"',
      ],
    },
    async run(implementation, trace) {
      const { server, port } = await listen(implementation, { perMessageDeflate: noTakeover });
      const offer = 'permessage-deflate; client_max_window_bits=12';
      const { client, head } = await handshake(port, { headers: { 'Sec-WebSocket-Extensions': offer } });
      trace('extensions', field(head, 'Sec-WebSocket-Extensions'));
      client.reset();
      await stop(server);
    },
  },
  {
    name: 'window bits out of range show when the first client comes, or at once',
    differs: {
      because: 'server-options-are-checked',
      ws: ['made "a server"', 'made "a server"'],
      hawser: [
        'made TypeError(WS_ERR_INVALID_OPTIONS: serverMaxWindowBits must be an integer from 8 to 15)',
        'made TypeError(WS_ERR_INVALID_OPTIONS: clientMaxWindowBits must be an integer from 8 to 15)',
      ],
    },
    async run(implementation, trace) {
      for (const options of [{ serverMaxWindowBits: 20 }, { clientMaxWindowBits: 3 }]) {
        const made = outcome(
          () => new implementation.WebSocketServer({ noServer: true, perMessageDeflate: options }),
        );
        trace('made', made instanceof implementation.WebSocketServer ? 'a server' : made);
      }
    },
  },
]);
