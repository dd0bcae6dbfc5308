import type { PerMessageDeflateOptions } from '../../../src/node/per-message-deflate-options.js';
import type { ClientHandshakeCase, ServerHandshakeCase } from '../handshake-case.js';

const EXTENSIONS = 'Sec-WebSocket-Extensions';
const noTakeover = 'server_no_context_takeover; client_no_context_takeover';
const takeover = { serverNoContextTakeover: false, clientNoContextTakeover: false };

type ServerRow = [
  name: string,
  options: PerMessageDeflateOptions | boolean,
  offer: string,
  answer: string | null,
];

/** A server answers an offer, or goes without. */
const serverRows: readonly ServerRow[] = [
  ['no compression wanted', false, 'permessage-deflate', null],
  ['the plain offer', true, 'permessage-deflate', `permessage-deflate; ${noTakeover}`],
  ['the plain offer with takeover allowed', takeover, 'permessage-deflate', 'permessage-deflate'],
  [
    'the offer of browsers',
    true,
    'permessage-deflate; client_max_window_bits',
    `permessage-deflate; ${noTakeover}`,
  ],
  [
    'no server takeover',
    takeover,
    'permessage-deflate; server_no_context_takeover',
    'permessage-deflate; server_no_context_takeover',
  ],
  [
    'no client takeover',
    takeover,
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; client_no_context_takeover',
  ],
  ...[8, 9, 10, 11, 12, 13, 14, 15].map(
    (bits): ServerRow => [
      `a server window of ${bits} bits`,
      takeover,
      `permessage-deflate; server_max_window_bits=${bits}`,
      `permessage-deflate; server_max_window_bits=${bits}`,
    ],
  ),
  ...[8, 9, 10, 11, 12, 13, 14].map(
    (bits): ServerRow => [
      `a client window of ${bits} bits`,
      takeover,
      `permessage-deflate; client_max_window_bits=${bits}`,
      `permessage-deflate; client_max_window_bits=${bits}`,
    ],
  ),
  [
    'a client window of 15 bits',
    takeover,
    'permessage-deflate; client_max_window_bits=15',
    'permessage-deflate',
  ],
  [
    'a smaller server window of ours',
    { ...takeover, serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=12',
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    'a server window of ours that is not asked for',
    { ...takeover, serverMaxWindowBits: 10 },
    'permessage-deflate',
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    'a client window of ours',
    { ...takeover, clientMaxWindowBits: 10 },
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
  ],
  [
    'a client window of ours above the offered',
    { ...takeover, clientMaxWindowBits: 12 },
    'permessage-deflate; client_max_window_bits=9',
    'permessage-deflate; client_max_window_bits=9',
  ],
  [
    'a client window of ours that the offer has no room for',
    { ...takeover, clientMaxWindowBits: 10 },
    'permessage-deflate',
    null,
  ],
  [
    'a fallback that is needed',
    { ...takeover, clientMaxWindowBits: 10 },
    'permessage-deflate, permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
  ],
  [
    'a fallback that is not needed',
    takeover,
    'permessage-deflate; server_max_window_bits=9, permessage-deflate',
    'permessage-deflate; server_max_window_bits=9',
  ],
  [
    'everything at once',
    takeover,
    'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11; client_no_context_takeover; server_no_context_takeover',
    `permessage-deflate; ${noTakeover}; server_max_window_bits=10; client_max_window_bits=11`,
  ],
  [
    'quoted values',
    takeover,
    'permessage-deflate; server_max_window_bits="10"',
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    'spaces and tabs',
    takeover,
    ' permessage-deflate ;\tserver_max_window_bits = 10 ',
    'permessage-deflate; server_max_window_bits=10',
  ],
  ['other extensions around', takeover, 'x-foo; a=1, permessage-deflate, x-bar', 'permessage-deflate'],
  ['unknown extensions only', true, 'x-webkit-deflate-frame, bbf-usp-protocol', null],
  ['the name in capital letters', true, 'PerMessage-Deflate', null],
  ['an unknown parameter', true, 'permessage-deflate; unknown', null],
  [
    'an unknown parameter and a fallback',
    takeover,
    'permessage-deflate; unknown=1, permessage-deflate',
    'permessage-deflate',
  ],
  [
    'a parameter twice',
    true,
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    null,
  ],
  ['window bits twice', true, 'permessage-deflate; client_max_window_bits; client_max_window_bits=9', null],
  ['a value where none may be', true, 'permessage-deflate; server_no_context_takeover=1', null],
  ['no value where one must be', true, 'permessage-deflate; server_max_window_bits', null],
  ...['7', '16', '0', '08', '+9', '9.0', '1e1', '0xa', '-9', '999999999999'].flatMap((bits): ServerRow[] => [
    [`server window bits ${bits}`, true, `permessage-deflate; server_max_window_bits=${bits}`, null],
    [`client window bits ${bits}`, true, `permessage-deflate; client_max_window_bits=${bits}`, null],
  ]),
];

/** Headers that no grammar gives are refused, whoever wants compression. */
const malformed = [
  '',
  ',',
  'permessage-deflate;',
  'permessage-deflate; =1',
  'permessage-deflate; a=',
  'permessage-deflate; a="',
  'permessage-deflate; a=""',
  'permessage-deflate; a="b c"',
  'permessage deflate',
  'permessage-deflate; a b',
  'permessage-deflate; server_max_window_bits="10',
  '"permessage-deflate"',
  '@',
];

/** RFC 7692 §5 and §7.1 at a server. */
export const deflateNegotiationServer: readonly ServerHandshakeCase[] = [
  ...serverRows.map(
    ([name, perMessageDeflate, offer, answer]): ServerHandshakeCase => ({
      name,
      section: 'RFC 7692 §7.1',
      options: { perMessageDeflate },
      fields: { [EXTENSIONS]: offer },
      status: 101,
      answers: { [EXTENSIONS]: answer },
    }),
  ),
  {
    name: 'offers in several header lines',
    section: 'RFC 6455 §9.1',
    options: { perMessageDeflate: takeover },
    fields: { [EXTENSIONS]: ['x-foo', 'permessage-deflate; server_max_window_bits=9', 'permessage-deflate'] },
    status: 101,
    answers: { [EXTENSIONS]: 'permessage-deflate; server_max_window_bits=9' },
  },
  {
    name: 'empty elements in the list',
    section: 'RFC 9110 §5.6.1.2',
    options: { perMessageDeflate: takeover },
    fields: { [EXTENSIONS]: ', ,permessage-deflate,' },
    status: 101,
    answers: { [EXTENSIONS]: 'permessage-deflate' },
  },
  ...malformed.map(
    (offer): ServerHandshakeCase => ({
      name: `a malformed header: ${offer === '' ? 'empty' : offer}`,
      section: 'RFC 6455 §9.1',
      options: { perMessageDeflate: true },
      fields: { [EXTENSIONS]: offer },
      status: 400,
      answers: { [EXTENSIONS]: null },
    }),
  ),
];

type OfferRow = [name: string, options: PerMessageDeflateOptions | boolean | undefined, offer: string | null];
const offerRows: readonly OfferRow[] = [
  ['the default offer', undefined, 'permessage-deflate; client_max_window_bits'],
  ['no offer', false, null],
  ['an offer without client windows', { clientMaxWindowBits: false }, 'permessage-deflate'],
  [
    'an offer of no takeover',
    { serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: false },
    `permessage-deflate; ${noTakeover}`,
  ],
  [
    'an offer of windows',
    { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    'permessage-deflate; server_max_window_bits=10; client_max_window_bits=9',
  ],
];

const bad = 'WS_ERR_INVALID_EXTENSIONS_HEADER';
const unexpected = 'WS_ERR_UNEXPECTED_EXTENSION';
type AnswerRow = [
  name: string,
  options: PerMessageDeflateOptions | boolean,
  answer: string,
  outcome: 'opens' | string,
];

const answerRows: readonly AnswerRow[] = [
  ['the plain answer', true, 'permessage-deflate', 'opens'],
  ['no takeover, not asked for', true, `permessage-deflate; ${noTakeover}`, 'opens'],
  ['windows', true, 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=10', 'opens'],
  ['quoted windows', true, 'permessage-deflate; client_max_window_bits="10"', 'opens'],
  [
    'a smaller server window than asked for',
    { serverMaxWindowBits: 12 },
    'permessage-deflate; server_max_window_bits=9',
    'opens',
  ],
  [
    'the server window asked for',
    { serverMaxWindowBits: 12 },
    'permessage-deflate; server_max_window_bits=12',
    'opens',
  ],
  [
    'a larger server window than asked for',
    { serverMaxWindowBits: 12 },
    'permessage-deflate; server_max_window_bits=13',
    bad,
  ],
  ['no word of the server window asked for', { serverMaxWindowBits: 12 }, 'permessage-deflate', bad],
  ['no word of the server takeover asked for', { serverNoContextTakeover: true }, 'permessage-deflate', bad],
  [
    'a client window although none was offered',
    { clientMaxWindowBits: false },
    'permessage-deflate; client_max_window_bits=10',
    bad,
  ],
  ['a client window without a value', true, 'permessage-deflate; client_max_window_bits', bad],
  ['a server window without a value', true, 'permessage-deflate; server_max_window_bits', bad],
  ...['7', '16', '08', '0', 'abc', '-9'].map(
    (bits): AnswerRow => [
      `client window bits ${bits}`,
      true,
      `permessage-deflate; client_max_window_bits=${bits}`,
      bad,
    ],
  ),
  ...['7', '16', '08', '0', 'abc', '-9'].map(
    (bits): AnswerRow => [
      `server window bits ${bits}`,
      true,
      `permessage-deflate; server_max_window_bits=${bits}`,
      bad,
    ],
  ),
  ['an unknown parameter', true, 'permessage-deflate; unknown', bad],
  [
    'a parameter twice',
    true,
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    bad,
  ],
  ['a value where none may be', true, 'permessage-deflate; client_no_context_takeover=true', bad],
  ['permessage-deflate twice', true, 'permessage-deflate, permessage-deflate', bad],
  ['an extension that was not offered', true, 'x-foo', unexpected],
  ['one more that was not offered', true, 'permessage-deflate, x-foo', unexpected],
  ['the name in capital letters', true, 'PERMESSAGE-DEFLATE', unexpected],
  ['compression although none was offered', false, 'permessage-deflate', unexpected],
  ['a malformed header', true, 'permessage-deflate; a="', bad],
  ['an empty header', true, '', bad],
];

/** RFC 7692 §5 and §7.1 at a client. */
export const deflateNegotiationClient: readonly ClientHandshakeCase[] = [
  ...offerRows.map(
    ([name, perMessageDeflate, offer]): ClientHandshakeCase => ({
      name,
      section: 'RFC 7692 §7.1',
      options: perMessageDeflate === undefined ? {} : { perMessageDeflate },
      requests: { [EXTENSIONS]: offer },
    }),
  ),
  ...answerRows.map(
    ([name, perMessageDeflate, answer, outcome]): ClientHandshakeCase => ({
      name,
      section: 'RFC 7692 §7.1',
      options: { perMessageDeflate },
      fields: { [EXTENSIONS]: answer },
      ...(outcome === 'opens' ? { opens: { extensions: 'permessage-deflate' } } : { error: outcome }),
    }),
  ),
];
