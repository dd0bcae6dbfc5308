import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isValidCloseCode } from '../../src/protocol/close-codes.js';
import { errorCatalogue } from '../../src/protocol/errors.js';
import {
  type CallErrorCode,
  CallTimeoutError,
  InvalidAnswerError,
  NotSentError,
  RpcUsageError,
  UnknownOutcomeError,
} from '../../src/transport/errors.js';
import { type Declaration, membersOf } from './declarations.js';
import { allDocuments, codeNames, namesInTables, readDocument, root } from './markdown.js';

interface CatalogueEntry {
  readonly kind: keyof typeof classes;
  readonly status?: number;
  readonly message: string;
}

const classes = {
  protocol: 'ProtocolError',
  limit: 'LimitError',
  handshake: 'HandshakeError',
  connection: 'ConnectionClosedError',
  usage: 'UsageError',
  range: 'UsageRangeError',
  syntax: 'UsageSyntaxError',
} as const;

/** The errors of calls, in the order of the page. */
const callErrors = {
  RPC_ERR_OFFLINE: new NotSentError('RPC_ERR_OFFLINE'),
  RPC_ERR_QUEUE_FULL: new NotSentError('RPC_ERR_QUEUE_FULL'),
  RPC_ERR_DROPPED: new NotSentError('RPC_ERR_DROPPED'),
  RPC_ERR_CLOSED: new NotSentError('RPC_ERR_CLOSED'),
  RPC_ERR_UNKNOWN_OUTCOME: new UnknownOutcomeError(),
  RPC_ERR_TIMEOUT: new CallTimeoutError('', 0, true),
  RPC_ERR_INVALID_ANSWER: new InvalidAnswerError('RPC_ERR_INVALID_ANSWER', ''),
  RPC_ERR_INVALID_STREAM: new InvalidAnswerError('RPC_ERR_INVALID_STREAM', ''),
  RPC_ERR_INVALID_ARGUMENT: new RpcUsageError('RPC_ERR_INVALID_ARGUMENT', ''),
  RPC_ERR_INVALID_CONTRACT: new RpcUsageError('RPC_ERR_INVALID_CONTRACT', ''),
} satisfies Record<CallErrorCode, Error>;

/** Classes whose messages begin with a text for each code; the others have only what is told of the case. */
const fixedMessages = ['NotSentError', 'UnknownOutcomeError'];

const catalogue = Object.entries(errorCatalogue) as [string, CatalogueEntry][];
const namesOf = (declarations: readonly Declaration[]): string[] =>
  declarations.map(({ name }) => name).sort();

/** Document, heading, source, interface. */
const optionTables = [
  ['server-options', 'ServerOptions', 'src/server/server-options.ts', 'ServerOptions'],
  [
    'server-options',
    'PerMessageDeflateOptions',
    'src/node/per-message-deflate-options.ts',
    'PerMessageDeflateOptions',
  ],
  ['server-options', 'HeartbeatSettings', 'src/node/heartbeat.ts', 'HeartbeatSettings'],
  ['client-options', 'ClientOptions', 'src/client/client-options.ts', 'ClientOptions'],
  ['protocol', 'Options', 'src/protocol/protocol-options.ts', 'ProtocolOptions'],
  ['server', 'broadcast(data, options?)', 'src/server/websocket-server.ts', 'BroadcastOptions'],
  ['server', 'drain(options?)', 'src/server/drain.ts', 'DrainOptions'],
  ['websocket', 'send(data, options?, callback?)', 'src/client/websocket-types.ts', 'SendOptions'],
  ['websocket', 'sendStream(source, options?)', 'src/client/websocket-types.ts', 'SendStreamOptions'],
  ['rpc', 'stream(options)', 'src/rpc/contract/contract.ts', 'StreamOptions'],
  ['rpc', 'CallSettings', 'src/rpc/client/call-settings.ts', 'CallSettings'],
  ['rpc', 'StreamSettings', 'src/rpc/client/call-settings.ts', 'StreamSettings'],
  ['rpc-server', 'RpcServerOptions', 'src/rpc/server/settings.ts', 'RpcServerOptions'],
  ['rpc-server', 'InBandAuthentication', 'src/rpc/server/settings.ts', 'InBandAuthentication'],
  ['rpc-server', 'RateLimit', 'src/rpc/server/middleware.ts', 'RateLimit'],
  [
    'rpc-server',
    'MemoryIdempotencyStore',
    'src/rpc/server/idempotency-store.ts',
    'MemoryIdempotencyStoreOptions',
  ],
  ['rpc-server', 'JwtVerifierOptions', 'src/rpc/jwt/jwt-verifier.ts', 'JwtVerifierOptions'],
  ['client', 'ClientOptions', 'src/browser/client.ts', 'ClientOptions'],
  ['client', 'ConnectionOptions', 'src/browser/connection.ts', 'ConnectionOptions'],
  ['client', 'BackoffOptions', 'src/transport/backoff.ts', 'BackoffOptions'],
  ['client', 'QueueOptions', 'src/browser/offline-queue.ts', 'QueueOptions'],
  ['client', 'WatchdogOptions', 'src/browser/watchdog.ts', 'WatchdogOptions'],
  [
    'fallback',
    'FallbackServerOptions',
    'src/transports/fallback-server/fallback-options.ts',
    'FallbackServerOptions',
  ],
  ['fallback', 'CorsOptions', 'src/transports/fallback-server/cors.ts', 'CorsOptions'],
  ['fallback', 'HttpOptions', 'src/transports/fallback/http-session.ts', 'HttpOptions'],
] as const;

describe.each(optionTables)('docs/reference/%s.md, %s', (file, heading, source, name) => {
  const document = readDocument(`docs/reference/${file}.md`);
  const declared = membersOf(source, name);

  it(`lists the options of ${name}, each once`, () => {
    expect(namesInTables(document, heading).sort()).toEqual(namesOf(declared));
  });

  it('gives type, default and meaning of each', () => {
    const tables = document.tables.filter(({ headings }) => headings.includes(heading));
    for (const { columns, rows } of tables) {
      expect(columns[0]).toBe('Option');
      expect(rows.flat().filter((cell) => cell === '')).toEqual([]);
    }
  });

  it('gives the defaults that the sources give', () => {
    const tables = document.tables.filter(({ headings }) => headings.includes(heading));
    const rows = new Map(
      tables.flatMap((table) => table.rows.map((row) => [codeNames(row[0] as string)[0], row] as const)),
    );
    for (const { name: option, comment } of declared) {
      // "Default `{ … }`.", "Default 511, as Node.", "default 131,072."
      const said = values(/\bDefault:? (`[^`]+`|.+?)(?:[.,;)](?: |$)|$)/i.exec(comment)?.[1] ?? '');
      const row = rows.get(option) ?? [];
      const documented = values(row[2] ?? '');
      expect(
        said.filter((value) => !documented.includes(value)),
        `${option}: ${row[2]}`,
      ).toEqual([]);
    }
  });
});

/** The numbers and booleans in a text. */
function values(text: string): string[] {
  return Array.from(text.matchAll(/\b(?:true|false|\d[\d,_]*)\b/g), ([value]) =>
    value.replaceAll(/[,_]/g, ''),
  );
}

describe('docs/reference/errors.md', () => {
  const document = readDocument('docs/reference/errors.md');
  const documented = document.tables.flatMap(({ headings: [className], rows }) =>
    rows.map(([code, status, message, meaning]) => ({ className, code, status, message, meaning })),
  );

  it('has every code of the catalogue with its class, status and message, in the same order', () => {
    const expected = catalogue.map(([code, { kind, status, message }]) => ({
      className: classes[kind],
      code: `\`${code}\``,
      status: status === undefined ? '' : String(status),
      message: message === '' ? '–' : message,
    }));
    const ofCalls = Object.entries(callErrors).map(([code, { name, message }]) => ({
      className: name,
      code: `\`${code}\``,
      status: '',
      message: fixedMessages.includes(name) ? message : '–',
    }));
    expect(documented.map(({ meaning, ...rest }) => rest)).toEqual([...expected, ...ofCalls]);
  });

  it.each(documented)('says what happened at $code', ({ meaning }) =>
    expect(meaning).toMatch(/^[A-Z`].{15,}\.$/s),
  );
});

describe('docs/reference/http-answers.md', () => {
  const [table] = readDocument('docs/reference/http-answers.md').tables;
  const rows = table?.rows ?? [];

  it('has every status that the catalogue gives a handshake', () => {
    // The scanner's error: behind Node's HTTP server nobody meets it.
    const refusals = catalogue.filter(
      ([code, { kind, status }]) =>
        kind === 'handshake' && status !== undefined && code !== 'WS_ERR_INVALID_HTTP_MESSAGE',
    );
    const first = new Map(
      rows.toReversed().map(([, status, code]) => [code, Number.parseInt(status ?? '', 10)]),
    );
    expect([...first].sort()).toEqual(refusals.map(([code, { status }]) => [`\`${code}\``, status]).sort());
  });

  it('names no code that the catalogue does not have', () => {
    const codes = rows.flatMap((row) => codeNames(row[2] as string));
    expect(codes.filter((code) => !(code in errorCatalogue))).toEqual([]);
  });
});

/** Document, heading of its properties, source, class. */
const classDocuments = [
  ['websocket', 'src/client/websocket.ts', 'WebSocket'],
  ['websocket', 'src/client/event-target.ts', 'EventTargetEmitter'],
  ['server', 'src/server/websocket-server.ts', 'WebSocketServer'],
] as const;

describe.each(classDocuments)('docs/reference/%s.md, the class of %s', (file, source, name) => {
  const document = readDocument(`docs/reference/${file}.md`);
  // Constants and `await using` stand in the text.
  const inText = new Set(['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED', '[Symbol.asyncDispose]']);

  it('has every public member', () => {
    const properties = namesInTables(document, 'Properties');
    const methods = document.headings.flatMap(codeNames);
    const members = namesOf(membersOf(source, name)).filter((member) => !inText.has(member));
    expect(members.length).toBeGreaterThan(3);
    expect(members.filter((member) => !properties.includes(member) && !methods.includes(member))).toEqual([]);
  });
});

describe('names of members', () => {
  it('are those that the classes have', () => {
    const websocket = [
      ...membersOf('src/client/websocket.ts', 'WebSocket'),
      ...membersOf('src/client/event-target.ts', 'EventTargetEmitter'),
    ];
    const known = {
      websocket: [...namesOf(websocket), 'createWebSocketStream', 'CloseCode', 'WebSocket'],
      server: [
        ...namesOf(membersOf('src/server/websocket-server.ts', 'WebSocketServer')),
        'WebSocketServer',
        'PreparedMessage',
      ],
    };
    for (const [file, members] of Object.entries(known)) {
      const document = readDocument(`docs/reference/${file}.md`);
      const named = [...document.headings.flatMap(codeNames), ...namesInTables(document, 'Properties')];
      expect(
        named.filter((name) => !members.includes(name)),
        file,
      ).toEqual([]);
    }
  });

  it('are all of them at WebSocketProtocol and its handler', () => {
    const document = readDocument('docs/reference/protocol.md');
    const engine = namesOf(membersOf('src/protocol/websocket-protocol.ts', 'WebSocketProtocol'));
    const sections = ['Input', 'Sending', 'State'].flatMap((heading) => namesInTables(document, heading));
    expect(sections.sort()).toEqual(engine);
    const handler = [
      ...membersOf('src/protocol/protocol-handler.ts', 'ProtocolHandler'),
      ...membersOf('src/protocol/message-receiver.ts', 'MessageHandler'),
    ];
    expect(namesInTables(document, 'The handler').sort()).toEqual(namesOf(handler));
  });
});

describe('events', () => {
  it.each([
    ['websocket', 'src/client/websocket-types.ts', 'WebSocketEvents'],
    ['server', 'src/server/websocket-server.ts', 'WebSocketServerEvents'],
  ])('of docs/reference/%s.md are those of the sources', (file, source, name) => {
    const document = readDocument(`docs/reference/${file}.md`);
    expect(namesInTables(document, 'Events').sort()).toEqual(namesOf(membersOf(source, name)));
  });
});

/** Document, heading, source, interface or class: tables of members, each of which may name several. */
const memberTables = [
  ['rpc-server', 'Authentication', 'src/rpc/server/call.ts', 'Authentication'],
  ['rpc-server', 'Call', 'src/rpc/server/call.ts', 'Call'],
  ['rpc-server', 'RpcConnection', 'src/rpc/server/connection.ts', 'RpcConnection'],
  ['rpc-server', 'Transport', 'src/transport/transport.ts', 'Transport'],
  ['client', 'Client', 'src/browser/client.ts', 'Client'],
  ['client', 'ClientStatus', 'src/browser/status.ts', 'ClientStatus'],
  ['client', 'Connection', 'src/browser/connection.ts', 'Connection'],
  ['client', 'ConnectionListener', 'src/browser/connection.ts', 'ConnectionListener'],
  ['fallback', 'FallbackServer', 'src/transports/fallback-server/fallback-server.ts', 'FallbackServer'],
  [
    'fallback',
    'FallbackServerEvents',
    'src/transports/fallback-server/fallback-server.ts',
    'FallbackServerEvents',
  ],
  ['fallback', 'FallbackSocket', 'src/transports/fallback-server/fallback-socket.ts', 'FallbackSocket'],
  [
    'fallback',
    'FallbackSocketEvents',
    'src/transports/fallback-server/fallback-socket.ts',
    'FallbackSocketEvents',
  ],
] as const;

describe.each(memberTables)('docs/reference/%s.md, %s', (file, heading, source, name) => {
  it(`lists the members of ${name}, each once`, () => {
    const tables = readDocument(`docs/reference/${file}.md`).tables.filter(
      ({ headings }) => headings[0] === heading,
    );
    const names = tables.flatMap(({ rows }) => rows.flatMap(([first = '']) => codeNames(first)));
    expect(names.sort()).toEqual(namesOf(membersOf(source, name)));
  });
});

describe('docs/reference/rpc-server.md', () => {
  it('lists the members of RpcServer and of its webSocketDefaults', () => {
    const document = readDocument('docs/reference/rpc-server.md');
    expect(namesInTables(document, 'RpcServer').sort()).toEqual(
      [
        ...namesOf(membersOf('src/rpc/server/rpc-server.ts', 'RpcServer')),
        ...namesOf(membersOf('src/rpc/server/rpc-server.ts', 'WebSocketDefaults')),
      ].sort(),
    );
  });
});

describe('docs/reference/diagnostics.md', () => {
  const document = readDocument('docs/reference/diagnostics.md');
  const source = readFileSync(`${root}src/node/diagnostics.ts`, 'utf8');

  it('has the channels with their types, and the fields of each message', () => {
    const channels = source.matchAll(/channel\('(hawser:[\w-]+)'\) as Channel<unknown, (\w+)>/g);
    const open = membersOf('src/node/diagnostics.ts', 'OpenDiagnostics');
    const expected = Array.from(channels, ([, channel, type = '']) => {
      const inherited = source.includes(`interface ${type} extends OpenDiagnostics`) ? open : [];
      return [channel, type, namesOf([...inherited, ...membersOf('src/node/diagnostics.ts', type)])];
    });
    const table = document.tables.find(({ headings }) => headings[0] === 'Channels');
    const rows = table?.rows.map(([channel = '', type = '', message = '']) => [
      channel.replaceAll('`', ''),
      ...codeNames(type),
      codeNames(message).sort(),
    ]);
    expect(rows).toEqual(expected);
    expect(expected).toHaveLength(5);
  });

  it('has the metrics', () => {
    expect(namesInTables(document, 'Metrics').sort()).toEqual(
      namesOf(membersOf('src/server/server-metrics.ts', 'ServerMetrics')),
    );
  });
});

describe('docs/guide/protocol.md', () => {
  const guide = readDocument('docs/guide/protocol.md');

  it('tells of every close code whether it may be on the wire', () => {
    const table = guide.tables.find(({ headings }) => headings[0] === 'Close codes');
    const said = new Map<number, string>();
    for (const [codes = '', , , wire = ''] of table?.rows ?? []) {
      const [first = 0, last = first] = codes.split('–').map(Number);
      for (let code = first; code <= last; code++) said.set(code, wire);
    }
    for (let code = 900; code <= 5_100; code++) {
      expect(said.get(code) === 'yes', `${code}`).toBe(isValidCloseCode(code));
    }
  });

  it('shows the example as it is', () => {
    const [shown, ...others] = guide.blocks.filter(({ name }) => name !== '');
    expect(others).toEqual([]);
    expect(shown?.code).toBe(readFileSync(root + shown?.name, 'utf8'));
  });
});

describe('what the documents say of the package', () => {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

  it('is about commands that there are', () => {
    const commands = allDocuments().flatMap(({ text }) => Array.from(text.matchAll(/npm run ([\w-]+)/g)));
    expect(commands.length).toBeGreaterThan(4);
    expect(
      commands.map(([, script]) => script).filter((script) => !((script as string) in manifest.scripts)),
    ).toEqual([]);
    const contributing = readDocument('CONTRIBUTING.md').text;
    expect(manifest.license).toBe('MIT');
    expect(readFileSync(`${root}LICENSE`, 'utf8')).toMatch(
      /^MIT License\n\nCopyright \(c\) \d{4} hawser contributors/,
    );
    expect(contributing).toContain(manifest.engines.node.replace('>=', ''));
  });

  it('is about this version', () => {
    const [latest] = readDocument('CHANGELOG.md').text.matchAll(/^## (\S+) – (\d{4}-\d{2}-\d{2})$/gm);
    expect(latest?.[1]).toBe(manifest.version);
    const tarballs = readDocument('README.md').text.matchAll(/hawser-(\d[\w.-]*)\.tgz/g);
    expect(Array.from(tarballs, ([, version]) => version)).toEqual([manifest.version]);
  });
});
