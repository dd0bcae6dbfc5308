import { attempt, classesOf } from './classes.js';
import { differential, type Program } from './differential.js';
import { negotiate, refusal, sorted } from './negotiating.js';
import { format } from './trace.js';

/** A server that uses context takeover unless the client asks for none, which is what both understand. */
const takeover = { isServer: true, serverNoContextTakeover: false, clientNoContextTakeover: false };
const noTakeover = { isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true };

const windows = [8, 9, 10, 11, 12, 13, 14, 15].map((bits) => `; server_max_window_bits=${bits}`);
const clientWindows = [8, 9, 10, 11, 12, 13, 14].map((bits) => `; client_max_window_bits=${bits}`);
const flags = ['', '; server_no_context_takeover', '; client_no_context_takeover'];
const invalid = [
  '; server_max_window_bits',
  '; server_max_window_bits=7',
  '; server_max_window_bits=16',
  '; server_max_window_bits=0',
  '; server_max_window_bits=-8',
  '; server_max_window_bits=abc',
  '; server_max_window_bits=10; server_max_window_bits=10',
  '; client_max_window_bits=7',
  '; client_max_window_bits=16',
  '; client_max_window_bits=abc',
  '; client_max_window_bits; client_max_window_bits',
  '; server_no_context_takeover=1',
  '; server_no_context_takeover; server_no_context_takeover',
  '; client_no_context_takeover=true',
  '; unknown',
  '; unknown=1',
  '; Server_No_Context_Takeover',
];

const negotiating =
  (options: object, headers: readonly string[]): Program['run'] =>
  (implementation, trace) =>
    negotiate(implementation, trace, options, headers);

differential('PerMessageDeflate, the offer', [
  {
    name: 'from options',
    run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      const all = {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 9,
        clientMaxWindowBits: 9,
      };
      const bits = [8, 9, 10, 11, 12, 13, 14];
      const options = [
        undefined,
        {},
        null,
        all,
        ...Object.entries(all).map(([name, value]) => ({ [name]: value })),
        { serverNoContextTakeover: false, clientNoContextTakeover: false },
        { clientMaxWindowBits: true },
        { clientMaxWindowBits: false },
        { threshold: 0, concurrencyLimit: 1, zlibDeflateOptions: { level: 9 }, zlibInflateOptions: {} },
        ...bits.map((serverMaxWindowBits) => ({ serverMaxWindowBits })),
        ...bits.map((clientMaxWindowBits) => ({ clientMaxWindowBits })),
      ];
      for (const value of options) {
        const offer = new PerMessageDeflate(value as object).offer();
        trace(format(value), offer, implementation.extension.format({ 'permessage-deflate': offer }));
      }
    },
  },
  {
    name: 'extensionName and params',
    run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      trace('name', PerMessageDeflate.extensionName, new PerMessageDeflate({}).params);
    },
  },
]);

differential('PerMessageDeflate, a server', [
  {
    name: 'accepts with context takeover',
    run: negotiating(takeover, ['', '; client_max_window_bits', ...windows, ...clientWindows]),
  },
  {
    name: 'accepts without context takeover',
    run: negotiating(noTakeover, [...flags, '; client_max_window_bits', ...windows, ...clientWindows]),
  },
  {
    name: 'limits its own window',
    run: negotiating({ ...noTakeover, serverMaxWindowBits: 10 }, [
      ...flags,
      '; client_max_window_bits',
      ...windows.slice(2),
    ]),
  },
  {
    name: "limits the client's window where it may",
    run: negotiating({ ...noTakeover, clientMaxWindowBits: 10 }, [
      ...flags,
      '; client_max_window_bits',
      ...clientWindows.slice(2),
      '; client_max_window_bits=15',
      '; server_max_window_bits=10',
    ]),
  },
  {
    name: 'takes several parameters',
    run: negotiating(noTakeover, [
      '; client_max_window_bits=8; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover',
      '; server_no_context_takeover; client_max_window_bits',
      '; server_max_window_bits="10"',
      '; server_max_window_bits=9, permessage-deflate',
      ', permessage-deflate; server_max_window_bits=9',
    ]),
  },
  { name: 'refuses what is invalid', run: negotiating(noTakeover, invalid) },
  {
    name: 'takes the second offer if its client window cannot be limited in the first',
    run: negotiating({ ...noTakeover, clientMaxWindowBits: 10 }, [
      ', permessage-deflate; client_max_window_bits',
      '; server_max_window_bits=9, permessage-deflate; client_max_window_bits=12',
    ]),
  },
  {
    name: 'window bits as numbers',
    run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      for (const bits of [8, 12, 15]) {
        const deflate = new PerMessageDeflate(noTakeover);
        trace('params', sorted(deflate.accept([{ server_max_window_bits: [bits] }])));
      }
    },
  },
]);

differential('PerMessageDeflate, a client', [
  {
    name: 'accepts an answer',
    run: negotiating({}, [...flags, ...windows, ...clientWindows, '; client_max_window_bits=15']),
  },
  {
    name: 'accepts what it asked for',
    run(implementation, trace) {
      negotiate(implementation, trace, { serverNoContextTakeover: true }, ['; server_no_context_takeover']);
      negotiate(implementation, trace, { serverMaxWindowBits: 10 }, windows.slice(0, 3));
      negotiate(implementation, trace, { clientMaxWindowBits: 10 }, ['', ...clientWindows.slice(0, 3)]);
      negotiate(implementation, trace, { clientMaxWindowBits: false }, ['', ...windows, ...clientWindows]);
    },
  },
  {
    name: 'accepts several parameters',
    run: negotiating({}, [
      '; client_max_window_bits=8; server_max_window_bits=9; server_no_context_takeover; client_no_context_takeover',
      '; server_max_window_bits="10"',
    ]),
  },
  {
    name: 'refuses what is invalid',
    run: negotiating({}, [...invalid, '; client_max_window_bits']),
  },
]);

differential('PerMessageDeflate, where it differs', [
  {
    name: 'context takeover of a server without options',
    run: negotiating({ isServer: true }, flags),
    differs: {
      because: 'deflate-no-context-takeover',
      ws: [
        '{isServer: true} with  {} true',
        '{isServer: true} with ; server_no_context_takeover {server_no_context_takeover: true} true',
        '{isServer: true} with ; client_no_context_takeover {client_no_context_takeover: true} true',
      ],
      hawser: [
        '{isServer: true} with  {client_no_context_takeover: true, server_no_context_takeover: true} true',
        '{isServer: true} with ; server_no_context_takeover {client_no_context_takeover: true, server_no_context_takeover: true} true',
        '{isServer: true} with ; client_no_context_takeover {client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'context takeover that a server has set to false',
    run: negotiating(takeover, ['; server_no_context_takeover']),
    differs: {
      because: 'deflate-offers-are-met-or-declined',
      ws: [
        '{isServer: true, serverNoContextTakeover: false, clientNoContextTakeover: false} with ; server_no_context_takeover "refused"',
      ],
      hawser: [
        '{isServer: true, serverNoContextTakeover: false, clientNoContextTakeover: false} with ; server_no_context_takeover {server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'a window that is smaller than the one of the server',
    run(implementation, trace) {
      const [server, client] = [windows.slice(1, 2), clientWindows.slice(1, 2)];
      negotiate(implementation, trace, { ...noTakeover, serverMaxWindowBits: 10 }, server);
      negotiate(implementation, trace, { ...noTakeover, clientMaxWindowBits: 10 }, client);
    },
    differs: {
      because: 'deflate-offers-are-met-or-declined',
      ws: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10} with ; server_max_window_bits=9 "refused"',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: 10} with ; client_max_window_bits=9 "refused"',
      ],
      hawser: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10} with ; server_max_window_bits=9 {client_no_context_takeover: true, server_max_window_bits: 9, server_no_context_takeover: true} true',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: 10} with ; client_max_window_bits=9 {client_max_window_bits: 9, client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'windows that are set to false',
    run(implementation, trace) {
      const headers = ['; server_max_window_bits=10'];
      negotiate(implementation, trace, { ...noTakeover, serverMaxWindowBits: false }, headers);
      const client = ['; client_max_window_bits=10'];
      negotiate(implementation, trace, { ...noTakeover, clientMaxWindowBits: false }, client);
    },
    differs: {
      because: 'deflate-offers-are-met-or-declined',
      ws: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: false} with ; server_max_window_bits=10 "refused"',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: false} with ; client_max_window_bits=10 {client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
      hawser: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: false} with ; server_max_window_bits=10 {client_no_context_takeover: true, server_max_window_bits: 10, server_no_context_takeover: true} true',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true, clientMaxWindowBits: false} with ; client_max_window_bits=10 {client_max_window_bits: 10, client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'context takeover that a client has set to false',
    run: negotiating({ clientNoContextTakeover: false }, ['; client_no_context_takeover']),
    differs: {
      because: 'extensions-accepted',
      ws: ['{clientNoContextTakeover: false} with ; client_no_context_takeover "refused"'],
      hawser: [
        '{clientNoContextTakeover: false} with ; client_no_context_takeover {client_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'an invalid offer before a valid one',
    run: negotiating(noTakeover, ['; unknown, permessage-deflate']),
    differs: {
      because: 'deflate-offers-are-met-or-declined',
      ws: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; unknown, permessage-deflate "refused"',
      ],
      hawser: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; unknown, permessage-deflate {client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'window bits that are no plain decimal number',
    run(implementation, trace) {
      const headers = ['010', '10.0', '1e1', '0xa'].map((bits) => `; server_max_window_bits=${bits}`);
      negotiate(implementation, trace, noTakeover, headers);
      negotiate(implementation, trace, {}, headers.slice(0, 1));
    },
    differs: {
      because: ['deflate-offers-are-met-or-declined', 'extensions-refused'],
      ws: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=010 {client_no_context_takeover: true, server_max_window_bits: 10, server_no_context_takeover: true} true',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=10.0 {client_no_context_takeover: true, server_max_window_bits: 10, server_no_context_takeover: true} true',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=1e1 {client_no_context_takeover: true, server_max_window_bits: 10, server_no_context_takeover: true} true',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=0xa {client_no_context_takeover: true, server_max_window_bits: 10, server_no_context_takeover: true} true',
        '{} with ; server_max_window_bits=010 {server_max_window_bits: 10} true',
      ],
      hawser: [
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=010 "refused"',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=10.0 "refused"',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=1e1 "refused"',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; server_max_window_bits=0xa "refused"',
        '{} with ; server_max_window_bits=010 "refused"',
      ],
    },
  },
  {
    name: 'windows of 15 bits',
    run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      trace('server', new PerMessageDeflate({ serverMaxWindowBits: 15 }).offer());
      trace('client', new PerMessageDeflate({ clientMaxWindowBits: 15 }).offer());
      negotiate(implementation, trace, noTakeover, ['; client_max_window_bits=15']);
    },
    differs: {
      because: ['window-bits-by-default', 'deflate-form-of-the-answer'],
      ws: [
        'server {server_max_window_bits: 15, client_max_window_bits: true}',
        'client {client_max_window_bits: 15}',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; client_max_window_bits=15 {client_max_window_bits: 15, client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
      hawser: [
        'server {client_max_window_bits: true}',
        'client {client_max_window_bits: true}',
        '{isServer: true, serverNoContextTakeover: true, clientNoContextTakeover: true} with ; client_max_window_bits=15 {client_no_context_takeover: true, server_no_context_takeover: true} true',
      ],
    },
  },
  {
    name: 'an answer that does not give what the client asked for',
    run(implementation, trace) {
      negotiate(implementation, trace, { serverNoContextTakeover: true }, ['']);
      negotiate(implementation, trace, { serverMaxWindowBits: 10 }, ['', '; server_max_window_bits=15']);
    },
    differs: {
      because: 'extensions-refused',
      ws: [
        '{serverNoContextTakeover: true} with  {} true',
        '{serverMaxWindowBits: 10} with  {} true',
        '{serverMaxWindowBits: 10} with ; server_max_window_bits=15 {server_max_window_bits: 15} true',
      ],
      hawser: [
        '{serverNoContextTakeover: true} with  "refused"',
        '{serverMaxWindowBits: 10} with  "refused"',
        '{serverMaxWindowBits: 10} with ; server_max_window_bits=15 "refused"',
      ],
    },
  },
  {
    name: 'two answers',
    run: negotiating({}, ['; server_max_window_bits=9, permessage-deflate']),
    differs: {
      because: 'extensions-refused',
      ws: ['{} with ; server_max_window_bits=9, permessage-deflate {server_max_window_bits: 9} true'],
      hawser: ['{} with ; server_max_window_bits=9, permessage-deflate "refused"'],
    },
  },
  {
    name: 'an answer to what the client promised',
    run(implementation, trace) {
      negotiate(implementation, trace, { clientNoContextTakeover: true }, ['']);
      negotiate(implementation, trace, { clientMaxWindowBits: 10 }, ['; client_max_window_bits=15']);
    },
    differs: {
      because: ['deflate-promise', 'extensions-accepted'],
      ws: [
        '{clientNoContextTakeover: true} with  {} true',
        '{clientMaxWindowBits: 10} with ; client_max_window_bits=15 "refused"',
      ],
      hawser: [
        '{clientNoContextTakeover: true} with  {client_no_context_takeover: true} true',
        '{clientMaxWindowBits: 10} with ; client_max_window_bits=15 {client_max_window_bits: 10} true',
      ],
    },
  },
  {
    name: 'the errors of accept',
    run(implementation, trace) {
      refusal(implementation, trace, noTakeover, []);
      refusal(implementation, trace, noTakeover, [{ unknown: [true] }]);
      refusal(implementation, trace, noTakeover, [{ server_max_window_bits: ['7'] }]);
      refusal(implementation, trace, noTakeover, [{ server_no_context_takeover: [true, true] }]);
      refusal(implementation, trace, {}, []);
      refusal(implementation, trace, { clientMaxWindowBits: false }, [{ client_max_window_bits: ['10'] }]);
    },
    differs: {
      because: 'handshake-class-errors',
      ws: [
        '[] "throws" Error(None of the extension offers can be accepted)',
        '[{unknown: [true]}] "throws" Error(Unknown parameter "unknown")',
        '[{server_max_window_bits: ["7"]}] "throws" TypeError(Invalid value for parameter "server_max_window_bits": 7)',
        '[{server_no_context_takeover: [true, true]}] "throws" Error(Parameter "server_no_context_takeover" must have only a single value)',
        `[] "throws" TypeError(Cannot read properties of undefined (reading 'client_max_window_bits'))`,
        '[{client_max_window_bits: ["10"]}] "throws" Error(Unexpected or invalid parameter "client_max_window_bits")',
      ],
      hawser: [
        '[] "throws" Error(Invalid or unacceptable Sec-WebSocket-Extensions header)',
        '[{unknown: [true]}] "throws" Error(Invalid or unacceptable Sec-WebSocket-Extensions header)',
        '[{server_max_window_bits: ["7"]}] "throws" Error(Invalid or unacceptable Sec-WebSocket-Extensions header)',
        '[{server_no_context_takeover: [true, true]}] "throws" Error(Invalid or unacceptable Sec-WebSocket-Extensions header)',
        '[] "throws" Error(Invalid or unacceptable Sec-WebSocket-Extensions header)',
        '[{client_max_window_bits: ["10"]}] "throws" Error(Invalid Sec-WebSocket-Extensions header)',
      ],
    },
  },
  {
    name: 'options that are out of range',
    run(implementation, trace) {
      const { PerMessageDeflate } = classesOf(implementation);
      const options = [
        { serverMaxWindowBits: 7 },
        { clientMaxWindowBits: 16 },
        { serverMaxWindowBits: '10' },
        { clientMaxWindowBits: null },
        { zlibDeflateOptions: { level: 99 } },
      ];
      for (const value of options)
        attempt(trace, format(value), () => new PerMessageDeflate(value as object).offer());
    },
    differs: {
      because: 'wrong-options',
      ws: [
        '{serverMaxWindowBits: 7} {server_max_window_bits: 7, client_max_window_bits: true}',
        '{clientMaxWindowBits: 16} {client_max_window_bits: 16}',
        '{serverMaxWindowBits: "10"} {server_max_window_bits: "10", client_max_window_bits: true}',
        '{clientMaxWindowBits: null} {client_max_window_bits: true}',
        '{zlibDeflateOptions: {level: 99}} {client_max_window_bits: true}',
      ],
      hawser: [
        '{serverMaxWindowBits: 7} "throws" TypeError(serverMaxWindowBits must be an integer from 8 to 15)',
        '{clientMaxWindowBits: 16} "throws" TypeError(clientMaxWindowBits must be an integer from 8 to 15)',
        '{serverMaxWindowBits: "10"} "throws" TypeError(serverMaxWindowBits must be an integer from 8 to 15)',
        '{clientMaxWindowBits: null} "throws" TypeError(clientMaxWindowBits must be an integer from 8 to 15)',
        '{zlibDeflateOptions: {level: 99}} "throws" TypeError(Invalid zlib options: The value of "options.level" is out of range. It must be >= -1 and <= 9. Received 99)',
      ],
    },
  },
]);
