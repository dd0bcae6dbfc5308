import { describe, expect, it } from 'vitest';
import { ProtocolError, UsageError, UsageRangeError } from '../../src/protocol/errors.js';
import { WebSocketProtocol } from '../../src/protocol/websocket-protocol.js';
import { chunksOf, everyCut, randomChunks, seededBytes } from './every-cut.js';
import { closePayload, exampleKey, type RawFrame, rawFrame, readRawFrames } from './raw-frame.js';
import {
  engine,
  feedEveryWay,
  fromPeer,
  fromUs,
  RecordingHandler,
  type Role,
  record,
  roles,
  words,
} from './recording-handler.js';
import { vectors } from './vectors.js';

const failure = (code: string, closeCode: number): string[] => [`failed ${code} ${closeCode}`, 'closable'];

/** The close frame that a failed engine sends. */
const failedWith = (role: Role, closeCode: number): string =>
  words(fromUs(role, { opcode: 8, payload: closePayload(closeCode) }));

/** An engine with its handler, for tests that act in between. */
function connected(role: Role, options: Parameters<typeof engine>[1] = {}) {
  const handler = new RecordingHandler();
  return { handler, protocol: engine(role, options)(handler) };
}

function usageError(action: () => void): UsageError {
  const error = thrownBy(action);
  expect(error).toBeInstanceOf(UsageError);
  return error as UsageError;
}

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}

const tooLong = new UsageRangeError('WS_ERR_CONTROL_DATA_TOO_LONG');

describe('vectors', () => {
  const expected: Record<string, string[]> = {
    'unmasked text Hello': ['text "Hello"'],
    'masked text Hello': ['text "Hello"'],
    'fragmented unmasked text Hello': ['text "Hello"'],
    'unmasked ping Hello': ['ping 48656c6c6f'],
    'masked pong Hello': ['pong 48656c6c6f'],
    'binary 256 bytes header': [`binary ${words(seededBytes(256))}`],
    'binary 64 KiB header': [`binary ${words(seededBytes(65_536))}`],
  };

  it.each(vectors.frames)('$what ($source)', ({ what, hex }) => {
    const role = what.includes(' masked') || what.startsWith('masked') ? 'server' : 'client';
    const payload = what.includes('256') ? seededBytes(256) : what.includes('KiB') ? seededBytes(65_536) : '';
    const bytes = Buffer.concat([Buffer.from([hex].flat().join(''), 'hex'), Buffer.from(payload)]);
    expect(feedEveryWay(bytes, engine(role)).events).toEqual(expected[what]);
  });

  it(`fragmentation (${vectors.fragmentation.source})`, () => {
    const { frames, messages } = vectors.fragmentation;
    for (const role of roles) {
      const { events } = feedEveryWay(fromPeer(role, ...frames), engine(role));
      expect(events).toEqual(messages.map((message) => `text ${JSON.stringify(message)}`));
    }
  });

  it.each(vectors.deflate)('$what ($source)', ({ hex }) => {
    const bytes = Buffer.from(hex, 'hex');
    const { events } = feedEveryWay(bytes, engine('client', { perMessageDeflate: true }));
    expect(events).toEqual([`compressed text ${hex.slice(4)}`]);
    expect(feedEveryWay(bytes, engine('client')).events).toEqual(failure('WS_ERR_UNEXPECTED_RSV_1', 1002));
  });
});

describe.each(roles)('a %s receives', (role) => {
  const feed = (...frames: RawFrame[]) => feedEveryWay(fromPeer(role, ...frames), engine(role));

  it.each([0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537])(
    'a payload of %i bytes',
    (length) => {
      const payload = seededBytes(length);
      expect(feed({ opcode: 2, payload })).toEqual({ events: [`binary ${words(payload)}`], output: '' });
      const text = 'x'.repeat(length);
      const shown = length <= 200 ? JSON.stringify(text) : words(Buffer.from(text));
      expect(feed({ opcode: 1, payload: text }).events).toEqual([`text ${shown}`]);
    },
  );

  it('a message of 16 MiB', () => {
    const payload = Buffer.alloc(16 * 1024 * 1024, seededBytes(4099));
    const bytes = fromPeer(role, { opcode: 2, payload });
    const expected = { events: [`binary ${words(payload)}`], output: '' };
    expect(record([Buffer.from(bytes)], engine(role))).toEqual(expected);
    expect(record(chunksOf(bytes, 65_536), engine(role))).toEqual(expected);
    expect(record(chunksOf(bytes, 1460), engine(role))).toEqual(expected);
    expect(record(randomChunks(bytes, 1), engine(role))).toEqual(expected);
  });

  it('messages in order, pings between fragments at once', () => {
    const { events, output } = feed(
      { opcode: 1, payload: 'one' },
      { opcode: 2, fin: false, payload: 'tw' },
      { opcode: 9, payload: 'p' },
      { opcode: 0, fin: false, payload: '' },
      { opcode: 10, payload: 'unsolicited' },
      { opcode: 0, payload: 'o' },
      { opcode: 1, payload: '' },
    );
    expect(events).toEqual([
      'text "one"',
      'ping 70',
      'pong 756e736f6c696369746564',
      'binary 74776f',
      'text ""',
    ]);
    expect(output).toBe(words(fromUs(role, { opcode: 10, payload: 'p' })));
  });

  it.each([0, 1, 124, 125])('a ping of %i bytes and answers with its payload', (length) => {
    const payload = seededBytes(length);
    const { events, output } = feed({ opcode: 9, payload }, { opcode: 9, payload: 'next' });
    expect(events).toEqual([`ping ${words(payload)}`.trimEnd(), 'ping 6e657874']);
    expect(output).toBe(words(fromUs(role, { opcode: 10, payload }, { opcode: 10, payload: 'next' })));
  });

  it('a code point in four fragments', () => {
    const [a, b, c, d] = Buffer.from('😀');
    const { events } = feed(
      { opcode: 1, fin: false, payload: Buffer.of(a) },
      { opcode: 0, fin: false, payload: Buffer.of(b) },
      { opcode: 0, fin: false, payload: Buffer.of(c) },
      { opcode: 0, payload: Buffer.of(d) },
    );
    expect(events).toEqual(['text "😀"']);
  });
});

describe.each(roles)('a %s fails the connection for', (role) => {
  const wrongMask = role === 'server' ? null : exampleKey;
  const start: RawFrame = { opcode: 1, fin: false, payload: 'a' };
  const cases: [string, RawFrame[], string, number][] = [
    ['RSV1', [{ opcode: 1, rsv: 4 }], 'WS_ERR_UNEXPECTED_RSV_1', 1002],
    ['RSV2', [{ opcode: 1, rsv: 2 }], 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    ['RSV3', [{ opcode: 9, rsv: 1 }], 'WS_ERR_UNEXPECTED_RSV_2_3', 1002],
    [
      'a mask where none may be or none where one must be',
      [{ opcode: 1, maskingKey: wrongMask }],
      role === 'server' ? 'WS_ERR_EXPECTED_MASK' : 'WS_ERR_UNEXPECTED_MASK',
      1002,
    ],
    ['a fragmented ping', [{ opcode: 9, fin: false }], 'WS_ERR_EXPECTED_FIN', 1002],
    ['a fragmented close', [{ opcode: 8, fin: false }], 'WS_ERR_EXPECTED_FIN', 1002],
    [
      'a ping of 126 bytes',
      [{ opcode: 9, payload: 'x'.repeat(126) }],
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
    ],
    [
      'a close of 126 bytes',
      [{ opcode: 8, payload: 'x'.repeat(126) }],
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
      1002,
    ],
    ['a close of one byte', [{ opcode: 8, payload: 'x' }], 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
    ['a continuation of nothing', [{ opcode: 0, payload: 'a' }], 'WS_ERR_INVALID_OPCODE', 1002],
    [
      'a continuation after the last fragment',
      [{ opcode: 1, payload: 'a' }, { opcode: 0 }],
      'WS_ERR_INVALID_OPCODE',
      1002,
    ],
    ['a text message within a message', [start, { opcode: 1, payload: 'b' }], 'WS_ERR_INVALID_OPCODE', 1002],
    [
      'a binary message within a message',
      [start, { opcode: 2, payload: 'b' }],
      'WS_ERR_INVALID_OPCODE',
      1002,
    ],
    [
      'a length in 16 bits that fits 7',
      [{ opcode: 2, payload: 'x'.repeat(125), lengthBits: 16 }],
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING',
      1002,
    ],
    [
      'a length in 64 bits that fits 16',
      [{ opcode: 2, payload: 'x'.repeat(126), lengthBits: 64 }],
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING',
      1002,
    ],
    [
      'a length with the top bit set',
      [{ opcode: 2, announced: (1n << 63n) + 5n }],
      'WS_ERR_INVALID_PAYLOAD_LENGTH_ENCODING',
      1002,
    ],
    [
      'a length of 2^53',
      [{ opcode: 2, announced: 1n << 53n }],
      'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      1009,
    ],
    [
      'a length of 2^63 - 1',
      [{ opcode: 2, announced: (1n << 63n) - 1n }],
      'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
      1009,
    ],
    [
      'a length of 100 MiB and one',
      [{ opcode: 2, announced: 104_857_601 }],
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      1009,
    ],
    ['text that is not UTF-8', [{ opcode: 1, payload: Buffer.of(0xff) }], 'WS_ERR_INVALID_UTF8', 1007],
    [
      'text that ends within a code point',
      [{ opcode: 1, payload: Buffer.of(0xe2, 0x82) }],
      'WS_ERR_INVALID_UTF8',
      1007,
    ],
    [
      'a close reason that is not UTF-8',
      [{ opcode: 8, payload: closePayload(1000, Buffer.of(0xc0, 0xaf)) }],
      'WS_ERR_INVALID_UTF8',
      1007,
    ],
  ];
  it.each(cases)('%s', (_name, frames, code, closeCode) => {
    const input = fromPeer(role, { opcode: 9, payload: 'before' }, ...frames);
    const { events, output } = feedEveryWay(
      Buffer.concat([input, fromPeer(role, { opcode: 1 })]),
      engine(role),
    );
    expect(events.slice(-2)).toEqual(failure(code, closeCode));
    expect(events[0]).toBe('ping 6265666f7265');
    const answer = [
      { opcode: 10, payload: 'before' },
      { opcode: 8, payload: closePayload(closeCode) },
    ];
    expect(output).toBe(words(fromUs(role, ...answer)));
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('the reserved opcode %i', (opcode) => {
    const { events, output } = feedEveryWay(fromPeer(role, { opcode, payload: 'abc' }), engine(role));
    expect(events).toEqual(failure('WS_ERR_INVALID_OPCODE', 1002));
    expect(output).toBe(failedWith(role, 1002));
  });

  it('an invalid byte in the first fragment, before the second comes', () => {
    const fragment = fromPeer(role, { opcode: 1, fin: false, payload: Buffer.of(0x61, 0xed, 0xa0) });
    expect(feedEveryWay(fragment, engine(role)).events).toEqual(failure('WS_ERR_INVALID_UTF8', 1007));
  });

  it('an invalid byte in the first read, before the rest of the frame comes', () => {
    const beginning = Buffer.concat([Buffer.from('é'.repeat(40)), Buffer.of(0xf4, 0x90)]);
    const frame = fromPeer(role, { opcode: 1, payload: beginning, announced: 1_000_000 });
    expect(feedEveryWay(frame, engine(role)).events).toEqual(failure('WS_ERR_INVALID_UTF8', 1007));
    expect(feedEveryWay(frame.subarray(0, -1), engine(role)).events).toEqual([]);
  });

  it('an invalid byte behind a code point that two fragments share', () => {
    const input = fromPeer(
      role,
      { opcode: 1, fin: false, payload: Buffer.of(0xe2, 0x82) },
      { opcode: 9 },
      { opcode: 0, fin: false, payload: Buffer.of(0x41) },
    );
    expect(feedEveryWay(input, engine(role)).events).toEqual([
      'ping',
      ...failure('WS_ERR_INVALID_UTF8', 1007),
    ]);
  });
});

describe.each(roles)('limits of a %s', (role) => {
  const input = fromPeer(
    role,
    { opcode: 2, fin: false, payload: 'abc' },
    { opcode: 9, payload: 'a ping does not count' },
    { opcode: 0, fin: false, payload: '' },
    { opcode: 0, payload: 'def' },
  );
  const ping = 'ping 612070696e6720646f6573206e6f7420636f756e74';

  it('maxPayload counts the whole message', () => {
    expect(feedEveryWay(input, engine(role, { maxPayload: 6 })).events).toEqual([
      ping,
      'binary 616263646566',
    ]);
    expect(feedEveryWay(input, engine(role, { maxPayload: 5 })).events).toEqual([
      ping,
      ...failure('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009),
    ]);
  });

  it('maxFragments counts empty fragments too', () => {
    expect(feedEveryWay(input, engine(role, { maxFragments: 3 })).events).toEqual([
      ping,
      'binary 616263646566',
    ]);
    expect(feedEveryWay(input, engine(role, { maxFragments: 2 })).events).toEqual([
      ping,
      ...failure('WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008),
    ]);
  });

  it('0 means none', () => {
    const limits = { maxPayload: 0, maxFragments: 0 };
    expect(feedEveryWay(input, engine(role, limits)).events).toEqual([ping, 'binary 616263646566']);
    const announcing = fromPeer(role, { opcode: 2, announced: 2 ** 53 - 1, payload: 'x' });
    expect(feedEveryWay(announcing, engine(role, limits)).events).toEqual([]);
  });

  it('are 100 MiB and 131,072 fragments by default', () => {
    expect(feedEveryWay(fromPeer(role, { opcode: 2, announced: 104_857_600 }), engine(role)).events).toEqual(
      [],
    );
    const first = fromPeer(role, { opcode: 2, fin: false });
    const next = fromPeer(role, { opcode: 0, fin: false });
    const { handler, protocol } = connected(role);
    protocol.receive(first);
    for (let count = 1; count < 131_072; count++) protocol.receive(Buffer.from(next));
    expect(handler.events).toEqual([]);
    protocol.receive(next);
    expect(handler.events).toEqual(failure('WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008));
  });
});

describe.each(roles)('the closing handshake of a %s', (role) => {
  const ours = (code?: number, reason = ''): string =>
    words(fromUs(role, { opcode: 8, payload: code === undefined ? '' : closePayload(code, reason) }));

  it('echoes the code and the reason', () => {
    for (const [payload, event] of [
      ['', 'close 1005'],
      [closePayload(1000), 'close 1000'],
      [closePayload(1001, 'going'), 'close 1001 going'],
      [closePayload(4999, '\u{1f44b}'.repeat(30)), `close 4999 ${'\u{1f44b}'.repeat(30)}`],
      [closePayload(3000, 'x'.repeat(123)), `close 3000 ${'x'.repeat(123)}`],
    ] as const) {
      const { events, output } = feedEveryWay(fromPeer(role, { opcode: 8, payload }), engine(role));
      expect(events).toEqual([event, 'closable']);
      expect(output).toBe(words(fromUs(role, { opcode: 8, payload })));
    }
  });

  it('accepts exactly the codes that may stand on the wire', () => {
    for (let code = 0; code < 65_536; code++) {
      const isFine =
        (code >= 3000 && code < 5000) || (code >= 1000 && code <= 1014 && !(code > 1003 && code < 1007));
      const frame = fromPeer(role, { opcode: 8, payload: closePayload(code) });
      const { events, output } = record([frame], engine(role));
      const expected = isFine ? [`close ${code}`, 'closable'] : failure('WS_ERR_INVALID_CLOSE_CODE', 1002);
      if (events.join() !== expected.join()) expect(events, `${code}`).toEqual(expected);
      const answer = ours(isFine ? code : 1002);
      if (output !== answer) expect(output, `${code}`).toBe(answer);
    }
  });

  it('does not read what follows a close frame', () => {
    const input = fromPeer(
      role,
      { opcode: 8, payload: closePayload(1000) },
      { opcode: 1, payload: 'late' },
      { opcode: 3 },
    );
    expect(feedEveryWay(input, engine(role)).events).toEqual(['close 1000', 'closable']);
  });

  it('may be answered later', () => {
    const { handler, protocol } = connected(role);
    handler.echo = false;
    protocol.receive(fromPeer(role, { opcode: 8, payload: closePayload(1000) }));
    expect(handler.events).toEqual(['close 1000']);
    expect([protocol.state, handler.output.length]).toEqual(['closed-by-peer', 0]);
    protocol.close(1001, 'done');
    expect(handler.events).toEqual(['close 1000', 'closable']);
    expect([protocol.state, protocol.sentCloseCode]).toEqual(['acknowledged', 1001]);
    expect(words(handler.output)).toBe(ours(1001, 'done'));
  });

  it('may be answered within the event', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event === 'close 1000') protocol.close(4000);
    };
    protocol.receive(fromPeer(role, { opcode: 8, payload: closePayload(1000) }));
    expect(handler.events).toEqual(['close 1000', 'closable']);
    expect(words(handler.output)).toBe(ours(4000));
  });

  it('lets what is under way be finished before the answer', () => {
    const { handler, protocol } = connected(role);
    handler.echo = false;
    protocol.send('be', false, false);
    protocol.receive(fromPeer(role, { opcode: 8 }));
    expect(protocol.canSend).toBe(true);
    protocol.send('gun', false, true);
    protocol.close();
    const frames = [{ opcode: 1, fin: false, payload: 'be' }, { opcode: 0, payload: 'gun' }, { opcode: 8 }];
    expect(words(handler.output)).toBe(words(fromUs(role, ...frames)));
  });

  it('ends when the peer answers', () => {
    const { handler, protocol } = connected(role);
    protocol.close(1000, 'bye');
    expect([protocol.state, protocol.sentCloseCode, protocol.canSend]).toEqual(['closed-by-us', 1000, false]);
    protocol.receive(fromPeer(role, { opcode: 8, payload: closePayload(1000, 'bye') }));
    expect(handler.events).toEqual(['close 1000 bye', 'closable']);
    expect(protocol.state).toBe('acknowledged');
    expect(words(handler.output)).toBe(ours(1000, 'bye'));
  });

  it('reads data until the peer answers, but answers no ping', () => {
    const { handler, protocol } = connected(role);
    protocol.close();
    const sent = handler.output.length;
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'still' }, { opcode: 9 }, { opcode: 8 }));
    expect(handler.events).toEqual(['text "still"', 'ping', 'close 1005', 'closable']);
    expect(handler.output.length).toBe(sent);
    expect(protocol.sentCloseCode).toBe(1005);
  });

  it('is over if both close at once: one close frame each', () => {
    for (const { name, chunks } of everyCut(fromPeer(role, { opcode: 8, payload: closePayload(1001) }))) {
      const { handler, protocol } = connected(role);
      protocol.close(4000);
      for (const chunk of chunks) protocol.receive(chunk);
      protocol.close(4001);
      expect(handler.events, name).toEqual(['close 1001', 'closable']);
      expect(words(handler.output), name).toBe(ours(4000));
    }
  });

  it('does not send a second close frame when it fails', () => {
    const { handler, protocol } = connected(role);
    protocol.close(1000);
    protocol.receive(fromPeer(role, { opcode: 3 }));
    expect(handler.events).toEqual(failure('WS_ERR_INVALID_OPCODE', 1002));
    expect(words(handler.output)).toBe(ours(1000));
    expect([protocol.state, protocol.sentCloseCode]).toEqual(['terminated', 1000]);
  });

  it('tells who was first', () => {
    const byUs = connected(role).protocol;
    byUs.close();
    byUs.receive(fromPeer(role, { opcode: 8 }));
    expect(byUs.closedFirst).toBe('us');
    const byPeer = connected(role).protocol;
    byPeer.receive(fromPeer(role, { opcode: 8 }));
    expect(byPeer.closedFirst).toBe('peer');
    const failed = connected(role).protocol;
    failed.receive(fromPeer(role, { opcode: 3 }));
    expect(failed.closedFirst).toBe('us');
    const cut = connected(role).protocol;
    cut.receiveEnd();
    expect(cut.closedFirst).toBeUndefined();
  });
});

describe.each(roles)('the end of input at a %s', (role) => {
  it('ends a connection, whatever was under way', () => {
    for (const rest of [Buffer.alloc(0), fromPeer(role, { opcode: 1, payload: 'abc' }).subarray(0, -1)]) {
      const { handler, protocol } = connected(role);
      protocol.receive(rest);
      protocol.receiveEnd();
      expect(handler.events).toEqual(['closable']);
      expect([protocol.state, protocol.canSend, handler.output.length]).toEqual(['terminated', false, 0]);
      protocol.receiveEnd();
      protocol.receive(fromPeer(role, { opcode: 1 }));
      expect(handler.events).toEqual(['closable']);
    }
  });

  it('comes after what waits for the gate', () => {
    const { handler, protocol } = connected(role);
    protocol.setGate('shut');
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }));
    protocol.receiveEnd();
    expect(handler.events).toEqual([]);
    protocol.setGate('open');
    expect(handler.events).toEqual(['text "a"', 'closable']);
  });

  it('comes after the rest of a read if a handler tells it', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event !== 'text "a"') return;
      protocol.receive(fromPeer(role, { opcode: 1, payload: 'c' }));
      protocol.receiveEnd();
    };
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(handler.events).toEqual(['text "a"', 'text "b"', 'text "c"', 'closable']);
  });

  it('after a complete closing handshake tells nothing new', () => {
    const { handler, protocol } = connected(role);
    protocol.receive(fromPeer(role, { opcode: 8 }));
    protocol.receiveEnd();
    expect(handler.events).toEqual(['close 1005', 'closable']);
  });
});

describe.each(roles)('fail at a %s', (role) => {
  it('sends the close code of the error and stops', () => {
    const { handler, protocol } = connected(role);
    protocol.fail(new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA'));
    protocol.receive(fromPeer(role, { opcode: 1 }));
    protocol.fail(new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA'));
    expect(handler.events).toEqual(failure('WS_ERR_INVALID_DEFLATE_DATA', 1007));
    expect(words(handler.output)).toBe(failedWith(role, 1007));
    expect(protocol.sentCloseCode).toBe(1007);
  });

  it('within a message drops the rest of the read', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event === 'text "a"') protocol.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    };
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(handler.events).toEqual(['text "a"', ...failure('WS_ERR_INVALID_UTF8', 1007)]);
  });

  it('after the closing handshake does nothing', () => {
    const { handler, protocol } = connected(role);
    protocol.receive(fromPeer(role, { opcode: 8 }));
    protocol.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    expect(handler.events).toEqual(['close 1005', 'closable']);
  });

  it('while the answer to a close frame is due sends the code of the error', () => {
    const { handler, protocol } = connected(role);
    handler.echo = false;
    protocol.receive(fromPeer(role, { opcode: 8 }));
    protocol.fail(new ProtocolError('WS_ERR_INVALID_DEFLATE_DATA'));
    expect(handler.events).toEqual(['close 1005', ...failure('WS_ERR_INVALID_DEFLATE_DATA', 1007)]);
    expect(words(handler.output)).toBe(failedWith(role, 1007));
  });

  it('in the start of a streamed message tells no end of it', () => {
    const { handler, protocol } = connected(role);
    protocol.messageMode = 'streaming';
    handler.onEvent = (event) => {
      if (event === 'start text') protocol.fail(new ProtocolError('WS_ERR_INVALID_UTF8'));
    };
    protocol.receive(fromPeer(role, { opcode: 1 }));
    expect(handler.events).toEqual(['start text', ...failure('WS_ERR_INVALID_UTF8', 1007)]);
  });
});

describe.each(roles)('message modes of a %s', (role) => {
  const input = fromPeer(
    role,
    { opcode: 2, fin: false, payload: 'ab' },
    { opcode: 9 },
    { opcode: 0, fin: false },
    { opcode: 0, payload: 'c' },
    { opcode: 2, payload: 'whole' },
    { opcode: 1, fin: false, payload: 't' },
    { opcode: 0, payload: 'ext' },
    { opcode: 2 },
  );
  const inMode = (messageMode: WebSocketProtocol['messageMode']) => (handler: RecordingHandler) => {
    const protocol = engine(role)(handler);
    protocol.messageMode = messageMode;
    expect(protocol.messageMode).toBe(messageMode);
    return protocol;
  };

  it('whole is the default', () => {
    const { events } = feedEveryWay(input, engine(role));
    expect(events).toEqual(['ping', 'binary 616263', 'binary 77686f6c65', 'text "text"', 'binary ']);
    expect(feedEveryWay(input, inMode('whole')).events).toEqual(events);
  });

  it('fragments', () => {
    expect(feedEveryWay(input, inMode('fragments')).events).toEqual([
      'ping',
      'fragments [6162, 63]',
      'fragments [77686f6c65]',
      'text "text"',
      'fragments []',
    ]);
  });

  it('streaming', () => {
    expect(feedEveryWay(input, inMode('streaming')).events).toEqual([
      'start binary',
      'data 6162',
      'ping',
      'data 63',
      'end',
      'start binary',
      'data 77686f6c65',
      'end',
      'start text',
      'data 74657874',
      'end',
      'start binary',
      'end',
    ]);
  });

  it('streamed text fails at the first invalid byte', () => {
    for (const before of ['', 'x', 'x'.repeat(40)]) {
      const invalid = Buffer.concat([Buffer.from(before), Buffer.of(0xed, 0xa0, 0x80, 0x21)]);
      const text = fromPeer(role, { opcode: 1, fin: false, payload: 'ok' }, { opcode: 0, payload: invalid });
      expect(feedEveryWay(text, inMode('streaming')).events).toEqual([
        'start text',
        `data ${Buffer.from(`ok${before}`).toString('hex')}ed`,
        ...failure('WS_ERR_INVALID_UTF8', 1007),
      ]);
    }
  });
});

describe.each(roles)('streamMessages of a %s', (role) => {
  const options = { maxPayload: 3, maxFragments: 2 };
  const streaming = (maxMessageSize: number) => (handler: RecordingHandler) => {
    const protocol = engine(role, options)(handler);
    protocol.streamMessages(maxMessageSize);
    return protocol;
  };
  const input = fromPeer(
    role,
    { opcode: 2, fin: false, payload: 'abcd' },
    { opcode: 0, fin: false, payload: 'ef' },
    { opcode: 0, payload: 'gh' },
  );

  it('is not bound by maxPayload and maxFragments', () => {
    const events = ['start binary', 'data 6162636465666768', 'end'];
    expect(feedEveryWay(input, streaming(0)).events).toEqual(events);
    expect(feedEveryWay(input, streaming(8)).events).toEqual(events);
  });

  it('is bound by maxMessageSize', () => {
    expect(feedEveryWay(input, streaming(7)).events).toEqual([
      'start binary',
      'data 616263646566',
      ...failure('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009),
    ]);
  });

  it('counts from the next message on, and so does the end of it', () => {
    const { handler, protocol } = connected(role, options);
    const start = fromPeer(role, { opcode: 2, fin: false, payload: 'a' });
    const rest = fromPeer(role, { opcode: 0, payload: 'b' });
    protocol.receive(Buffer.from(start));
    protocol.streamMessages(0);
    protocol.receive(Buffer.from(rest));
    protocol.receive(Buffer.from(start));
    protocol.messageMode = 'whole';
    protocol.receive(fromPeer(role, { opcode: 0, payload: 'too long for maxPayload' }));
    const last = fromPeer(role, { opcode: 2, payload: 'long' });
    protocol.receive(last);
    expect(handler.settle()).toEqual([
      'binary 6162',
      'start binary',
      `data ${Buffer.from('atoo long for maxPayload').toString('hex')}`,
      'end',
      ...failure('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009),
    ]);
  });
});

describe.each(roles)('terminate at a %s', (role) => {
  it('ends at once, whatever waits', () => {
    const { handler, protocol } = connected(role);
    protocol.setGate('shut');
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'never decoded' }));
    protocol.terminate();
    protocol.setGate('open');
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'nor this' }));
    protocol.terminate();
    expect(handler.events).toEqual(['closable']);
    expect([protocol.state, protocol.backlogged, handler.output.length]).toEqual(['terminated', false, 0]);
    expect(usageError(() => protocol.send('late', false)).code).toBe('WS_ERR_NOT_OPEN');
  });

  it('within a message drops the rest of the read', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event === 'text "a"') protocol.terminate();
    };
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(handler.events).toEqual(['text "a"', 'closable']);
  });
});

describe.each(roles)('compressed messages at a %s', (role) => {
  const compressed: RawFrame[] = [
    { opcode: 1, rsv: 4, fin: false, payload: Buffer.of(0xff) },
    { opcode: 0, payload: Buffer.of(0x00) },
    { opcode: 2, rsv: 4 },
  ];

  it('are handed out as they are, unchecked', () => {
    const options = { perMessageDeflate: true };
    const input = fromPeer(role, ...compressed, { opcode: 1, payload: 'plain' });
    expect(feedEveryWay(input, engine(role, options)).events).toEqual([
      'compressed text ff00',
      'compressed binary ',
      'text "plain"',
    ]);
  });

  it.each<[string, RawFrame[]]>([
    [
      'a continuation',
      [
        { opcode: 1, fin: false },
        { opcode: 0, rsv: 4 },
      ],
    ],
    ['a ping', [{ opcode: 9, rsv: 4 }]],
    ['a close', [{ opcode: 8, rsv: 4 }]],
  ])('RSV1 may not stand on %s', (_name, frames) => {
    const { events } = feedEveryWay(fromPeer(role, ...frames), engine(role, { perMessageDeflate: true }));
    expect(events).toEqual(failure('WS_ERR_UNEXPECTED_RSV_1', 1002));
  });

  it('text is judged when the driver has inflated it', () => {
    const { handler, protocol } = connected(role, { perMessageDeflate: true });
    expect(protocol.acceptInflated(Buffer.from('é'), false)).toBe(true);
    expect(protocol.acceptInflated(Buffer.of(0xff), true)).toBe(true);
    expect(handler.events).toEqual([]);
    expect(protocol.acceptInflated(Buffer.of(0xff), false)).toBe(false);
    expect(handler.events).toEqual(failure('WS_ERR_INVALID_UTF8', 1007));
    const lax = connected(role, { skipUTF8Validation: true });
    expect(lax.protocol.acceptInflated(Buffer.of(0xff), false)).toBe(true);
  });

  it('may not be more than maxPayload before they are inflated', () => {
    const options = { perMessageDeflate: true, maxPayload: 3 };
    const input = fromPeer(role, { opcode: 1, rsv: 4, payload: 'four' });
    expect(feedEveryWay(input, engine(role, options)).events).toEqual(
      failure('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009),
    );
  });
});

describe.each(roles)('the gate of a %s', (role) => {
  const input = fromPeer(
    role,
    { opcode: 1, rsv: 4, payload: 'z' },
    { opcode: 9, payload: 'a' },
    { opcode: 10 },
    { opcode: 1, payload: 'text' },
    { opcode: 9, payload: 'b' },
    { opcode: 8 },
  );

  it('control lets pings and pongs pass until something else waits, and keeps the order of the rest', () => {
    for (const { name, chunks } of everyCut(input)) {
      const { handler, protocol } = connected(role, { perMessageDeflate: true });
      handler.onEvent = (event) => {
        if (event.startsWith('compressed')) protocol.setGate('control');
      };
      for (const chunk of chunks) protocol.receive(chunk);
      expect(handler.events, name).toEqual(['compressed text 7a', 'ping 61', 'pong']);
      expect(protocol.backlogged, name).toBe(true);
      protocol.setGate('open');
      expect(handler.events.slice(3), name).toEqual(['text "text"', 'ping 62', 'close 1005', 'closable']);
      expect(protocol.backlogged, name).toBe(false);
    }
  });

  it('shut lets nothing pass', () => {
    for (const { name, chunks } of everyCut(input)) {
      const { handler, protocol } = connected(role, { perMessageDeflate: true });
      protocol.setGate('shut');
      for (const chunk of chunks) protocol.receive(chunk);
      expect([handler.events, handler.output.length], name).toEqual([[], 0]);
      protocol.setGate('open');
      expect(handler.events, name).toHaveLength(7);
    }
  });
});

describe.each(roles)('callbacks into a %s', (role) => {
  it('receive: the bytes come after those that came before', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event === 'text "a"') protocol.receive(fromPeer(role, { opcode: 1, payload: 'c' }));
    };
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' }));
    expect(handler.events).toEqual(['text "a"', 'text "b"', 'text "c"']);
  });

  it('send, ping, pong and close', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event !== 'text "a"') return;
      protocol.send('reply', false);
      protocol.ping(Buffer.from('p'));
      protocol.pong(Buffer.from('q'));
      protocol.close(1000);
    };
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 9 }, { opcode: 8 }));
    expect(handler.events).toEqual(['text "a"', 'ping', 'close 1005', 'closable']);
    const sent = [
      { opcode: 1, payload: 'reply' },
      { opcode: 9, payload: 'p' },
      { opcode: 10, payload: 'q' },
      { opcode: 8, payload: closePayload(1000) },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...sent)));
  });

  it('two engines that are linked without I/O finish their closing handshake', () => {
    const left = new RecordingHandler();
    const right = new RecordingHandler();
    const us = engine(role)(left);
    const peer = engine(role === 'server' ? 'client' : 'server')(right);
    const link = (from: RecordingHandler, to: WebSocketProtocol) => {
      from.write = (bytes, payload) => {
        to.receive(Buffer.concat([bytes, payload ?? Buffer.alloc(0)]));
        return true;
      };
    };
    link(left, peer);
    link(right, us);
    right.onEvent = (event) => {
      if (event.startsWith('text')) peer.send('echo', false);
    };
    us.send('hello', false);
    us.ping(Buffer.from('?'));
    us.send(seededBytes(100_000), true);
    us.close(1000, 'bye');
    expect(left.events).toEqual(['text "echo"', 'pong 3f', 'close 1000 bye', 'closable']);
    const large = `binary ${words(seededBytes(100_000))}`;
    expect(right.events).toEqual(['text "hello"', 'ping 3f', large, 'close 1000 bye', 'closable']);
    expect([us.state, peer.state]).toEqual(['acknowledged', 'acknowledged']);
  });

  it('that throw do not wedge the engine', () => {
    const { handler, protocol } = connected(role);
    handler.onEvent = (event) => {
      if (event === 'text "a"') throw new Error('from a listener');
    };
    const read = fromPeer(role, { opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    expect(() => protocol.receive(read)).toThrow('from a listener');
    protocol.receive(fromPeer(role, { opcode: 1, payload: 'c' }));
    expect(handler.events).toEqual(['text "a"', 'text "b"', 'text "c"']);
  });
});

describe.each(roles)('output of a %s', (role) => {
  it('a newer pong replaces the one that waits while output is blocked', () => {
    const { handler, protocol } = connected(role);
    protocol.receive(fromPeer(role, { opcode: 9, payload: '1' }));
    protocol.setOutputBlocked(true);
    for (const payload of ['2', '3', '4']) protocol.receive(fromPeer(role, { opcode: 9, payload }));
    expect(handler.events).toEqual(['ping 31', 'ping 32', 'ping 33', 'ping 34']);
    expect(readRawFrames(handler.output).frames).toHaveLength(1);
    protocol.setOutputBlocked(false);
    protocol.setOutputBlocked(false);
    const pongs = [
      { opcode: 10, payload: '1' },
      { opcode: 10, payload: '4' },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...pongs)));
  });

  it('a pong that waits goes out before a close frame', () => {
    const { handler, protocol } = connected(role);
    protocol.setOutputBlocked(true);
    protocol.receive(fromPeer(role, { opcode: 9, payload: 'p' }));
    protocol.close(1000);
    protocol.setOutputBlocked(false);
    const sent = [
      { opcode: 10, payload: 'p' },
      { opcode: 8, payload: closePayload(1000) },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...sent)));
  });

  it('no pong follows the end', () => {
    const { handler, protocol } = connected(role);
    protocol.setOutputBlocked(true);
    protocol.receive(fromPeer(role, { opcode: 9, payload: 'p' }));
    protocol.receiveEnd();
    protocol.setOutputBlocked(false);
    expect(handler.output.length).toBe(0);
  });

  it('is held back between cork and uncork', () => {
    const { handler, protocol } = connected(role);
    protocol.cork();
    protocol.receive(fromPeer(role, { opcode: 9, payload: 'a' }, { opcode: 9, payload: 'b' }));
    protocol.send('text', false);
    expect(handler.writes).toEqual([]);
    expect(protocol.pendingOutput).toBeGreaterThan(0);
    protocol.uncork();
    expect([handler.writes.length, protocol.pendingOutput]).toEqual([1, 0]);
    const sent = [
      { opcode: 10, payload: 'a' },
      { opcode: 10, payload: 'b' },
      { opcode: 1, payload: 'text' },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...sent)));
  });

  it('autoPong off leaves pings to the caller', () => {
    const { handler, protocol } = connected(role, { autoPong: false });
    protocol.receive(fromPeer(role, { opcode: 9, payload: 'a' }));
    expect([handler.events, handler.output.length]).toEqual([['ping 61'], 0]);
    protocol.pong(Buffer.from('a'));
    expect(words(handler.output)).toBe(words(fromUs(role, { opcode: 10, payload: 'a' })));
  });

  it('fragments are continuations until the last, with RSV1 on the first only', () => {
    const { handler, protocol } = connected(role);
    protocol.send(Buffer.from('a'), true, false, true);
    protocol.ping();
    protocol.send(Buffer.from('b'), true, false, true);
    protocol.send(Buffer.from('c'), true, true, true);
    protocol.send('next', false);
    const sent = [
      { opcode: 2, rsv: 4, fin: false, payload: 'a' },
      { opcode: 9 },
      { opcode: 0, fin: false, payload: 'b' },
      { opcode: 0, payload: 'c' },
      { opcode: 1, payload: 'next' },
    ];
    expect(words(handler.output)).toBe(words(fromUs(role, ...sent)));
  });

  it('sendEncoded writes what does not change as it is, alone between cork and uncork', () => {
    const { handler, protocol } = connected(role);
    const frame = rawFrame({ opcode: 1, payload: 'prepared' });
    const written: Buffer[] = [];
    const { write } = handler;
    handler.write = (bytes, payload) => {
      written.push(bytes);
      return write.call(handler, bytes, payload);
    };
    protocol.cork();
    protocol.sendEncoded(frame, true);
    expect([protocol.pendingOutput, written.length]).toEqual([frame.length, 0]);
    protocol.uncork();
    expect([protocol.pendingOutput, written.length]).toEqual([0, 1]);
    expect(written[0]).toBe(frame);
    protocol.uncork();
    expect(written).toHaveLength(1);
  });

  it('sendEncoded keeps its place among what else is sent before uncork, in one write', () => {
    const frame = rawFrame({ opcode: 1, payload: 'prepared' });
    const actions: Record<string, (protocol: WebSocketProtocol) => void> = {
      'a message': (protocol) => protocol.send('next', false),
      'a ping': (protocol) => protocol.ping(),
      'the same once more': (protocol) => protocol.sendEncoded(frame, true),
      'a close frame': (protocol) => protocol.close(1000),
    };
    for (const [what, action] of Object.entries(actions)) {
      const { handler, protocol } = connected(role);
      let writes = 0;
      const { write } = handler;
      handler.write = (bytes, payload) => {
        writes++;
        return write.call(handler, bytes, payload);
      };
      protocol.cork();
      protocol.sendEncoded(frame, true);
      action(protocol);
      expect(protocol.pendingOutput, what).toBeGreaterThan(frame.length);
      protocol.uncork();
      expect(writes, what).toBe(1);
      expect(handler.output.subarray(0, frame.length).equals(frame), what).toBe(true);
      expect(handler.output.length, what).toBeGreaterThan(frame.length);
    }
  });

  it('sendEncoded hands over what is large at once, by reference', () => {
    const { handler, protocol } = connected(role);
    const frame = rawFrame({ opcode: 2, payload: Buffer.alloc(5000) });
    const payloads: unknown[] = [];
    handler.write = (_bytes, payload) => payloads.push(payload) > 0;
    protocol.cork();
    protocol.sendEncoded(frame, true);
    expect(protocol.pendingOutput).toBe(0);
    expect(payloads[0]).toBe(frame);
  });

  it('sendEncoded copies what may change', () => {
    const { handler, protocol } = connected(role);
    const frame = rawFrame({ opcode: 1, payload: 'prepared' });
    protocol.cork();
    protocol.sendEncoded(frame);
    const sent = Buffer.from(frame);
    frame.fill(0);
    protocol.uncork();
    expect(handler.output.equals(sent)).toBe(true);
  });

  it('sendEncoded passes whole frames on', () => {
    const { handler, protocol } = connected(role);
    const frame = rawFrame({ opcode: 1, payload: 'prepared' });
    protocol.sendEncoded(frame);
    expect(handler.output.equals(frame)).toBe(true);
  });
});

describe.each(roles)('misuse of a %s', (role) => {
  it('sending after our close frame', () => {
    const { handler, protocol } = connected(role);
    protocol.close();
    const sent = handler.output.length;
    const actions = [
      () => protocol.send('late', false),
      () => protocol.sendEncoded(Buffer.alloc(2)),
      () => protocol.ping(),
      () => protocol.pong(),
    ];
    for (const action of actions) expect(usageError(action).code).toBe('WS_ERR_NOT_OPEN');
    protocol.close(1000);
    expect(handler.output.length).toBe(sent);
  });

  it('control frames over 125 bytes', () => {
    const { handler, protocol } = connected(role);
    for (const action of [() => protocol.ping(Buffer.alloc(126)), () => protocol.pong(Buffer.alloc(126))]) {
      expect(thrownBy(action)).toMatchObject({ name: tooLong.name, code: tooLong.code });
    }
    expect(handler.output.length).toBe(0);
    protocol.ping(Buffer.alloc(125));
    protocol.pong(Buffer.alloc(125));
    expect(readRawFrames(handler.output).frames.map(({ payload }) => payload.length)).toEqual([125, 125]);
  });

  it('close codes that never stand on the wire', () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536, 1000.5, Number.NaN]) {
      const { handler, protocol } = connected(role);
      expect(usageError(() => protocol.close(code)).code).toBe('WS_ERR_INVALID_ARGUMENT');
      expect([protocol.state, handler.output.length]).toEqual(['active', 0]);
    }
    const { protocol } = connected(role);
    expect(usageError(() => protocol.close('1000' as unknown as number)).code).toBe(
      'WS_ERR_INVALID_ARGUMENT',
    );
  });

  it('a reason over 123 bytes of UTF-8', () => {
    for (const reason of ['x'.repeat(124), '€'.repeat(42), Buffer.alloc(124, 0x78)]) {
      const { handler, protocol } = connected(role);
      const error = thrownBy(() => protocol.close(1000, reason));
      expect(error).toMatchObject({ name: tooLong.name, code: tooLong.code });
      expect(handler.output.length).toBe(0);
    }
    for (const reason of ['€'.repeat(41), Buffer.from('€'.repeat(41))]) {
      const { handler, protocol } = connected(role);
      protocol.close(1000, reason);
      expect(words(handler.output)).toBe(
        words(fromUs(role, { opcode: 8, payload: closePayload(1000, '€'.repeat(41)) })),
      );
    }
  });
});

it('a client without masking keys is refused', () => {
  const make = () => new WebSocketProtocol(new RecordingHandler(), { role: 'client' });
  expect(usageError(make).code).toBe('WS_ERR_INVALID_OPTIONS');
  expect(new WebSocketProtocol(new RecordingHandler(), { role: 'server' }).state).toBe('active');
});
